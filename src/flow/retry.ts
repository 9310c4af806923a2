import { type BackoffOptions, backoffMs } from '#flow/backoff';
import type { Clock } from '#flow/clock';
import { type Budget, tryTakeAll } from '#flow/retry-budget';
import { type Abortable, untilAborted } from '#flow/until-aborted';

/** Whether an error may go away by itself, and how long the other side asks to be left alone. */
export type Retryable = boolean | { readonly afterMs: number };

export interface RetryNote {
  /** The attempt that failed, from 1. */
  readonly attempt: number;
  /** The wait before the next one. */
  readonly delayMs: number;
  readonly error: unknown;
}

export interface RetryOptions extends BackoffOptions, Abortable {
  /** Most attempts in all, from 1. */
  readonly attemptsMax: number;
  readonly clock: Clock;
  readonly isRetryable: (error: unknown) => Retryable;
  /** Each retry takes one token of every one; without them it is given up. Default none: only `attemptsMax` bounds it. */
  readonly budgets?: readonly Budget[];
  /** Hears of every retry before the wait. */
  readonly onRetry?: (note: RetryNote) => void;
}

/**
 * Runs work until it succeeds, waiting between attempts with exponential backoff and full jitter: up to `baseMs` before the
 * first retry, twice that before each further one, never more than `capMs`. A wait that the error asks for comes on top, within
 * `capMs`. The first attempt takes no token. Throws the last error as it is. The signal ends a wait at once; a running attempt
 * has to see it itself, and is the last.
 */
export async function retry<T>(
  work: (attempt: number) => Promise<T>,
  options: RetryOptions,
): Promise<T> {
  const { attemptsMax, clock, onRetry, signal } = options;
  if (!Number.isInteger(attemptsMax) || attemptsMax < 1) {
    throw new RangeError(`Cannot retry work: attemptsMax is ${attemptsMax} (want 1 or more)`);
  }
  for (let attempt = 1; ; attempt += 1) {
    signal?.throwIfAborted();
    try {
      return await work(attempt);
    } catch (error) {
      const delayMs = delayAfter(error, attempt, options);
      if (delayMs === undefined) throw error;
      onRetry?.({ attempt, delayMs, error });
      await untilAborted(signal, () => clock.sleep(delayMs, signal));
    }
  }
}

/** The wait before the next attempt, or nothing when there is to be none. */
function delayAfter(error: unknown, attempt: number, options: RetryOptions): number | undefined {
  const { attemptsMax, budgets = [], capMs, isRetryable, signal } = options;
  if (attempt >= attemptsMax || signal?.aborted === true) return undefined;
  const retryable = isRetryable(error);
  if (retryable === false || !tryTakeAll(budgets)) return undefined;
  const backoff = backoffMs(attempt, options);
  if (retryable === true) return backoff;
  // On top, not instead: all that were told the same time would come back together.
  return Math.min(capMs, Math.max(0, retryable.afterMs) + backoff);
}
