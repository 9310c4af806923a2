import type { WantedVersion } from '#commands/job-ports';
import { type JobRunAnswer, onJobRun } from '#commands/on-job-run';
import { type RequestCommands, requestRun } from '#commands/request-run';
import type { CommandContext } from '#commands/run-command';
import { decideStartJobRun } from '#commands/start-job-run';
import { canonicalJson } from '#domain/canonical-json';
import type { ContractName, ContractVersion } from '#domain/contract-name';
import type { JobDefinitionId } from '#domain/definition';
import { sha256Of } from '#domain/digest';
import { quote, RegistryError } from '#domain/errors';
import type { JobDefinition } from '#domain/job-definition';
import { type JobRunId, type JobRunStart, parseJobRunId, type RunCause } from '#domain/job-run';
import { type JobStage, nextJobStages } from '#domain/job-stage';
import type { ResolvedRun } from '#domain/run-request';
import type { Scope } from '#domain/scope';
import { toTimestamp } from '#flow/clock';

/** Where this command finds what can be run. */
export interface RunnableDefinitions {
  /** Finds a version with its stage, of `latest` the highest active one; `undefined` where there is none. */
  findStaged(
    scope: Scope,
    id: JobDefinitionId,
    version: WantedVersion,
  ): Promise<{ readonly definition: JobDefinition; readonly stage: JobStage } | undefined>;
  /** Tells whether there is any version. */
  isKnown(scope: Scope, id: JobDefinitionId): Promise<boolean>;
  /** Gives the version of a contract that is approved: the wanted one, of `latest` the highest. */
  approvedContract(
    scope: Scope,
    name: ContractName,
    version: WantedVersion,
  ): Promise<ContractVersion | undefined>;
}

/** What the command needs. */
export interface RunDefinitionCommands extends RequestCommands {
  readonly runnable: RunnableDefinitions;
}

/** A run of a defined job. */
export interface RunDefinition {
  readonly id: JobDefinitionId;
  readonly version: WantedVersion;
  readonly cause: RunCause;
  /** The id that its submitter wants. Default: the one of the request, else a new one. */
  readonly runId?: JobRunId;
  /** Follows from the key under which the submission may come again; absent where it cannot. */
  readonly requestId?: JobRunId;
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
 * idempotency scope: then the run that is there is the answer, however many nodes submit it at once. With a key there are
 * two decisions: what the request is resolved to, and the run. A retry finds the first.
 * @throws NOT_FOUND, INVALID_REQUEST for an id where the scope gives it, ILLEGAL_TRANSITION for a definition that is not
 *   active, a contract that is not approved or a run id that is used, and what `runCommand` throws
 */
export async function runDefinition(
  commands: RunDefinitionCommands,
  context: CommandContext,
  command: RunDefinition,
): Promise<RunAnswer> {
  const resolve = async (time: string): Promise<ResolvedRun> =>
    await resolveRun(commands, { scope: context.scope, time }, command);
  const { requestId: id } = command;
  const { run, isShared, replayed } =
    id === undefined
      ? { ...(await resolve(toTimestamp(commands.env.clock.nowMs()))), replayed: false }
      : await requestRun(commands, context, { id, resolve });
  const answer = await onJobRun(commands, context, {
    id: run.id,
    decide: (state) =>
      state !== undefined && isShared
        ? { kind: 'unchanged' }
        : decideStartJobRun(state, { run, status: 'pending' }),
  });
  // Of a run that was there already nothing but the request tells that this was answered before.
  const isAgain = answer.replayed || (replayed && answer.recorded === undefined);
  return { ...answer, replayed: isAgain, runId: run.id };
}

async function resolveRun(
  commands: RunDefinitionCommands,
  { scope, time }: { readonly scope: Scope; readonly time: string },
  command: RunDefinition,
): Promise<ResolvedRun> {
  const definition = await activeDefinition(commands, scope, command);
  const shared = sharedRunId(definition, command, time);
  if (shared !== undefined && command.runId !== undefined)
    throw idIsGiven(definition, command.runId);
  const own = command.runId ?? command.requestId;
  const runId = shared ?? own ?? parseJobRunId(commands.env.newId());
  const contract = await approvedContract(commands, scope, definition);
  const run = startOf(definition, command, { runId, contract });
  return { run, isShared: shared !== undefined };
}

function idIsGiven({ id, idempotencyScope }: JobDefinition, runId: JobRunId): RegistryError {
  return new RegistryError(
    'INVALID_REQUEST',
    `Cannot use id ${quote(runId)} for a run of job definition ${quote(id)}: its idempotencyScope ${quote(idempotencyScope)} decides the id (want no "id")`,
    { details: { field: 'id', id, idempotencyScope }, outcome: 'not-applied' },
  );
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
  if (found?.stage === 'active') return found.definition;
  const cannot = `Cannot run job definition ${quote(id)} version ${quote(version)}`;
  const details = { id, version };
  if (found !== undefined) {
    const { stage } = found;
    throw new RegistryError('ILLEGAL_TRANSITION', `${cannot}: it is ${stage} (want it active)`, {
      details: { ...details, stage, legal: nextJobStages(stage) },
      outcome: 'not-applied',
    });
  }
  const why = (await runnable.isKnown(scope, id))
    ? notUsable(version)
    : 'no such definition is in this tenant and environment (want one that is defined)';
  throw new RegistryError('NOT_FOUND', `${cannot}: ${why}`, { details, outcome: 'not-applied' });
}

function notUsable(version: WantedVersion): string {
  return version === 'latest'
    ? 'none of its versions is active (want an active version)'
    : 'it has no such version (want a version that is defined)';
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
