import { backoffMs } from '#flow/backoff';
import { systemClock } from '#flow/clock';
import type { FollowOptions, StoredMessage } from '#log/event-log';
import { PullSession, type PullSource } from '#log/pull-session';

/**
 * Follows a stream over as many pull sessions as it takes. Each session starts behind the last message that was
 * given on, so that nothing is skipped and nothing is given twice. Waits between sessions that brought nothing.
 */
export async function* followStream(
  source: PullSource,
  options: FollowOptions,
): AsyncGenerator<readonly StoredMessage[]> {
  const { signal } = options;
  let after = options.after;
  for (let failures = 0; !signal.aborted; failures += 1) {
    if (failures > 0) await pause(failures, signal);
    const session = await openOrUndefined(source, { ...options, after });
    if (session === undefined) continue;
    for await (const batch of batchesOf(session, source, options)) {
      failures = 0;
      yield batch;
      after = batch.at(-1)?.position ?? after;
    }
    options.onTrouble?.(session.ended ?? 'the session ended');
  }
}

/** Gives what one session delivers, and closes it however the iteration ends. */
async function* batchesOf(
  session: PullSession,
  source: PullSource,
  { signal }: FollowOptions,
): AsyncGenerator<readonly StoredMessage[]> {
  const stop = (): void => session.end('aborted');
  signal.addEventListener('abort', stop);
  // Pulls that were under way are lost with the connection, and nothing else says so.
  const unwatch = source.onReconnect(() => session.end('the connection was renewed'));
  try {
    for (;;) {
      const batch = await session.take();
      if (batch.length === 0 || signal.aborted) return;
      yield batch;
    }
  } finally {
    signal.removeEventListener('abort', stop);
    unwatch();
    await session.close();
  }
}

async function openOrUndefined(
  source: PullSource,
  options: FollowOptions,
): Promise<PullSession | undefined> {
  try {
    return await PullSession.open(source, options);
  } catch (error) {
    // A closed connection never comes back; everything else is the broker being away for a while.
    if (source.nc.isClosed()) throw error;
    options.onTrouble?.(error instanceof Error ? error.message : String(error));
    return undefined;
  }
}

async function pause(failures: number, signal: AbortSignal): Promise<void> {
  const ms = backoffMs(failures, { baseMs: 50, capMs: 2_000 });
  await systemClock.sleep(ms, signal).catch(() => undefined);
}
