export interface BackoffOptions {
  /** The longest first wait. */
  readonly baseMs: number;
  /** No wait is longer. */
  readonly capMs: number;
  /** Uniform in [0, 1). Default `Math.random`. */
  readonly random?: () => number;
}

/**
 * Gives the wait before retry number `attempt` (from 1): exponential with full jitter, so that clients that
 * failed together do not come back together.
 */
export function backoffMs(attempt: number, options: BackoffOptions): number {
  const ceiling = Math.min(options.capMs, options.baseMs * 2 ** Math.min(attempt - 1, 30));
  return (options.random ?? Math.random)() * ceiling;
}
