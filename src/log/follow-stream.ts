import type { Position } from '#domain/position';
import { backoffMs } from '#flow/backoff';
import { systemClock } from '#flow/clock';
import type { FollowOptions, StoredMessage } from '#log/event-log';
import type { LiveTail } from '#log/live-tail';
import { PullSession, type PullSource } from '#log/pull-session';

export interface FollowSource extends PullSource {
  /** Opens a tail of the stream in which at most so many messages wait. */
  readonly openTail: (messagesMax: number) => LiveTail;
  /** The position of the last message, as the leader says. */
  readonly last: () => Promise<Position>;
}

/**
 * Follows a stream without gap and without repeat, over reconnects and restarts of the broker.
 *
 *   pulling ──────────────► tailing        everything up to the leader's last position was given on
 *      ▲                       │           (only without a filter: with one positions cannot be checked)
 *      └───────────────────────┘           a position is missing · the connection was renewed · the leader has more
 */
export async function* followStream(
  source: FollowSource,
  options: FollowOptions,
): AsyncGenerator<readonly StoredMessage[]> {
  const { signal } = options;
  const tail = options.filter === undefined ? source.openTail(options.batchMax * 2) : undefined;
  let after = options.after;
  try {
    while (!signal.aborted) {
      for await (const batch of pulled(source, { ...options, after }, tail)) {
        yield batch;
        after = batch.at(-1)?.position ?? after;
      }
      if (tail === undefined) return;
      for await (const batch of tailed(source, { ...options, after }, tail)) {
        yield batch;
        after = batch.at(-1)?.position ?? after;
      }
    }
  } finally {
    tail?.close();
  }
}

/** Pulls over as many sessions as it takes, until the tail can go on; without a tail until the signal aborts. */
async function* pulled(
  source: FollowSource,
  options: FollowOptions,
  tail: LiveTail | undefined,
): AsyncGenerator<readonly StoredMessage[]> {
  const { signal } = options;
  let after = options.after;
  for (let failures = 0; !signal.aborted; failures += 1) {
    if (failures > 0) await pause(failures, signal);
    const target = await lastOrUndefined(source, tail, options);
    if (target !== undefined && after >= target) return;
    const session = await openOrUndefined(source, { ...options, after });
    if (session === undefined) continue;
    for await (const batch of batchesOf(session, source, options)) {
      failures = 0;
      yield batch;
      after = batch.at(-1)?.position ?? after;
      if (tail?.joins(after) === true || (target !== undefined && after >= target)) return;
    }
    options.onTrouble?.(session.ended ?? 'the session ended');
  }
}

/** Gives what the tail holds, until something is missing in it. */
async function* tailed(
  source: FollowSource,
  options: FollowOptions,
  tail: LiveTail,
): AsyncGenerator<readonly StoredMessage[]> {
  const { signal, batchMax } = options;
  let after = options.after;
  let renewed = false;
  const interrupt = (): void => tail.interrupt();
  signal.addEventListener('abort', interrupt);
  const unwatch = source.onReconnect(() => {
    renewed = true;
    tail.interrupt();
  });
  try {
    while (!signal.aborted && !renewed) {
      const taken = await tail.take(after, batchMax);
      if (signal.aborted || taken.kind === 'gap') return;
      if (taken.kind === 'batch') {
        yield taken.messages;
        after = taken.messages.at(-1)?.position ?? after;
      } else if ((await source.last().catch(() => after)) > after) {
        // The last messages before a silence may be the missing ones.
        return;
      }
    }
  } finally {
    signal.removeEventListener('abort', interrupt);
    unwatch();
  }
}

/** The position up to which to pull; `undefined` when nobody can say, or there is no tail to go on with. */
async function lastOrUndefined(
  source: FollowSource,
  tail: LiveTail | undefined,
  { onTrouble }: FollowOptions,
): Promise<Position | undefined> {
  if (tail === undefined) return undefined;
  try {
    await tail.established();
    return await source.last();
  } catch (error) {
    if (source.nc.isClosed()) throw error;
    onTrouble?.(error instanceof Error ? error.message : String(error));
    return undefined;
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
  // It may have come while the session was being opened.
  if (signal.aborted) stop();
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
