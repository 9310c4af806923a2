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

/** A moment at which runs may be given up. Times are RFC 3339, UTC, milliseconds. */
export interface ExpiryMoment {
  readonly time: string;
  /** Since when this node could take signs of life: before, runs may have had nobody to send them to. */
  readonly listeningSince: string;
}

/** How long after a node began to listen a run may still send its next sign of life, at most. */
const GRACE_MAX_MS = 60_000;

/** Tells whether a run gave no sign of life in time, though it could have. */
export function isOverdue(run: JobRun, { time, listeningSince }: ExpiryMoment): boolean {
  const deadline = deadlineOf(run);
  if (deadline === undefined || deadline > time) return false;
  const graceMs = Math.min(run.timeoutMs ?? 0, GRACE_MAX_MS);
  return Date.parse(listeningSince) + graceMs <= Date.parse(time);
}

/** Decides that a run is lost when its deadline is over. Any other run stays as it is. */
export function decideExpireJobRun(
  state: JobRunState,
  actions: readonly PlannedAction[],
  moment: ExpiryMoment,
): Decision<JobRunEvent> {
  if (state?.timeoutMs === undefined || !isOverdue(state, moment)) return { kind: 'unchanged' };
  const { lastSignAt, timeoutMs } = state;
  const planned = actions.length === 0 ? {} : { actions };
  return append({ type: 'JobRunTimedOut', data: { lastSignAt, timeoutMs, ...planned } });
}

/**
 * Gives a run up that gave no sign of life in time, though there was somebody to send it to, and plans what is done when
 * it fails. A sign of life at the same moment wins or loses: never both.
 * @throws what `runCommand` and the planner throw
 */
export async function expireJobRun(
  commands: ExpireCommands,
  context: CommandContext,
  { id, listeningSince }: { readonly id: JobRunId; readonly listeningSince: string },
): Promise<JobRunAnswer> {
  const { planner } = commands;
  return await onJobRun(commands, context, {
    id,
    decide: async (state, { scope, time }) => {
      const moment = { time, listeningSince };
      const isLost = state !== undefined && isOverdue(state, moment);
      const actions = isLost ? await planner.plan(scope, state, { outcome: 'failed' }) : [];
      return decideExpireJobRun(state, actions, moment);
    },
  });
}
