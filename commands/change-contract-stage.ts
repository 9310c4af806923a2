import { append, type Decision, type DecisionContext, reject } from '#commands/decision';
import type { ContractCommands } from '#commands/publish-contract';
import { type CommandAnswer, type CommandContext, runCommand } from '#commands/run-command';
import { checkFormat } from '#contracts/format/check-format';
import {
  type ContractEvent,
  type ContractState,
  contractEvolution,
  type PublishedVersion,
} from '#domain/contract';
import {
  type ContractName,
  type ContractVersion,
  parseContractName,
  parseContractVersion,
} from '#domain/contract-name';
import { type ContractStage, nextStages } from '#domain/contract-stage';
import { quote, RegistryError } from '#domain/errors';

/** A step of one version to another stage. */
export interface ChangeContractStage {
  readonly name: ContractName;
  readonly version: ContractVersion;
  readonly to: ContractStage;
  readonly notes?: string;
  /** With `deprecated` alone: what to use instead, a version of this contract or `<name>@<version>`. */
  readonly successor?: string;
  /** With `deprecated` alone: when it will be retired, RFC 3339. */
  readonly sunset?: string;
}

/** Who asks for a step, and where. */
export interface StageContext extends Pick<DecisionContext, 'time'> {
  readonly actor: string;
  readonly isProduction: boolean;
}

/**
 * Decides a step by the table of stages. In production nobody approves what they have published, there or where it was
 * promoted from. A version that is in the stage already stays as it is, unless a successor or a sunset comes with the request:
 * those belong to the step.
 */
export function decideChangeContractStage(
  state: ContractState,
  command: ChangeContractStage,
  context: StageContext,
): Decision<ContractEvent> {
  const { name, version, to, notes } = command;
  const known = state.versions.get(version);
  if (known === undefined) return reject(notFound(command));
  const { stage: from } = known;
  const parting = partingOf(state, command, context.time);
  if (parting instanceof RegistryError) return reject(parting);
  if (from === to && Object.keys(parting).length === 0) return { kind: 'unchanged' };
  const legal = nextStages(from);
  if (!legal.includes(to)) {
    const want = legal.length === 0 ? 'a new version' : legal.join(' or ');
    return refuse('ILLEGAL_TRANSITION', command, {
      is: `it is ${from} (want ${want})`,
      details: { name, version, from, to, legal },
    });
  }
  const approves = from === 'pending_approval' && to === 'approved';
  const publisher = ownNameOf(known, context.actor);
  if (approves && context.isProduction && publisher !== undefined) {
    return refuse('SELF_APPROVAL', command, {
      is: `${quote(publisher)} published it (want the approval of somebody else)`,
      details: { name, version, publisher },
    });
  }
  return append({
    type: 'ContractStageChanged',
    data: { version, from, to, ...(notes === undefined ? {} : { notes }), ...parting },
  });
}

/**
 * Carries out a step.
 * @throws NOT_FOUND, ILLEGAL_TRANSITION with the legal steps, SELF_APPROVAL, INVALID_REQUEST for a successor that is not
 *   published or a sunset that is over, and what `runCommand` throws
 */
export async function changeContractStage(
  commands: ContractCommands,
  context: CommandContext,
  command: ChangeContractStage,
): Promise<CommandAnswer<ContractState, ContractEvent>> {
  const successor = foreignSuccessorOf(command);
  const { actor, scope } = context;
  const isProduction = commands.rules.productionEnvironments.has(scope.environment);
  return await runCommand(commands.env, context, {
    kind: 'contract',
    id: command.name,
    log: commands.log,
    source: commands.source,
    evolution: contractEvolution,
    decide: async (state, { time }) => {
      const decision = decideChangeContractStage(state, command, { time, actor, isProduction });
      if (decision.kind !== 'append' || successor === undefined) return decision;
      const target = await commands.contents.find(scope, successor.name, successor.version);
      if (target !== undefined && target.stage !== 'retired') return decision;
      return reject(unusable(command));
    },
  });
}

/** Gives the name under which somebody published a version; `undefined` where others did. */
function ownNameOf(
  { publisher, alsoPublishedBy }: PublishedVersion,
  actor: string,
): string | undefined {
  return [publisher, alsoPublishedBy].find(
    (name) => name !== undefined && foldName(name) === foldName(actor),
  );
}

/** Nobody becomes somebody else by writing their name in capitals. */
function foldName(name: string): string {
  return name.normalize('NFC').toLowerCase();
}

/** Checks what a deprecated version leaves behind, and gives it as the event holds it. */
function partingOf(
  state: ContractState,
  command: ChangeContractStage,
  time: string,
): { readonly successor?: string; readonly sunset?: string } | RegistryError {
  const { successor, sunset, to } = command;
  if (to !== 'deprecated' && (successor !== undefined || sunset !== undefined))
    return invalid(command, `successor and sunset come with "deprecated" alone (want neither)`);
  if (successor !== undefined && !successor.includes('@')) {
    const known = state.versions.get(successor as ContractVersion);
    if (known === undefined || known.version === command.version || known.stage === 'retired') {
      return unusable(command);
    }
  }
  const date = sunset === undefined ? undefined : sunsetOf(sunset);
  if (sunset !== undefined && (date === undefined || date <= time)) {
    return invalid(
      command,
      `sunset ${quote(sunset)} is not a time to come (want an RFC 3339 date-time after ${time})`,
    );
  }
  return {
    ...(successor === undefined ? {} : { successor }),
    ...(date === undefined ? {} : { sunset: date }),
  };
}

/** Reads an RFC 3339 date-time as UTC with milliseconds, so that times compare as texts. */
function sunsetOf(text: string): string | undefined {
  if (checkFormat('date-time', text) !== 'valid') return undefined;
  // The language knows no leap seconds: a sunset in one is refused like any other text that is no time.
  const ms = Date.parse(text.toUpperCase());
  return Number.isNaN(ms) ? undefined : new Date(ms).toISOString();
}

/** Reads a successor of another name. @throws INVALID_NAME, and INVALID_REQUEST when it is the version itself */
function foreignSuccessorOf(
  command: ChangeContractStage,
): { readonly name: ContractName; readonly version: ContractVersion } | undefined {
  const at = command.successor?.indexOf('@') ?? -1;
  if (command.successor === undefined || at < 0) return undefined;
  const name = parseContractName(command.successor.slice(0, at));
  const version = parseContractVersion(command.successor.slice(at + 1));
  if (name === command.name && version === command.version) throw unusable(command);
  return { name, version };
}

function unusable(command: ChangeContractStage): RegistryError {
  return invalid(
    command,
    `successor ${quote(command.successor ?? '')} is not another version that can be used (want a published one of this contract, or <name>@<version>)`,
  );
}

function notFound({ name, version }: ChangeContractStage): RegistryError {
  return new RegistryError(
    'NOT_FOUND',
    `Cannot change the stage of contract ${quote(name)} version ${quote(version)}: it is not published in this tenant and environment (want a published version)`,
    { details: { name, version }, outcome: 'not-applied' },
  );
}

function invalid({ name, version }: ChangeContractStage, is: string): RegistryError {
  return new RegistryError(
    'INVALID_REQUEST',
    `Cannot change the stage of contract ${quote(name)} version ${quote(version)}: ${is}`,
    { details: { name, version }, outcome: 'not-applied' },
  );
}

function refuse(
  code: 'ILLEGAL_TRANSITION' | 'SELF_APPROVAL',
  { name, version, to }: ChangeContractStage,
  { is, details }: { readonly is: string; readonly details: Readonly<Record<string, unknown>> },
): Decision<ContractEvent> {
  return reject(
    new RegistryError(
      code,
      `Cannot move contract ${quote(name)} version ${quote(version)} to ${to}: ${is}`,
      { details, outcome: 'not-applied' },
    ),
  );
}
