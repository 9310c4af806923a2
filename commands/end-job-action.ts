import { unknownAction } from '#commands/claim-job-action';
import { append, type Decision, reject } from '#commands/decision';
import { type JobRunAnswer, type JobRunCommands, onJobRun } from '#commands/on-job-run';
import type { CommandContext } from '#commands/run-command';
import { quote, RegistryError } from '#domain/errors';
import { type JobRunEvent, type JobRunId, type JobRunState } from '#domain/job-run';

/** What an attempt came to. */
export type ActionEnding =
  | { readonly outcome: 'succeeded'; readonly detail?: string }
  /** Tried again after that time. */
  | { readonly outcome: 'failed'; readonly detail: string; readonly retryAfterMs: number }
  /** Never tried again. */
  | { readonly outcome: 'dead'; readonly detail: string };

/** The end of an attempt at an action. */
export interface EndJobAction {
  readonly id: JobRunId;
  /** The number of the action, from 0. */
  readonly action: number;
  /** The attempt that ended, from 1. */
  readonly attempt: number;
  readonly ending: ActionEnding;
}

/** Decides the end of an attempt. Only the newest attempt ends; what an older one came to is refused, however late it comes. */
export function decideEndJobAction(
  state: JobRunState,
  { id, action, attempt, ending }: EndJobAction,
  time: string,
): Decision<JobRunEvent> {
  const known = state?.actions?.[action];
  if (known === undefined) return reject(unknownAction(id, action));
  // A claim whose time is over may still end: nobody else has begun.
  if (known.status !== 'claimed' || known.attempts !== attempt) {
    const is = `it is "${known.status}" at attempt ${known.attempts}`;
    return reject(
      new RegistryError(
        'ILLEGAL_TRANSITION',
        `Cannot end attempt ${attempt} at action ${action} of job run ${quote(id)}: ${is} (want "claimed" by that attempt)`,
        { details: { id, action, status: known.status, attempts: known.attempts } },
      ),
    );
  }
  const { outcome, detail } = ending;
  const retryAt =
    ending.outcome === 'failed'
      ? { retryAt: new Date(Date.parse(time) + ending.retryAfterMs).toISOString() }
      : {};
  return append({
    type: 'JobActionEnded',
    data: { action, attempt, outcome, ...(detail === undefined ? {} : { detail }), ...retryAt },
  });
}

/** Ends an attempt at an action. @throws NOT_FOUND, ILLEGAL_TRANSITION, and what `runCommand` throws */
export async function endJobAction(
  commands: JobRunCommands,
  context: CommandContext,
  command: EndJobAction,
): Promise<JobRunAnswer> {
  return await onJobRun(commands, context, {
    id: command.id,
    decide: (state, { time }) => decideEndJobAction(state, command, time),
  });
}
