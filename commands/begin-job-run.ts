import { append, type Decision, reject } from '#commands/decision';
import { type JobRunAnswer, type JobRunCommands, onJobRun } from '#commands/on-job-run';
import type { CommandContext } from '#commands/run-command';
import { quote, RegistryError } from '#domain/errors';
import { type JobRunEvent, type JobRunId, type JobRunState } from '#domain/job-run';
import { refusedRunWish } from '#domain/job-run-step';

/** Somebody takes a pending run up. */
export interface BeginJobRun {
  readonly id: JobRunId;
  /** Who runs it, for people. */
  readonly by?: string;
}

/** Decides that a pending run runs. Of many who want to begin it, one does. */
export function decideBeginJobRun(
  state: JobRunState,
  { id, by }: BeginJobRun,
): Decision<JobRunEvent> {
  if (state === undefined) return reject(unknownRun('begin', id));
  const { status: from, startedAt = state.submittedAt } = state;
  if (from === 'running') {
    const why = `somebody began it at ${startedAt} (want a pending run)`;
    return reject(refusedRunWish({ id, from, verb: 'begin', why }));
  }
  if (from !== 'pending') return reject(refusedRunWish({ id, from, verb: 'begin' }));
  return append({ type: 'JobRunBegan', data: by === undefined ? {} : { by } });
}

/** Makes the error for a run that nobody has submitted. */
export function unknownRun(verb: string, id: JobRunId): RegistryError {
  return new RegistryError(
    'NOT_FOUND',
    `Cannot ${verb} job run ${quote(id)}: it is not known in this tenant and environment (want it submitted first)`,
    { details: { id }, outcome: 'not-applied' },
  );
}

/** Carries out the beginning of a pending run. @throws NOT_FOUND, ILLEGAL_TRANSITION, and what `runCommand` throws */
export async function beginJobRun(
  commands: JobRunCommands,
  context: CommandContext,
  command: BeginJobRun,
): Promise<JobRunAnswer> {
  return await onJobRun(commands, context, {
    id: command.id,
    decide: (state) => decideBeginJobRun(state, command),
  });
}
