import { append, type Decision, reject } from '#commands/decision';
import { type CommandAnswer, type CommandContext, runCommand } from '#commands/run-command';
import type { JobRunCommands } from '#commands/start-job-run';
import { quote, RegistryError } from '#domain/errors';
import {
  type JobRunEnd,
  type JobRunEvent,
  type JobRunId,
  type JobRunState,
  jobRunEvolution,
} from '#domain/job-run';

/** How a run ended. */
export interface FinishJobRun {
  readonly id: JobRunId;
  readonly end: JobRunEnd;
}

/** Decides the end of a run. A run ends once. */
export function decideFinishJobRun(
  state: JobRunState,
  { id, end }: FinishJobRun,
): Decision<JobRunEvent> {
  if (state?.status === 'running') return append({ type: 'JobRunFinished', data: { end } });
  const verb = `Cannot finish job run ${quote(id)}`;
  if (state === undefined) {
    return reject(
      new RegistryError('NOT_FOUND', `${verb}: it has not started (want it started first)`, {
        details: { id },
        outcome: 'not-applied',
      }),
    );
  }
  return reject(
    new RegistryError('ILLEGAL_TRANSITION', `${verb}: it is "${state.status}" (want "running")`, {
      details: { id, status: state.status },
      outcome: 'not-applied',
    }),
  );
}

/** Carries out the end of a run. @throws NOT_FOUND, ILLEGAL_TRANSITION, and what `runCommand` throws */
export async function finishJobRun(
  commands: JobRunCommands,
  context: CommandContext,
  command: FinishJobRun,
): Promise<CommandAnswer<JobRunState, JobRunEvent>> {
  return await runCommand(commands.env, context, {
    kind: 'job-run',
    id: command.id,
    log: commands.log,
    source: commands.source,
    evolution: jobRunEvolution,
    decide: (state) => decideFinishJobRun(state, command),
  });
}
