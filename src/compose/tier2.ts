import { LocalRateLimit } from '#cache/admission/rate-limit';
import { SharedRateLimit } from '#cache/admission/shared-rate-limit';
import { type AnswerTier, GeneAnswers } from '#cache/tier2/gene-answers';
import { GuardedRedis } from '#cache/tier2/guarded-redis';
import { Redis } from '#clients/redis';
import { meterCircuit } from '#compose/metrics/serving-meters';
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
  const { config, meters } = setup;
  const clock = systemClock;
  const redis = openRedis(setup);
  // Each its own guard: a script that fails must not take the answers away.
  const guarded = (from: Redis, what: string): GuardedRedis => {
    const guard = new GuardedRedis({ redis: from, clock, timeoutMs: config.redisTimeoutMs });
    meterCircuit(meters, `redis:${what}`, () => guard.circuit);
    return guard;
  };
  const { redisPrefix: prefix, redisTtlSeconds: ttlSeconds } = config;
  const openLocal = (capacity: number, refillPerSecond: number): Buckets => {
    return { limit: new LocalRateLimit({ capacity, refillPerSecond, clock }), refillPerSecond };
  };
  const open = (what: string, capacity: number, refillPerSecond: number): Buckets => {
    const local = openLocal(capacity, refillPerSecond);
    if (redis === undefined) return local;
    const bucket = { capacity, refillPerSecond, redis: guarded(redis, what), prefix };
    return { limit: new SharedRateLimit({ ...bucket, local: local.limit }), refillPerSecond };
  };
  return {
    answers:
      redis && new GeneAnswers({ redis: guarded(redis, 'answers'), clock, prefix, ttlSeconds }),
    rowBuckets: config.rateLimitEnabled
      ? open('rows', config.rateLimitCapacity, config.rateLimitPerSecond)
      : undefined,
    buckets: {
      clients: open('clients', config.clientCostBurst, config.clientCostPerSecond),
      tenants: open('tenants', config.tenantCostBurst, config.tenantCostPerSecond),
      // Each node for itself: it is its own work that is saved.
      refusedTokens: openLocal(config.refusedTokensBurst, config.refusedTokensPerSecond),
    },
  };
}

function openRedis({ config, logger, meters, releases }: Setup): Redis | undefined {
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
  meters.watch('atlas_redis_up', () => redis.connected);
  return redis;
}
