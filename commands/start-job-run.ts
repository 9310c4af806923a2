import { append, type Decision, reject } from '#commands/decision';
import {
  type CommandAnswer,
  type CommandContext,
  type CommandEnvironment,
  runCommand,
} from '#commands/run-command';
import type { AggregateSource } from '#domain/aggregate';
import { quote, RegistryError } from '#domain/errors';
import {
  type JobRunEvent,
  type JobRunStart,
  type JobRunState,
  jobRunEvolution,
} from '#domain/job-run';
import type { EventLog } from '#log/event-log';

/** What commands about job runs need. */
export interface JobRunCommands {
  readonly env: CommandEnvironment;
  readonly log: EventLog;
  readonly source: AggregateSource<JobRunState>;
}

/** Decides the start of a run. A run id is used once. */
export function decideStartJobRun(state: JobRunState, run: JobRunStart): Decision<JobRunEvent> {
  if (state === undefined) return append({ type: 'JobRunStarted', data: { run } });
  return reject(
    new RegistryError(
      'ILLEGAL_TRANSITION',
      `Cannot start job run ${quote(run.id)}: it exists with status "${state.status}" (want a new id)`,
      { details: { id: run.id, status: state.status }, outcome: 'not-applied' },
    ),
  );
}

/** Carries out the start of a run. @throws ILLEGAL_TRANSITION, and what `runCommand` throws */
export async function startJobRun(
  commands: JobRunCommands,
  context: CommandContext,
  run: JobRunStart,
): Promise<CommandAnswer<JobRunState, JobRunEvent>> {
  return await runCommand(commands.env, context, {
    kind: 'job-run',
    id: run.id,
    log: commands.log,
    source: commands.source,
    evolution: jobRunEvolution,
    decide: (state) => decideStartJobRun(state, run),
  });
}
