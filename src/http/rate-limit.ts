import type { Context } from 'koa';
import type { RateLimit } from '#cache/admission/rate-limit';
import { RegistryError } from '#domain/errors';

/**
 * Counts a request against its client, by the address that it comes from, and says how the client stands in `RateLimit-`
 * headers. @throws RATE_LIMITED
 */
export async function takeToken(rateLimit: RateLimit, context: Context): Promise<void> {
  const { allowed, limit, remaining, resetSeconds } = await rateLimit.take(
    context.req.socket.remoteAddress ?? '',
  );
  context.set('RateLimit-Limit', String(limit));
  context.set('RateLimit-Remaining', String(remaining));
  context.set('RateLimit-Reset', String(resetSeconds));
  if (allowed) return;
  throw new RegistryError(
    'RATE_LIMITED',
    `Cannot answer: this client has sent ${limit} requests at once (want fewer, or a later try)`,
    { retryAfterSeconds: 1 },
  );
}
