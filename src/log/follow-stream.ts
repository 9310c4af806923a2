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

/** How a broker is asked: when it has not answered by then, it is asked again. */
interface Asked extends FollowOptions {
  readonly answerMs: number;
}

const ANSWER_MS = 1_000;
const ANSWER_MS_MAX = 5_000;

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
    // A broker that is being stopped takes requests with it: the first ones are soon sent again, to whoever is there now.
    const answerMs = Math.min(ANSWER_MS_MAX, ANSWER_MS * 2 ** Math.min(failures, 10));
    const target = await lastOrUndefined(source, tail, { ...options, answerMs });
    if (target !== undefined && after >= target) return;
    const session = await openOrUndefined(source, { ...options, after, answerMs });
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
  { onTrouble, answerMs }: Asked,
): Promise<Position | undefined> {
  if (tail === undefined) return undefined;
  try {
    await tail.established();
    return await inTime(source.last(), answerMs);
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
    session.close();
  }
}

async function openOrUndefined(
  source: PullSource,
  options: Asked,
): Promise<PullSession | undefined> {
  const opening = PullSession.open(source, options);
  try {
    return await inTime(opening, options.answerMs);
  } catch (error) {
    // It may be there later all the same.
    void opening.then((session) => session.close()).catch(() => undefined);
    // A closed connection never comes back; everything else is the broker being away for a while.
    if (source.nc.isClosed()) throw error;
    options.onTrouble?.(error instanceof Error ? error.message : String(error));
    return undefined;
  }
}

/** @throws Error when nothing has come in time */
async function inTime<T>(answer: Promise<T>, ms: number): Promise<T> {
  const timer = new AbortController();
  const late = systemClock.sleep(ms, timer.signal).then(() => {
    throw new Error(`The broker has not answered within ${ms} ms`);
  });
  // Whoever loses is not waited for.
  late.catch(() => undefined);
  try {
    return await Promise.race([answer, late]);
  } finally {
    timer.abort();
  }
}

async function pause(failures: number, signal: AbortSignal): Promise<void> {
  const ms = backoffMs(failures, { baseMs: 50, capMs: 2_000 });
  await systemClock.sleep(ms, signal).catch(() => undefined);
}
