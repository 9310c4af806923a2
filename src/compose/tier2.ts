import { LocalRateLimit, type RateLimit } from '#cache/admission/rate-limit';
import { SharedRateLimit } from '#cache/admission/shared-rate-limit';
import { type AnswerTier, GeneAnswers } from '#cache/tier2/gene-answers';
import { GuardedRedis } from '#cache/tier2/guarded-redis';
import { Redis } from '#clients/redis';
import type { Setup } from '#compose/setup';
import { systemClock } from '#flow/clock';

/** What nodes share through Redis, where there is one. */
export interface Tier2 {
  /** Answers for single genes; absent without Redis. */
  readonly answers: AnswerTier | undefined;
  /** Counts requests, on this node alone without Redis; absent where nothing is limited. */
  readonly rateLimit: RateLimit | undefined;
}

/** Opens what nodes share. It is no error when Redis does not answer: then nothing is shared. */
export function openTier2(setup: Setup): Tier2 {
  const { config } = setup;
  const clock = systemClock;
  const bucket = { capacity: config.rateLimitCapacity, refillPerSecond: config.rateLimitPerSecond };
  const local = config.rateLimitEnabled ? new LocalRateLimit({ ...bucket, clock }) : undefined;
  const redis = openRedis(setup);
  if (redis === undefined) return { answers: undefined, rateLimit: local };
  // Each its own guard: a script that fails must not take the answers away.
  const guarded = (): GuardedRedis =>
    new GuardedRedis({ redis, clock, timeoutMs: config.redisTimeoutMs });
  const { redisPrefix: prefix, redisTtlSeconds: ttlSeconds } = config;
  return {
    answers: new GeneAnswers({ redis: guarded(), clock, prefix, ttlSeconds }),
    rateLimit:
      local === undefined
        ? undefined
        : new SharedRateLimit({ ...bucket, redis: guarded(), prefix, local }),
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
