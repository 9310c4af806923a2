import type { Clock } from '#flow/clock';

/** Whether a request may come in, and how its client stands. */
export interface RateVerdict {
  readonly allowed: boolean;
  /** Most requests at once. */
  readonly limit: number;
  /** Requests that would be let through now. */
  readonly remaining: number;
  /** Whole seconds after which, without requests, all of `limit` would be let through again. */
  readonly resetSeconds: number;
}

/** Counts the requests of clients. Answers at once where this node counts alone: a promise costs more than the counting. */
export interface RateLimit {
  /**
   * Takes tokens of a client's bucket, if it holds so many. The key tells clients apart: an address or a token. What costs
   * more than a bucket holds takes a full one. Default one token.
   */
  take(key: string, cost?: number): RateVerdict | Promise<RateVerdict>;
  /**
   * Takes tokens whatever the bucket holds: for what is known to cost more only after it was let in. A bucket may owe as
   * much as it holds. A cost below 0 gives back.
   */
  settle(key: string, cost: number): RateVerdict | Promise<RateVerdict>;
}

export interface BucketOptions {
  /** Tokens of a full bucket: the longest burst. Default 30. */
  readonly capacity?: number;
  /** Tokens that come back per second, above 0. Default 10. */
  readonly refillPerSecond?: number;
}

export interface LocalRateLimitOptions extends BucketOptions {
  readonly clock: Clock;
  /** Clients that are remembered. Default 10,000. Beyond it, whoever has not asked for longest begins with a full bucket. */
  readonly clientsMax?: number;
}

interface Bucket {
  readonly tokens: number;
  readonly countedMs: number;
}

/** The size and the refilling of all buckets. */
export type BucketShape = Required<BucketOptions>;

/** Fills in what was not said. @throws RangeError for buckets that hold less than one token or never fill up */
export function bucketShape({ capacity = 30, refillPerSecond = 10 }: BucketOptions): BucketShape {
  const isUsable = Number.isInteger(capacity) && capacity >= 1 && refillPerSecond > 0;
  if (isUsable && Number.isFinite(refillPerSecond)) return { capacity, refillPerSecond };
  throw new RangeError(
    `Cannot make rate limit: a bucket holds ${capacity} and gets ${refillPerSecond} per second (want a whole number from 1 and more than 0)`,
  );
}

/** Says how a client stands whose bucket holds so many tokens. */
export function verdictOf(allowed: boolean, tokens: number, shape: BucketShape): RateVerdict {
  const { capacity: limit, refillPerSecond } = shape;
  const resetSeconds = Math.ceil((limit - tokens) / refillPerSecond);
  return { allowed, limit, remaining: Math.max(0, Math.floor(tokens)), resetSeconds };
}

/** Counts on this node alone. */
export class LocalRateLimit implements RateLimit {
  readonly #clock: Clock;
  readonly #shape: BucketShape;
  readonly #clientsMax: number;
  /** Whoever has not asked for longest comes first. */
  readonly #buckets = new Map<string, Bucket>();

  constructor(options: LocalRateLimitOptions) {
    const { clientsMax = 10_000, clock } = options;
    this.#clock = clock;
    this.#shape = bucketShape(options);
    this.#clientsMax = clientsMax;
  }

  /** Clients that are remembered now. */
  get clients(): number {
    return this.#buckets.size;
  }

  take(key: string, cost = 1): RateVerdict {
    const needed = Math.min(cost, this.#shape.capacity);
    return this.#takeIf(key, needed, needed);
  }

  settle(key: string, cost: number): RateVerdict {
    return this.#takeIf(key, cost, -this.#shape.capacity);
  }

  /** Takes tokens of a bucket that holds at least so many. */
  #takeIf(key: string, cost: number, tokensMin: number): RateVerdict {
    const { capacity, refillPerSecond } = this.#shape;
    const nowMs = this.#clock.monotonicMs();
    const bucket = this.#buckets.get(key) ?? { tokens: capacity, countedMs: nowMs };
    const refilled = ((nowMs - bucket.countedMs) / 1_000) * refillPerSecond;
    const tokens = Math.min(capacity, bucket.tokens + refilled);
    const allowed = tokens >= tokensMin;
    const left = allowed ? Math.max(-capacity, Math.min(capacity, tokens - cost)) : tokens;
    this.#remember(key, allowed ? { tokens: left, countedMs: nowMs } : bucket);
    return verdictOf(allowed, left, this.#shape);
  }

  #remember(key: string, bucket: Bucket): void {
    // Anew, so that it comes last.
    this.#buckets.delete(key);
    this.#buckets.set(key, bucket);
    for (const oldest of this.#buckets.keys()) {
      if (this.#buckets.size <= this.#clientsMax) return;
      this.#buckets.delete(oldest);
    }
  }
}
