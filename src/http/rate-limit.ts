import type { Context } from 'koa';
import { RegistryError } from '#domain/errors';
import type { Serving } from '#http/dependencies';
import type { Visit } from '#http/limits/client-limits';
import { rateLimitFields, secondsUntil } from '#http/limits/rate-limit-fields';

/**
 * Counts a request for rows against its client, beside what every request counts, and says how the client stands.
 * @throws RATE_LIMITED
 */
export async function takeToken(
  { limit, refillPerSecond }: NonNullable<Serving['rateLimit']>,
  context: Context,
): Promise<void> {
  const { client } = context.state['visit'] as Visit;
  const verdict = await limit.take(`rows ${client ?? context.req.socket.remoteAddress ?? ''}`);
  const bucket = { name: 'rows', refillPerSecond, verdict };
  const fields = rateLimitFields([bucket]);
  for (let at = 0; at < fields.length; at += 2)
    context.append(fields[at] ?? '', fields[at + 1] ?? '');
  if (verdict.allowed) return;
  throw new RegistryError(
    'RATE_LIMITED',
    `Cannot answer: this client has sent ${verdict.limit} requests for rows at once (want fewer, or a later try)`,
    { details: { limit: 'rows' }, retryAfterSeconds: secondsUntil(bucket, 1) },
  );
}
