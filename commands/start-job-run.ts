import { append, type Decision, reject } from '#commands/decision';
import { type JobRunAnswer, type JobRunCommands, onJobRun } from '#commands/on-job-run';
import type { CommandContext } from '#commands/run-command';
import { quote, RegistryError } from '#domain/errors';
import { type JobRunEvent, type JobRunStart, type JobRunState } from '#domain/job-run';

/** A run that is to be: it waits until somebody begins it, or it runs already. */
export interface StartJobRun {
  readonly run: JobRunStart;
  readonly status: 'pending' | 'running';
}

/** Decides the first event of a run. A run id is used once. */
export function decideStartJobRun(
  state: JobRunState,
  { run, status }: StartJobRun,
): Decision<JobRunEvent> {
  if (state === undefined) {
    const type = status === 'pending' ? 'JobRunSubmitted' : 'JobRunStarted';
    return append({ type, data: { run } });
  }
  return reject(
    new RegistryError(
      'ILLEGAL_TRANSITION',
      `Cannot start job run ${quote(run.id)}: it exists with status "${state.status}" (want a new id)`,
      { details: { id: run.id, status: state.status }, outcome: 'not-applied' },
    ),
  );
}

/** Carries out the first step of a run. @throws ILLEGAL_TRANSITION, and what `runCommand` throws */
export async function startJobRun(
  commands: JobRunCommands,
  context: CommandContext,
  command: StartJobRun,
): Promise<JobRunAnswer> {
  return await onJobRun(commands, context, {
    id: command.run.id,
    decide: (state) => decideStartJobRun(state, command),
  });
}
