import { backoffMs } from '#flow/backoff';

// Receivers that were restarted are back after some seconds; those that were not are worth no more than six tries an hour.
const RETRY = { baseMs: 2_000, capMs: 600_000 };
const RETRY_MIN_MS = 500;
/** Bounds what a receiver may ask for with `Retry-After`. */
const RETRY_AFTER_MAX_MS = 3_600_000;

export interface RetryDelayOptions {
  /** How long the other side asks to be left alone. */
  readonly askedMs?: number | undefined;
  /** Uniform in [0, 1). Default `Math.random`. */
  readonly random?: (() => number) | undefined;
}

/**
 * Gives the wait after a failed attempt, counted from 1: exponential with full jitter, from 0.5 s to 10 min. What the
 * receiver asked for comes on top, up to an hour, so that all that were told the same time do not come back together.
 */
export function retryDelayMs(attempt: number, { askedMs = 0, random }: RetryDelayOptions): number {
  const backoff = backoffMs(attempt, random === undefined ? RETRY : { ...RETRY, random });
  return Math.round(RETRY_MIN_MS + backoff + Math.min(Math.max(0, askedMs), RETRY_AFTER_MAX_MS));
}
