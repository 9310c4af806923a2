import { append, type Decision, reject } from '#commands/decision';
import { type JobRunAnswer, type JobRunCommands, onJobRun } from '#commands/on-job-run';
import type { CommandContext } from '#commands/run-command';
import { quote, RegistryError } from '#domain/errors';
import type { JobAction } from '#domain/job-action';
import { type JobRun, type JobRunEvent, type JobRunId, type JobRunState } from '#domain/job-run';

/** An attempt at an action that somebody wants to begin. */
export interface ClaimJobAction {
  readonly id: JobRunId;
  /** The number of the action, from 0. */
  readonly action: number;
  /** How long nobody else may begin another attempt. */
  readonly claimMs: number;
}

/**
 * Finds the first action of a run that may be begun at a time (RFC 3339, UTC, milliseconds). It is due, and every action
 * before it was tried at least once: a first attempt that is still under way holds up those behind it, a retry does not.
 */
export function claimableAction(run: JobRun, time: string): number | undefined {
  for (const [number, action] of (run.actions ?? []).entries()) {
    if (isDue(action, time)) return number;
    if (!wasTried(action)) return undefined;
  }
  return undefined;
}

function isDue({ dueAt }: JobAction, time: string): boolean {
  return dueAt !== undefined && dueAt <= time;
}

function wasTried({ status, attempts }: JobAction): boolean {
  switch (status) {
    case 'pending':
      return false;
    case 'claimed':
      return attempts > 1;
    case 'succeeded':
    case 'failed':
    case 'dead':
      return true;
    default:
      return status satisfies never;
  }
}

/** Decides the beginning of an attempt. One of many who want the same attempt begins it. */
export function decideClaimJobAction(
  state: JobRunState,
  { id, action, claimMs }: ClaimJobAction,
  time: string,
): Decision<JobRunEvent> {
  const known = state?.actions?.[action];
  if (state === undefined || known === undefined) return reject(unknownAction(id, action));
  if (!isDue(known, time)) return reject(notClaimable(id, action, describe(known)));
  const before = state.actions?.slice(0, action).findIndex((one) => !wasTried(one)) ?? -1;
  if (before >= 0)
    return reject(notClaimable(id, action, `action ${before} before it was not tried`));
  const until = new Date(Date.parse(time) + claimMs).toISOString();
  return append({
    type: 'JobActionClaimed',
    data: { action, attempt: known.attempts + 1, until },
  });
}

function describe({ status, dueAt }: JobAction): string {
  return dueAt === undefined ? `it is "${status}"` : `it is "${status}" until ${dueAt}`;
}

function notClaimable(id: JobRunId, action: number, is: string): RegistryError {
  return new RegistryError(
    'ILLEGAL_TRANSITION',
    `Cannot begin action ${action} of job run ${quote(id)}: ${is} (want it due, and those before it tried)`,
    { details: { id, action }, outcome: 'not-applied' },
  );
}

/** Makes the error for an action that a run does not have. */
export function unknownAction(id: JobRunId, action: number): RegistryError {
  return new RegistryError(
    'NOT_FOUND',
    `Cannot find action ${action} of job run ${quote(id)}: it has none of that number (want one of a run that has ended)`,
    { details: { id, action }, outcome: 'not-applied' },
  );
}

/** Begins an attempt at an action. @throws NOT_FOUND, ILLEGAL_TRANSITION, and what `runCommand` throws */
export async function claimJobAction(
  commands: JobRunCommands,
  context: CommandContext,
  command: ClaimJobAction,
): Promise<JobRunAnswer> {
  return await onJobRun(commands, context, {
    id: command.id,
    decide: (state, { time }) => decideClaimJobAction(state, command, time),
  });
}
