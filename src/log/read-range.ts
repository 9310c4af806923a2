import type { RangeOptions, StoredMessage } from '#log/event-log';
import { unavailable } from '#log/jetstream-errors';
import { PullSession, type PullSource } from '#log/pull-session';

/** Reads a range of a stream once. @throws LOG_UNAVAILABLE when it breaks off, whatever was given until then */
export async function* readStreamRange(
  source: PullSource,
  { after, upTo, signal, ...start }: RangeOptions,
): AsyncGenerator<readonly StoredMessage[]> {
  const session = await opened(source, { ...start, after });
  const stop = (): void => session.end('aborted');
  signal.addEventListener('abort', stop);
  const unwatch = source.onReconnect(() => session.end('the connection was renewed'));
  try {
    // What is appended in the meantime is not part of what was asked for.
    for (let left = session.pendingAtOpen; left > 0 && !signal.aborted; ) {
      const batch = await session.take();
      if (signal.aborted) return;
      if (batch.length === 0) throw unavailable(source.stream, session.ended ?? 'it ended');
      left -= batch.length;
      const inside = batch.filter(({ position }) => position > after && position <= upTo);
      if (inside.length > 0) yield inside;
      if ((batch.at(-1)?.position ?? 0) >= upTo) return;
    }
  } finally {
    signal.removeEventListener('abort', stop);
    unwatch();
    await session.close();
  }
}

async function opened(
  source: PullSource,
  start: Parameters<typeof PullSession.open>[1],
): Promise<PullSession> {
  try {
    return await PullSession.open(source, start);
  } catch (error) {
    throw unavailable(source.stream, 'its leader does not answer', error);
  }
}
