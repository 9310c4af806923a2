import { append, type Decision } from '#commands/decision';
import type { WantedVersion } from '#commands/job-ports';
import { type JobRunAnswer, type JobRunCommands, onJobRun } from '#commands/on-job-run';
import type { CommandContext } from '#commands/run-command';
import { decideStartJobRun } from '#commands/start-job-run';
import { canonicalJson } from '#domain/canonical-json';
import type { ContractName, ContractVersion } from '#domain/contract-name';
import type { JobDefinitionId } from '#domain/definition';
import { sha256Of } from '#domain/digest';
import { quote, RegistryError } from '#domain/errors';
import type { JobDefinition } from '#domain/job-definition';
import {
  type JobRunEvent,
  type JobRunId,
  type JobRunStart,
  parseJobRunId,
  type RunCause,
} from '#domain/job-run';
import type { JobStage } from '#domain/job-stage';
import type { Scope } from '#domain/scope';

/** Where this command finds what can be run. */
export interface RunnableDefinitions {
  /** Finds a version with its stage, of `latest` the highest active one; `undefined` where there is none. */
  findStaged(
    scope: Scope,
    id: JobDefinitionId,
    version: WantedVersion,
  ): Promise<{ readonly definition: JobDefinition; readonly stage: JobStage } | undefined>;
  /** Gives the version of a contract that is approved: the wanted one, of `latest` the highest. */
  approvedContract(
    scope: Scope,
    name: ContractName,
    version: WantedVersion,
  ): Promise<ContractVersion | undefined>;
}

/** What the command needs. */
export interface RunDefinitionCommands extends JobRunCommands {
  readonly runnable: RunnableDefinitions;
}

/** A run of a defined job. */
export interface RunDefinition {
  readonly id: JobDefinitionId;
  readonly version: WantedVersion;
  readonly cause: RunCause;
  /** The id of the run where the definition says nothing of what makes two runs one. Default: a new one. */
  readonly runId?: JobRunId;
  /** Default: the datasets of the definition. */
  readonly inputs?: readonly string[];
  readonly metadata?: Readonly<Record<string, string>>;
  readonly submittedBy?: string;
  readonly parentRunId?: JobRunId;
  readonly correlationId?: string;
}

/** What a run of a definition has come to; with nothing recorded it was there already. */
export type RunAnswer = JobRunAnswer & { readonly runId: JobRunId };

/**
 * Submits a run of an active definition. Which runs are one and the same follows from the cause and from the definition's
 * idempotency scope: then the run that is there is the answer, however many nodes submit it at once.
 * @throws NOT_FOUND, ILLEGAL_TRANSITION for a definition that is not active, a contract that is not approved or a run id
 *   that is used, and what `runCommand` throws
 */
export async function runDefinition(
  commands: RunDefinitionCommands,
  context: CommandContext,
  command: RunDefinition,
): Promise<RunAnswer> {
  const { scope } = context;
  const definition = await activeDefinition(commands, scope, command);
  const time = new Date(commands.env.clock.nowMs()).toISOString();
  const shared = sharedRunId(definition, command, time);
  const runId = shared ?? command.runId ?? parseJobRunId(commands.env.newId());
  const contract = await approvedContract(commands, scope, definition);
  const run = startOf(definition, command, { runId, contract });
  const answer = await onJobRun(commands, context, {
    id: runId,
    decide: (state): Decision<JobRunEvent> => {
      if (state !== undefined && shared !== undefined) return { kind: 'unchanged' };
      if (state !== undefined) return decideStartJobRun(state, { run, status: 'pending' });
      return append({ type: 'JobRunSubmitted', data: { run } });
    },
  });
  return { ...answer, runId };
}

/**
 * Derives the id of a run that others may submit too: of a schedule by its occurrence, of an external event by its id, of
 * anything else by the definition's idempotency scope. `undefined` where every submission is a run of its own.
 */
export function sharedRunId(
  { id, version, idempotencyScope, datasets }: JobDefinition,
  { cause, inputs }: Pick<RunDefinition, 'cause' | 'inputs'>,
  time: string,
): JobRunId | undefined {
  if (cause.type === 'SCHEDULED') return derivedId(['schedule', id, cause.occurrence]);
  if (cause.type === 'EXTERNAL_EVENT') return derivedId(['event', id, cause.source, cause.eventId]);
  switch (idempotencyScope) {
    case 'none':
      return undefined;
    case 'definition':
      return derivedId(['definition', id, version]);
    case 'day':
      return derivedId(['day', id, version, time.slice(0, 10)]);
    case 'inputs':
      return derivedId(['inputs', id, version, [...(inputs ?? datasets)].toSorted()]);
    default:
      return idempotencyScope satisfies never;
  }
}

const ID_DIGITS = 32;

function derivedId(parts: readonly (string | readonly string[])[]): JobRunId {
  return parseJobRunId(sha256Of(canonicalJson(parts)).slice(0, ID_DIGITS));
}

async function activeDefinition(
  { runnable }: RunDefinitionCommands,
  scope: Scope,
  { id, version }: RunDefinition,
): Promise<JobDefinition> {
  const found = await runnable.findStaged(scope, id, version);
  const verb = `Cannot run job definition ${quote(id)} version ${quote(version)}`;
  if (found === undefined) {
    const want = version === 'latest' ? 'an active version' : 'a version that is defined here';
    throw new RegistryError('NOT_FOUND', `${verb}: it is not there (want ${want})`, {
      details: { id, version },
      outcome: 'not-applied',
    });
  }
  if (found.stage === 'active') return found.definition;
  throw new RegistryError('ILLEGAL_TRANSITION', `${verb}: it is ${found.stage} (want it active)`, {
    details: { id, version, stage: found.stage },
    outcome: 'not-applied',
  });
}

async function approvedContract(
  { runnable }: RunDefinitionCommands,
  scope: Scope,
  { id, version, contract }: JobDefinition,
): Promise<JobRunStart['contract']> {
  if (contract === undefined) return undefined;
  const { name } = contract;
  const approved = await runnable.approvedContract(scope, name, contract.version);
  if (approved !== undefined) return { name, version: approved };
  throw new RegistryError(
    'ILLEGAL_TRANSITION',
    `Cannot run job definition ${quote(id)} version ${quote(version)}: contract ${quote(name)} version ${quote(contract.version)} is not approved (want an approved contract)`,
    { details: { id, version, contract }, outcome: 'not-applied' },
  );
}

function startOf(
  definition: JobDefinition,
  { cause, inputs, metadata = {}, submittedBy, parentRunId, correlationId }: RunDefinition,
  { runId, contract }: { readonly runId: JobRunId; readonly contract: JobRunStart['contract'] },
): JobRunStart {
  const { id, version, kind, datasets, timeoutMs } = definition;
  return {
    id: runId,
    job: id,
    kind,
    inputs: inputs ?? datasets,
    metadata,
    definition: { id, version },
    timeoutMs,
    cause,
    ...(contract === undefined ? {} : { contract }),
    ...(submittedBy === undefined ? {} : { submittedBy }),
    ...(parentRunId === undefined ? {} : { parentRunId }),
    ...(correlationId === undefined ? {} : { correlationId }),
  };
}
