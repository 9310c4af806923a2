import { RegistryError } from '#domain/errors';
import { type Position, toPosition } from '#domain/position';
import type { WebhookStream } from '#domain/webhook';
import type { HttpDependencies } from '#http/dependencies';
import { FEED_STREAMS } from '#projections/event-feed';

/** Gives behind which position delivery begins. @throws INVALID_REQUEST for one that is still to come */
export async function beginningOf(
  { feed }: HttpDependencies,
  stream: WebhookStream,
  from: number | undefined,
): Promise<Position> {
  const newest = await feed.newest(FEED_STREAMS[stream]);
  if (from === undefined) return newest;
  if (from <= newest + 1) return toPosition(from - 1);
  throw new RegistryError(
    'INVALID_REQUEST',
    `Cannot begin at position ${from}: the stream "${stream}" ends at ${newest} (want 1 to ${newest + 1})`,
    { details: { from, newest }, outcome: 'not-applied' },
  );
}
