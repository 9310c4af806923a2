import type { JobRunAnswer } from '#commands/on-job-run';
import type { CommandContext } from '#commands/run-command';
import { isRegistryError, quote, RegistryError } from '#domain/errors';
import { type JobRun, jobRunEvolution, parseJobRunId } from '#domain/job-run';
import type { Position } from '#domain/position';
import type { Scope } from '#domain/scope';
import { writableCommands } from '#http/command-request';
import type { HttpDependencies } from '#http/dependencies';
import { operateRun, type RunOperation } from '#http/job-run-operations';

/** A step that was taken, and the run right after it. */
export interface StepTaken {
  readonly answer: JobRunAnswer;
  readonly run: JobRun;
}

/** Takes one step of one run. @throws READ_ONLY, FROZEN, and what `operateRun` and `runAfter` throw */
export async function takeStep(
  dependencies: HttpDependencies,
  context: CommandContext,
  operation: RunOperation,
): Promise<StepTaken> {
  const commands = writableCommands(dependencies);
  try {
    const answer = await operateRun(commands, context, operation);
    return { answer, run: await runAfter(dependencies, context.scope, answer) };
  } catch (error) {
    if (operation.op === 'start' || !isRegistryError(error, 'NOT_FOUND')) throw error;
    throw (await isReported(dependencies, context.scope, operation.id))
      ? reported(operation, error)
      : error;
  }
}

/**
 * Gives the run as it was right after a command: a retry shows what the first answer showed, whatever has come since.
 * @throws OUTCOME_UNKNOWN when the log does not answer: the command was carried out
 */
export async function runAfter(
  { jobRunAsOf }: Pick<HttpDependencies, 'jobRunAsOf'>,
  scope: Scope,
  { recorded, state, position, replayed }: JobRunAnswer,
): Promise<JobRun> {
  if (state === undefined) throw new TypeError('A job run that was written has no state');
  if (!replayed || recorded === undefined) return state;
  const { event, time } = recorded;
  if (event.type === 'JobRunStarted' || event.type === 'JobRunSubmitted')
    return jobRunEvolution.evolve(undefined, event, time) ?? state;
  try {
    const found = await jobRunAsOf(scope, state.id, { position });
    if (found?.origin === 'registry') return found.run;
  } catch (cause) {
    if (!isRegistryError(cause)) throw cause;
    throw unreadable(cause, position);
  }
  throw new TypeError('A job run that was written is not in the log');
}

function unreadable(cause: RegistryError, position: Position): RegistryError {
  return new RegistryError(
    'OUTCOME_UNKNOWN',
    `Cannot answer the command again: it was applied at position ${position}, but its run cannot be read: ${cause.message} (want the same request later)`,
    { outcome: 'unknown', retryAfterSeconds: 1, cause, details: { position } },
  );
}

/** Tells whether a run is one that events have reported. Where the view is away nobody can say. */
async function isReported(
  { jobRuns }: HttpDependencies,
  scope: Scope,
  id: string,
): Promise<boolean> {
  try {
    return (await jobRuns.find(scope, parseJobRunId(id))).found?.origin === 'openlineage';
  } catch (error) {
    if (isRegistryError(error)) return false;
    throw error;
  }
}

const VERBS = {
  begin: 'begin',
  progress: 'report of',
  finish: 'finish',
  cancel: 'cancel',
} as const satisfies Record<Exclude<RunOperation['op'], 'start'>, string>;

function reported(
  { op, id }: Exclude<RunOperation, { readonly op: 'start' }>,
  cause: RegistryError,
): RegistryError {
  return new RegistryError(
    'NOT_FOUND',
    `Cannot ${VERBS[op]} job run ${quote(id)}: another system carries it out and reports it by OpenLineage events (want a run that was submitted here)`,
    { details: { id, origin: 'openlineage' }, outcome: 'not-applied', cause },
  );
}
