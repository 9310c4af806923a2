import { ok, problem } from '#cli/doctor/finding';
import { Redis } from '#clients/redis';
import { withoutCredentials } from '#clients/without-credentials';
import type { Check } from '#compose/doctor/check';
import { quote } from '#domain/errors';
import { systemClock } from '#flow/clock';

const POLL_MS = 20;
const GRACE_MS = 300;
const REDIS_TODO =
  'check REDIS_URL, its password and that it runs; without REDIS_URL the registry works the same and shares nothing';

/** Looks whether Redis answers as this user. */
export const checkRedis: Check = async ({ config, releases, timeoutMs }) => {
  const { redisUrl: url, redisPrefix } = config;
  if (url === undefined) return [];
  const at = quote(withoutCredentials(url));
  let trouble = 'it does not answer';
  let deadline = systemClock.monotonicMs() + timeoutMs / 2;
  const onError = ({ message }: Error): void => {
    trouble = message;
    // It would go on trying. What it says at first is what there is to say.
    deadline = Math.min(deadline, systemClock.monotonicMs() + GRACE_MS);
  };
  const redis = new Redis({ url, onError, commandTimeoutMs: timeoutMs });
  releases.add('redis', () => redis.close());
  while (!redis.connected && systemClock.monotonicMs() < deadline) await systemClock.sleep(POLL_MS);
  if (!redis.connected) return [problem('redis', `${at}: ${trouble}`, REDIS_TODO)];
  try {
    await redis.getRange(`${redisPrefix}:doctor`, 1);
    return [ok('redis', `${at} answers`)];
  } catch (error) {
    return [
      problem('redis', `${at}: ${error instanceof Error ? error.message : trouble}`, REDIS_TODO),
    ];
  }
};
