import type { Decision } from '#commands/decision';
import {
  type AttemptContext,
  type CommandAnswer,
  type CommandContext,
  type CommandEnvironment,
  runCommand,
} from '#commands/run-command';
import type { AggregateSource } from '#domain/aggregate';
import {
  type JobRunEvent,
  type JobRunId,
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

/** What a command about a run has come to. */
export type JobRunAnswer = CommandAnswer<JobRunState, JobRunEvent>;

/** Carries out a command about one run. @throws the decision's own error, and what `runCommand` throws */
export async function onJobRun(
  { env, log, source }: JobRunCommands,
  context: CommandContext,
  {
    id,
    decide,
  }: {
    readonly id: JobRunId;
    readonly decide: (
      state: JobRunState,
      at: AttemptContext,
    ) => Decision<JobRunEvent> | Promise<Decision<JobRunEvent>>;
  },
): Promise<JobRunAnswer> {
  return await runCommand<JobRunState, JobRunEvent>(env, context, {
    kind: 'job-run',
    id,
    log,
    source,
    evolution: jobRunEvolution,
    decide,
  });
}
