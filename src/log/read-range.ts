import { isRegistryError } from '#domain/errors';
import { systemClock } from '#flow/clock';
import type { RangeOptions, StoredMessage } from '#log/event-log';
import { unavailable } from '#log/jetstream-errors';
import { PullSession, type PullSource, type SessionStart } from '#log/pull-session';

// A consumer may stand on a server that is a little behind the leader, whose last position is known to be there.
const PAUSE_MS = 50;
const QUIET_MAX = 20;
const FAILURES_MAX = 6;

/**
 * Reads a range of a stream once. `upTo` must not be behind what the leader has. A consumer that is behind is asked again for
 * a while; with a filter nobody can tell, and it is asked once more.
 * @throws LOG_UNAVAILABLE when it breaks off again and again, whatever was given until then
 */
export async function* readStreamRange(
  source: PullSource,
  options: RangeOptions,
): AsyncGenerator<readonly StoredMessage[]> {
  const { upTo, signal, sinceMs, ...rest } = options;
  const quietMax = options.filter === undefined ? QUIET_MAX : 1;
  let { after } = options;
  let failures = 0;
  for (let quiet = 0; quiet < quietMax && after < upTo && !signal.aborted; ) {
    const before = after;
    // Where something was read, it goes on behind that, whenever it was stored.
    const since = sinceMs === undefined || after > options.after ? {} : { sinceMs };
    try {
      for await (const batch of readOnce(source, { ...rest, ...since, after, upTo, signal })) {
        yield* recordedSince(batch, sinceMs);
        after = batch.at(-1)?.position ?? after;
      }
      failures = 0;
    } catch (error) {
      // A cluster moves consumers, and its servers do not answer for a moment.
      failures += 1;
      if (failures >= FAILURES_MAX || !isRegistryError(error, 'LOG_UNAVAILABLE')) throw error;
      await systemClock.sleep(PAUSE_MS * 2 ** failures, signal).catch(() => undefined);
      continue;
    }
    quiet = after > before ? 0 : quiet + 1;
    if (after < upTo && quiet < quietMax)
      await systemClock.sleep(PAUSE_MS, signal).catch(() => undefined);
  }
}

// The broker begins by when it stored a message, which for a restored one is later than it was recorded.
function* recordedSince(
  batch: readonly StoredMessage[],
  sinceMs: number | undefined,
): Generator<readonly StoredMessage[]> {
  const fresh = sinceMs === undefined ? batch : batch.filter((m) => m.recordedAtMs >= sinceMs);
  if (fresh.length > 0) yield fresh;
}

async function* readOnce(
  source: PullSource,
  { upTo, signal, ...start }: RangeOptions,
): AsyncGenerator<readonly StoredMessage[]> {
  const { after } = start;
  const session = await opened(source, start);
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
    session.close();
  }
}

async function opened(source: PullSource, start: SessionStart): Promise<PullSession> {
  try {
    return await PullSession.open(source, start);
  } catch (error) {
    throw unavailable(source.stream, 'its leader does not answer', error);
  }
}
