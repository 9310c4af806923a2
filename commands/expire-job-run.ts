import { append, type Decision } from '#commands/decision';
import { type JobRunAnswer, type JobRunCommands, onJobRun } from '#commands/on-job-run';
import type { ActionPlanner } from '#commands/plan-actions';
import type { CommandContext } from '#commands/run-command';
import type { PlannedAction } from '#domain/job-action';
import {
  deadlineOf,
  type JobRun,
  type JobRunEvent,
  type JobRunId,
  type JobRunState,
} from '#domain/job-run';

/** What the command that gives lost runs up needs. */
export interface ExpireCommands extends JobRunCommands {
  readonly planner: ActionPlanner;
}

/** Tells whether a run gave no sign of life in time, at a time (RFC 3339, UTC, milliseconds). */
export function isOverdue(run: JobRun, time: string): boolean {
  const deadline = deadlineOf(run);
  return deadline !== undefined && deadline <= time;
}

/** Decides that a run is lost when its deadline is over. Any other run stays as it is. */
export function decideExpireJobRun(
  state: JobRunState,
  actions: readonly PlannedAction[],
  time: string,
): Decision<JobRunEvent> {
  if (state?.timeoutMs === undefined || !isOverdue(state, time)) return { kind: 'unchanged' };
  const { lastSignAt, timeoutMs } = state;
  const planned = actions.length === 0 ? {} : { actions };
  return append({ type: 'JobRunTimedOut', data: { lastSignAt, timeoutMs, ...planned } });
}

/**
 * Gives a run up that gave no sign of life in time, and plans what is done when it fails. A sign of life at the same
 * moment wins or loses: never both.
 * @throws what `runCommand` and the planner throw
 */
export async function expireJobRun(
  commands: ExpireCommands,
  context: CommandContext,
  id: JobRunId,
): Promise<JobRunAnswer> {
  const { planner } = commands;
  return await onJobRun(commands, context, {
    id,
    decide: async (state, { scope, time }) => {
      const isLost = state !== undefined && isOverdue(state, time);
      const actions = isLost ? await planner.plan(scope, state, { outcome: 'failed' }) : [];
      return decideExpireJobRun(state, actions, time);
    },
  });
}
