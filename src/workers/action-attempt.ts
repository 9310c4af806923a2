import type { Action } from '#domain/action-parameters';
import { canonicalJson } from '#domain/canonical-json';
import { sha256Of } from '#domain/digest';
import type { JobRun } from '#domain/job-run';
import type { Scope } from '#domain/scope';

/** One attempt at an action of a run that has ended. */
export interface ActionAttempt<A extends Action = Action> {
  readonly scope: Scope;
  readonly run: JobRun;
  readonly action: A;
  /** The same in every attempt at this action, see `idempotencyIdOf`. */
  readonly idempotencyId: string;
}

/** What an attempt came to. Details are for people and hold neither secrets nor what another server has said. */
export type AttemptResult =
  | { readonly outcome: 'succeeded'; readonly detail?: string }
  | {
      readonly outcome: 'failed';
      readonly detail: string;
      /** How long the other side asks to be left alone. */
      readonly retryAfterMs?: number;
    }
  /** No further attempt could help. */
  | { readonly outcome: 'dead'; readonly detail: string };

/** Carries out an attempt. Ends with its signal. What it throws counts as a failure that may go away. */
export type ActionExecutor<A extends Action = Action> = (
  attempt: ActionAttempt<A>,
  signal: AbortSignal,
) => Promise<AttemptResult>;

/** Derives the id by which receivers tell that two requests are one: 32 hexadecimal digits. */
export function idempotencyIdOf(scope: Scope, runId: string, action: number): string {
  const { tenant, environment } = scope;
  return sha256Of(canonicalJson([tenant, environment, runId, action])).slice(0, 32);
}

/** Bounds how long one attempt at what is no webhook may take. */
export const ATTEMPT_MS = 15_000;
/** Bounds the attempts at what is no webhook. */
const ATTEMPTS_MAX = 12;

/** Gives how long one attempt may take and how many there may be. */
export function attemptLimits(action: Action): {
  readonly timeoutMs: number;
  readonly attemptsMax: number;
} {
  if (action.type !== 'CALL_WEBHOOK') return { timeoutMs: ATTEMPT_MS, attemptsMax: ATTEMPTS_MAX };
  const { timeoutMs, attemptsMax } = action.parameters;
  return { timeoutMs, attemptsMax };
}
