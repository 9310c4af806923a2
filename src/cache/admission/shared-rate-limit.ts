import { createHash } from 'node:crypto';
import {
  type BucketOptions,
  type BucketShape,
  bucketShape,
  type RateLimit,
  type RateVerdict,
  verdictOf,
} from '#cache/admission/rate-limit';
import type { GuardedRedis } from '#cache/tier2/guarded-redis';

export interface SharedRateLimitOptions extends BucketOptions {
  readonly redis: GuardedRedis;
  /** Counts while Redis is away. */
  readonly local: RateLimit;
  /** Begins every key. Default `atlas`. */
  readonly prefix?: string;
}

/** How requests were counted since the start. */
export interface SharedRateLimitCounts {
  readonly shared: number;
  /** By this node alone, because Redis was away or gave what no bucket gives. */
  readonly local: number;
}

/*
 * By the clock of Redis: those of the nodes differ. A bucket that somebody else has written to may hold anything: what is no
 * number, or too many tokens, or from the future counts as a full bucket that was filled now. It is forgotten when it is full.
 */
const TAKE = `
local capacity, perSecond = tonumber(ARGV[1]), tonumber(ARGV[2])
local cost, least = tonumber(ARGV[3]), tonumber(ARGV[4])
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
local kept = redis.call('HMGET', KEYS[1], 'tokens', 'ms')
local tokens, since = tonumber(kept[1]), tonumber(kept[2])
if not (tokens and since and tokens >= -capacity and tokens <= capacity and since <= now) then
  tokens, since = capacity, now
end
tokens = math.min(capacity, tokens + (now - since) / 1000 * perSecond)
local allowed = 0
if tokens >= least then
  allowed, tokens = 1, math.max(-capacity, math.min(capacity, tokens - cost))
end
redis.call('HSET', KEYS[1], 'tokens', string.format('%.6f', tokens), 'ms', string.format('%.3f', now))
redis.call('PEXPIRE', KEYS[1], math.ceil((capacity - tokens) / perSecond * 1000) + 1000)
return { allowed, math.floor(tokens * 1000) }
`;

/** Counts for all nodes together, in Redis. While it is away each node counts for itself. */
export class SharedRateLimit implements RateLimit {
  readonly #options: SharedRateLimitOptions;
  readonly #shape: BucketShape;
  readonly #counts = { shared: 0, local: 0 };

  constructor(options: SharedRateLimitOptions) {
    this.#options = options;
    this.#shape = bucketShape(options);
  }

  async take(key: string, cost = 1): Promise<RateVerdict> {
    const needed = Math.min(cost, this.#shape.capacity);
    const shared = await this.#askRedis(key, needed, needed);
    return shared ?? (await this.#options.local.take(key, cost));
  }

  async settle(key: string, cost: number): Promise<RateVerdict> {
    const shared = await this.#askRedis(key, cost, -this.#shape.capacity);
    return shared ?? (await this.#options.local.settle(key, cost));
  }

  /** Takes tokens of a shared bucket that holds at least so many; `undefined` when this node must count alone. */
  async #askRedis(key: string, cost: number, tokensMin: number): Promise<RateVerdict | undefined> {
    const { prefix = 'atlas', redis } = this.#options;
    const { capacity, refillPerSecond } = this.#shape;
    // Keys may be secrets, and as long as their clients like.
    const name = `${prefix}:rate:${createHash('sha256').update(key).digest('hex')}`;
    const values = [capacity, refillPerSecond, cost, tokensMin];
    // Once: an attempt that only seems to fail would take two tokens.
    const reply = await redis.ask((commands) => commands.evaluate(TAKE, name, values));
    const verdict = reply.kind === 'answered' ? this.#read(reply.value, tokensMin) : undefined;
    this.#counts[verdict === undefined ? 'local' : 'shared'] += 1;
    return verdict;
  }

  /** Tells how requests were counted since the start. */
  counts(): SharedRateLimitCounts {
    return { ...this.#counts };
  }

  #read(value: unknown, tokensMin: number): RateVerdict | undefined {
    if (!Array.isArray(value)) return undefined;
    const [allowed, thousandths]: unknown[] = value;
    if (allowed !== 0 && allowed !== 1) return undefined;
    // Who was let in had what it cost; who was not may owe a whole bucket.
    const least = allowed === 1 ? Math.min(0, tokensMin) : -this.#shape.capacity;
    if (typeof thousandths !== 'number' || !(thousandths >= least * 1_000)) return undefined;
    return verdictOf(allowed === 1, thousandths / 1_000, this.#shape);
  }
}
