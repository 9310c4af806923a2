import { type ClientError, ResponseError, UnexpectedAnswerError } from '#api-client/errors';

/** How a client repeats what may be repeated. */
export interface RetryOptions {
  /** The most times that one request is sent, not counting those answered with 429 and `Retry-After`. Default 5. */
  readonly attemptsMax?: number;
  /** The longest time for one request with all its repetitions and pauses; of an upload without a bound, for its pauses. Default 30,000. */
  readonly budgetMs?: number;
  /** The longest first pause; each further one may be twice as long. Default 200. */
  readonly pauseMs?: number;
  /** The longest pause that nobody asked for. Default 10,000. */
  readonly pauseMsMax?: number;
  /** How many repetitions a client has in hand when everything fails; ten requests that succeed give one back. Default 20. */
  readonly spareMax?: number;
}

/** One failed attempt. */
export interface FailedAttempt {
  readonly error: ClientError;
  /** Counted from 1, without those that were held back. */
  readonly attempt: number;
  readonly elapsedMs: number;
  /** Whether sending it twice does the same as sending it once. */
  readonly isRepeatable: boolean;
}

const DEFAULTS = {
  attemptsMax: 5,
  budgetMs: 30_000,
  pauseMs: 200,
  pauseMsMax: 10_000,
  spareMax: 20,
};
const EARNED_BY_SUCCESS = 0.1;

/** Decides whether and when a request is sent again. One for all requests of a client: where all fail, few are repeated. */
export class Retries {
  readonly #options: Required<RetryOptions>;
  readonly #random: () => number;
  #spare: number;

  constructor(options: RetryOptions = {}, random: () => number = Math.random) {
    this.#options = { ...DEFAULTS, ...options };
    this.#random = random;
    this.#spare = this.#options.spareMax;
  }

  get budgetMs(): number {
    return this.#options.budgetMs;
  }

  /** Counts a request that had success. */
  succeeded(): void {
    this.#spare = Math.min(this.#options.spareMax, this.#spare + EARNED_BY_SUCCESS);
  }

  /** Gives the pause before the next attempt, in milliseconds, or nothing where there shall be none. */
  pauseBefore(failed: FailedAttempt): number | undefined {
    const { attemptsMax, budgetMs } = this.#options;
    if (!mayBeRepeated(failed)) return undefined;
    const isFree = isHeldBack(failed.error);
    if (!isFree && (failed.attempt >= attemptsMax || this.#spare < 1)) return undefined;
    const pauseMs = this.pause(failed.attempt, failed.error);
    if (failed.elapsedMs + pauseMs > budgetMs) return undefined;
    if (!isFree) this.#spare -= 1;
    return pauseMs;
  }

  /** Gives a pause: what the registry asks for, and some more by chance, so that not all come back at once. */
  pause(attempt: number, error?: unknown): number {
    const { pauseMs, pauseMsMax } = this.#options;
    const asked = error instanceof ResponseError ? error.retryAfterMs : undefined;
    if (asked !== undefined) return asked + this.#random() * Math.min(pauseMs, pauseMsMax);
    return this.#random() * Math.min(pauseMsMax, pauseMs * 2 ** Math.min(attempt - 1, 30));
  }
}

/** Whether an attempt does not count: who only sends too much is told when to come again, and that costs the registry nothing. */
export function isHeldBack(error: ClientError): boolean {
  return error instanceof ResponseError && error.status === 429 && error.retryAfterMs !== undefined;
}

function mayBeRepeated({ error, isRepeatable }: FailedAttempt): boolean {
  // Whoever answers there answers the same again.
  if (error instanceof UnexpectedAnswerError) return false;
  if (!(error instanceof ResponseError)) return isRepeatable;
  const { status, problem } = error;
  if (problem.retryable === false) return false;
  // Refused before anything was done: even what must not happen twice may be sent again.
  if (status === 429 || (status === 503 && problem.outcome === 'not-applied')) return true;
  return isRepeatable && (status === 408 || status === 502 || status === 503 || status === 504);
}
