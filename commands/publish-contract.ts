import { append, type Decision, reject } from '#commands/decision';
import { firstStage } from '#commands/first-contract-stage';
import {
  type Candidate,
  type PublicationPlan,
  PublicationPlanner,
  type PublicationPorts,
} from '#commands/plan-publication';
import {
  type CommandAnswer,
  type CommandContext,
  type CommandEnvironment,
  runCommand,
} from '#commands/run-command';
import type { AggregateSource } from '#domain/aggregate';
import {
  type ContractEvent,
  type ContractState,
  contractEvolution,
  type Promotion,
  type PublishedVersion,
} from '#domain/contract';
import { type BundleContent, normaliseContent } from '#domain/contract-bundle';
import type { ContractName, ContractVersion } from '#domain/contract-name';
import type { ContractStage } from '#domain/contract-stage';
import { RegistryError } from '#domain/errors';
import type { EventLog } from '#log/event-log';

/** One version of a contract, as its publisher sends it. */
export type PublishContract = BundleContent & {
  readonly name: ContractName;
  /** Absent: the next one, as its content asks for. */
  readonly version?: ContractVersion;
  /** Where it begins. Absent: approved, in production awaiting approval. */
  readonly stage?: ContractStage;
  /** Publishes it although a proof is missing. Never passes a proved incompatibility. */
  readonly override?: { readonly reason: string };
  /** Aborts when its publisher has gone. */
  readonly signal?: AbortSignal | undefined;
};

/** What commands about contracts need. */
export interface ContractCommands extends PublicationPorts {
  readonly env: CommandEnvironment;
  readonly log: EventLog;
  readonly source: AggregateSource<ContractState>;
}

/** What a publication has come to. */
export type PublicationAnswer = CommandAnswer<ContractState, ContractEvent> & {
  /** The version as it stands now. */
  readonly published: PublishedVersion;
};

/** A candidate, and how it is to be published. */
export interface WantedPublication {
  readonly candidate: Candidate;
  readonly stage: ContractStage | undefined;
  readonly promotion?: Promotion;
}

/** A publication whose content may have to be fetched first. */
export interface PublicationRequest {
  readonly name: ContractName;
  /** Fetches the content once for each command that is decided, so that a retry needs it no more. */
  fetch(): Promise<WantedPublication | RegistryError>;
}

/**
 * Carries out a publication: the gate judges the content and what it changes, then the version is computed, or the chosen
 * one judged. Two publishers of the same next version get one each.
 * @throws INVALID_SCHEMA with every fault found, INCOMPATIBLE, VERSION_CONFLICT, ILLEGAL_TRANSITION for a stage that it
 *   may not begin in, INVALID_REQUEST for malformed parts, and what `runCommand` throws
 */
export async function publishContract(
  commands: ContractCommands,
  context: CommandContext,
  command: PublishContract,
): Promise<PublicationAnswer> {
  const wanted = { candidate: candidateOf(command), stage: command.stage };
  return await publishCandidate(commands, context, {
    name: command.name,
    fetch: async () => wanted,
  });
}

/** Gives what a publisher sent as a candidate. @throws INVALID_REQUEST for malformed parts */
export function candidateOf(command: PublishContract): Candidate {
  const { name, version, override, signal } = command;
  return {
    name,
    ...(version === undefined ? {} : { version }),
    content: normaliseContent(command),
    ...(override === undefined ? {} : { override }),
    signal,
  };
}

/** Carries out the publication of a candidate. @throws as `publishContract` does, and what `fetch` gives */
export async function publishCandidate(
  commands: ContractCommands,
  context: CommandContext,
  request: PublicationRequest,
): Promise<PublicationAnswer> {
  const isProduction = commands.rules.productionEnvironments.has(context.scope.environment);
  const by = { publisher: context.actor, isProduction };
  let wanted: WantedPublication | RegistryError | undefined;
  let planner: PublicationPlanner | undefined;
  let version: ContractVersion | undefined;
  const answer = await runCommand(commands.env, context, {
    kind: 'contract',
    id: request.name,
    log: commands.log,
    source: commands.source,
    evolution: contractEvolution,
    decide: async (state) => {
      wanted ??= await request.fetch();
      if (wanted instanceof RegistryError) return reject(wanted);
      planner ??= new PublicationPlanner(commands, context.scope, wanted.candidate);
      const plan = await planner.plan(state);
      if (plan.kind === 'existing') version = plan.version;
      return decidePublication(plan, { ...wanted, name: request.name }, by);
    },
  });
  const event = answer.recorded?.event;
  if (event?.type === 'ContractPublished') version = event.data.bundle.version;
  const published = version === undefined ? undefined : answer.state.versions.get(version);
  if (published === undefined)
    throw new TypeError('A publication was answered without its version');
  return { ...answer, published };
}

/** Decides a publication by its plan. */
export function decidePublication(
  plan: PublicationPlan,
  wanted: Pick<WantedPublication, 'stage' | 'promotion'> & { readonly name: ContractName },
  by: { readonly publisher: string; readonly isProduction: boolean },
): Decision<ContractEvent> {
  switch (plan.kind) {
    case 'existing':
      return { kind: 'unchanged' };
    case 'refused':
      return reject(plan.error);
    case 'publish': {
      const { bundle, gate } = plan;
      const stage = firstStage(wanted.name, wanted.stage, by.isProduction);
      if (stage instanceof RegistryError) return reject(stage);
      const data = { bundle, publisher: by.publisher, stage, gate };
      const { promotion } = wanted;
      return append({
        type: 'ContractPublished',
        data: promotion === undefined ? data : { ...data, promotion },
      });
    }
    default:
      return plan satisfies never;
  }
}
