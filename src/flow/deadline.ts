import { Alarm } from '#flow/alarm';
import type { Clock } from '#flow/clock';
import { type Abortable, untilAborted } from '#flow/until-aborted';

export interface DeadlineOptions extends Abortable {
  /** Time for the work. 0 or less: it is over before it begins. */
  readonly ms: number;
  readonly clock: Clock;
  /** Makes the error that says what took too long. */
  readonly error: () => Error;
}

/**
 * Runs work for a limited time. When the time is over, or the caller's signal aborts, the work's signal aborts and the call
 * rejects at once, with the error made by the caller or the reason of its signal, whatever the work does then. Leaves neither
 * timer nor listener.
 */
export async function withDeadline<T>(
  work: (signal: AbortSignal) => Promise<T>,
  { ms, signal, clock, error }: DeadlineOptions,
): Promise<T> {
  signal?.throwIfAborted();
  if (ms <= 0) throw error();
  const [limit, timer] = [new AbortController(), new AbortController()];
  // Not AbortSignal.any(): a signal that lives long keeps all that were made of it (nodejs/node#54614).
  const passOn = (): void => limit.abort(signal?.reason);
  signal?.addEventListener('abort', passOn);
  clock.sleep(ms, timer.signal).then(
    () => limit.abort(error()),
    () => undefined,
  );
  try {
    return await untilAborted(limit.signal, () => work(limit.signal));
  } finally {
    timer.abort();
    signal?.removeEventListener('abort', passOn);
  }
}

/** What did not come in time: the first chunk, the one after another, or the end. */
export interface LateChunk {
  readonly phase: 'first' | 'idle' | 'total';
  /** The limit that was passed. */
  readonly limitMs: number;
}

export interface IdleGuardOptions extends Abortable {
  /** Longest wait for the first chunk. */
  readonly firstMs: number;
  /** Longest wait for every further chunk, and for the end. What the reader takes between chunks does not count. */
  readonly idleMs: number;
  /** Longest time from the first pull to the end, the reader's own time included. Ends a sender that drips. */
  readonly totalMs: number;
  readonly clock: Clock;
  /** Makes the error that says what came too late. */
  readonly error: (late: LateChunk) => Error;
  /**
   * Stops the source when it is given up or has failed, before `return()`. Needed for sources whose `return()` waits for the
   * chunk that is due (generators, Node and web streams): without it such a connection stays open. Default: does nothing.
   */
  readonly cancel?: (reason: unknown) => void;
}

/**
 * Passes on a byte stream as long as it keeps coming. Rejects when it does not, or when the signal aborts. Calls `return()` on
 * the source however it ends, and waits for that unless a chunk is due. A guard that is never pulled never touches its source.
 */
export async function* idleGuard<T>(
  source: AsyncIterable<T>,
  { firstMs, idleMs, totalMs, signal, clock, error, cancel }: IdleGuardOptions,
): AsyncGenerator<T, void, undefined> {
  const iterator = source[Symbol.asyncIterator]();
  const guard = new AbortController();
  const passOn = (): void => guard.abort(signal?.reason);
  const endsMs = clock.monotonicMs() + totalMs;
  let limit: LateChunk = { phase: 'first', limitMs: firstMs };
  const alarm = new Alarm({ clock, onTime: () => guard.abort(error(limit)) });
  let due = false;
  signal?.addEventListener('abort', passOn);
  if (signal?.aborted === true) passOn();
  try {
    while (true) {
      guard.signal.throwIfAborted();
      const idleEndsMs = clock.monotonicMs() + limit.limitMs;
      if (endsMs <= idleEndsMs) limit = { phase: 'total', limitMs: totalMs };
      if (endsMs <= clock.monotonicMs()) throw error(limit);
      alarm.set(Math.min(idleEndsMs, endsMs));
      due = true;
      const next = await untilAborted(guard.signal, () => iterator.next());
      due = false;
      alarm.clear();
      if (next.done === true) return;
      yield next.value;
      limit = { phase: 'idle', limitMs: idleMs };
    }
  } catch (reason) {
    cancel?.(reason);
    throw reason;
  } finally {
    alarm.stop();
    signal?.removeEventListener('abort', passOn);
    const returned = returnTo(iterator);
    // Would wait for ever behind a chunk that never comes, and must not hide why it was given up.
    if (due) returned.catch(() => undefined);
    else await returned;
  }
}

async function returnTo(iterator: AsyncIterator<unknown>): Promise<void> {
  await iterator.return?.();
}
