import { LocalRateLimit } from '#cache/admission/rate-limit';
import { SharedRateLimit } from '#cache/admission/shared-rate-limit';
import { type AnswerTier, GeneAnswers } from '#cache/tier2/gene-answers';
import { GuardedRedis } from '#cache/tier2/guarded-redis';
import { Redis } from '#clients/redis';
import type { Setup } from '#compose/setup';
import { systemClock } from '#flow/clock';
import type { Buckets, ClientLimitOptions } from '#http/limits/client-limits';

/** What nodes share through Redis, where there is one. */
export interface Tier2 {
  /** Answers for single genes; absent without Redis. */
  readonly answers: AnswerTier | undefined;
  /** Counts requests for rows, on this node alone without Redis; absent where nothing is limited. */
  readonly rowBuckets: Buckets | undefined;
  /** Count what clients and tenants ask for, on this node alone without Redis. */
  readonly buckets: Pick<ClientLimitOptions, 'clients' | 'tenants' | 'refusedTokens'>;
}

/** Opens what nodes share. It is no error when Redis does not answer: then nothing is shared. */
export function openTier2(setup: Setup): Tier2 {
  const { config } = setup;
  const clock = systemClock;
  const redis = openRedis(setup);
  // Each its own guard: a script that fails must not take the answers away.
  const guarded = (from: Redis): GuardedRedis =>
    new GuardedRedis({ redis: from, clock, timeoutMs: config.redisTimeoutMs });
  const { redisPrefix: prefix, redisTtlSeconds: ttlSeconds } = config;
  const openLocal = (capacity: number, refillPerSecond: number): Buckets => {
    return { limit: new LocalRateLimit({ capacity, refillPerSecond, clock }), refillPerSecond };
  };
  const open = (capacity: number, refillPerSecond: number): Buckets => {
    const local = openLocal(capacity, refillPerSecond);
    if (redis === undefined) return local;
    const bucket = { capacity, refillPerSecond, redis: guarded(redis), prefix };
    return { limit: new SharedRateLimit({ ...bucket, local: local.limit }), refillPerSecond };
  };
  return {
    answers: redis && new GeneAnswers({ redis: guarded(redis), clock, prefix, ttlSeconds }),
    rowBuckets: config.rateLimitEnabled
      ? open(config.rateLimitCapacity, config.rateLimitPerSecond)
      : undefined,
    buckets: {
      clients: open(config.clientCostBurst, config.clientCostPerSecond),
      tenants: open(config.tenantCostBurst, config.tenantCostPerSecond),
      // Each node for itself: it is its own work that is saved.
      refusedTokens: openLocal(config.refusedTokensBurst, config.refusedTokensPerSecond),
    },
  };
}

function openRedis({ config, logger, releases }: Setup): Redis | undefined {
  if (config.redisUrl === undefined) return undefined;
  let told = '';
  const redis = new Redis({
    url: config.redisUrl,
    commandTimeoutMs: config.redisTimeoutMs,
    onError: ({ message }) => {
      // The same trouble again is not news.
      if (message !== told) logger.warn({ part: 'redis', message }, 'Redis does not answer');
      told = message;
    },
  });
  releases.add('redis', () => redis.close());
  return redis;
}
