import { CircuitBreaker, type CircuitChange, type CircuitState } from '#flow/circuit-breaker';
import type { Clock } from '#flow/clock';
import { withDeadline } from '#flow/deadline';
import { retry } from '#flow/retry';

/** The few things that are asked of Redis. */
export interface RedisCommands {
  /** Reads a text up to so many bytes, so that nobody can make a node take a giant one. Empty where the key is not there. */
  getRange(key: string, bytesMax: number): Promise<string>;
  /** Writes a text that is gone after so many seconds. */
  set(key: string, value: string, ttlSeconds: number): Promise<void>;
  /** Runs a script of one key. */
  evaluate(script: string, key: string, values: readonly (string | number)[]): Promise<unknown>;
}

export interface GuardedRedisOptions {
  readonly redis: RedisCommands;
  readonly clock: Clock;
  /** Time for a call with all its attempts. Default 50. */
  readonly timeoutMs?: number;
  /** Failures in a row after which Redis is left alone. Default 8. */
  readonly failuresMax?: number;
  /** How long it is left alone. Default 3,000. */
  readonly openMs?: number;
  /** Hears of every call that failed. Must not throw. */
  readonly onFailure?: (error: unknown) => void;
  /** Hears when Redis begins and ends to be left alone. Must not throw. */
  readonly onStateChange?: (change: CircuitChange) => void;
}

/** How a call came out: Redis answered, it did not, or it was not asked because it is left alone. */
export type RedisReply<T> =
  | { readonly kind: 'answered'; readonly value: T }
  | { readonly kind: 'failed'; readonly error: unknown }
  | { readonly kind: 'refused' };

/** Asks for a call that is made twice, 5 ms apart, if the first attempt failed. Only for what may happen twice. */
export const TWICE = 2;

const PAUSE_MS = 5;

/** Says that Redis is left alone, and so was not asked. */
class LeftAlone extends Error {
  override readonly name = 'LeftAlone';
}

/** Says that Redis did not answer in time. */
class TooSlow extends Error {
  override readonly name = 'TooSlow';
}

/** Asks Redis for a bounded time, and not at all when it keeps failing. Never throws: nothing depends on Redis. */
export class GuardedRedis {
  readonly #options: GuardedRedisOptions;
  readonly #breaker: CircuitBreaker;

  constructor(options: GuardedRedisOptions) {
    const { clock, failuresMax = 8, onStateChange, openMs = 3_000 } = options;
    this.#options = options;
    this.#breaker = new CircuitBreaker({
      clock,
      failuresMax,
      openMs,
      isFailure: (error) => !isAboutTheKey(error),
      ...(onStateChange === undefined ? {} : { onStateChange }),
      refusal: ({ retryAfterSeconds, cause }) =>
        new LeftAlone(
          `Cannot ask Redis: it is left alone for ${retryAfterSeconds} s (want it back)`,
          { cause },
        ),
    });
  }

  /** How its circuit stands. */
  get circuit(): CircuitState {
    return this.#breaker.state;
  }

  /** Makes a call, again after a failure while attempts and time are left. Never rejects. */
  async ask<T>(
    call: (redis: RedisCommands) => Promise<T>,
    attemptsMax = 1,
  ): Promise<RedisReply<T>> {
    try {
      const value = await this.#breaker.run(() => this.#inTime(call, attemptsMax));
      return { kind: 'answered', value };
    } catch (error) {
      if (error instanceof LeftAlone) return { kind: 'refused' };
      this.#options.onFailure?.(error);
      return { kind: 'failed', error };
    }
  }

  async #inTime<T>(call: (redis: RedisCommands) => Promise<T>, attemptsMax: number): Promise<T> {
    const { clock, redis, timeoutMs: ms = 50 } = this.#options;
    const work = (signal: AbortSignal): Promise<T> =>
      retry(async () => await call(redis), {
        attemptsMax,
        clock,
        signal,
        baseMs: PAUSE_MS,
        capMs: PAUSE_MS,
        random: () => 1,
        isRetryable: (error) => !isReply(error),
      });
    const error = (): Error =>
      new TooSlow(`Cannot ask Redis: it did not answer in ${ms} ms (want an answer)`);
    return await withDeadline(work, { ms, clock, error });
  }
}

/** Tells whether Redis has answered, with an error: asking again gives the same. */
function isReply(error: unknown): boolean {
  return error instanceof Error && error.name === 'ReplyError';
}

/** Tells whether Redis is well and only the value under this key is of another kind. */
function isAboutTheKey(error: unknown): boolean {
  return isReply(error) && error instanceof Error && error.message.startsWith('WRONGTYPE');
}
