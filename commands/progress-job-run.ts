import { unknownRun } from '#commands/begin-job-run';
import { append, type Decision, reject } from '#commands/decision';
import { type JobRunAnswer, type JobRunCommands, onJobRun } from '#commands/on-job-run';
import type { CommandContext } from '#commands/run-command';
import { canonicalJson } from '#domain/canonical-json';
import {
  type JobProgress,
  type JobRunEvent,
  type JobRunId,
  type JobRunState,
  signIntervalMs,
} from '#domain/job-run';
import { refusedRunWish } from '#domain/job-run-step';

/** A sign of life, and perhaps how far the run is. */
export interface ProgressJobRun {
  readonly id: JobRunId;
  readonly progress?: JobProgress;
}

/**
 * Decides a sign of life of a running run. One that says nothing new and comes soon after the last one is not recorded:
 * runs that report every second would fill the log with it.
 */
export function decideProgressJobRun(
  state: JobRunState,
  { id, progress }: ProgressJobRun,
  time: string,
): Decision<JobRunEvent> {
  if (state === undefined) return reject(unknownRun('report of', id));
  const { status: from, timeoutMs, lastSignAt } = state;
  if (from !== 'running') {
    const pending = { why: 'it is pending (want it begun first)' };
    const why = from === 'pending' ? pending : {};
    return reject(refusedRunWish({ id, from, verb: 'report of', ...why }));
  }
  const isNews =
    progress !== undefined && canonicalJson(progress) !== canonicalJson(state.progress ?? null);
  const sinceMs = Date.parse(time) - Date.parse(lastSignAt);
  if (!isNews && sinceMs < signIntervalMs(timeoutMs)) return { kind: 'unchanged' };
  return append({ type: 'JobRunProgressed', data: progress === undefined ? {} : { progress } });
}

/** Carries out a sign of life. @throws NOT_FOUND, ILLEGAL_TRANSITION, and what `runCommand` throws */
export async function progressJobRun(
  commands: JobRunCommands,
  context: CommandContext,
  command: ProgressJobRun,
): Promise<JobRunAnswer> {
  return await onJobRun(commands, context, {
    id: command.id,
    decide: (state, { time }) => decideProgressJobRun(state, command, time),
  });
}
