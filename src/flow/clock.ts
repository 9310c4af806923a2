import { setTimeout as delay } from 'node:timers/promises';

/** Where time comes from. Injected, so that tests and drills own it. */
export interface Clock {
  /** Wall clock, milliseconds since 1970. For timestamps only, never for intervals. */
  nowMs(): number;
  /** A clock that never goes back, milliseconds. For deadlines, intervals and cache lifetimes. */
  monotonicMs(): number;
  /** Waits; rejects with an AbortError when the signal aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** The machine's clock. */
export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  sleep: async (ms, signal) => {
    await delay(ms, undefined, signal === undefined ? {} : { signal });
  },
};

/** Writes a wall clock reading as RFC 3339 in UTC with milliseconds. */
export function toTimestamp(ms: number): string {
  return new Date(ms).toISOString();
}
