import { setMaxListeners } from 'node:events';
import { isRegistryError } from '#domain/errors';
import { backoffMs } from '#flow/backoff';
import type { Clock } from '#flow/clock';
import type { OnWorkerEvent, WorkerName } from '#workers/worker-event';

export interface PollLoopOptions {
  readonly worker: WorkerName;
  readonly clock: Clock;
  /** The wait between two passes when nobody nudges. */
  readonly intervalMs: number;
  /** Looks for work and begins it. Gives whether it is worth looking again at once. */
  readonly pass: (signal: AbortSignal) => Promise<boolean>;
  readonly onEvent: OnWorkerEvent;
}

const BACKOFF = { baseMs: 500, capMs: 15_000 };

/** Looks for work again and again: after an interval, after a nudge, and with back-off while that fails. */
export class PollLoop {
  readonly #options: PollLoopOptions;
  readonly #stop = new AbortController();
  #wait = new AbortController();
  #isNudged = false;
  #done: Promise<void> | undefined;

  constructor(options: PollLoopOptions) {
    this.#options = options;
    // Everything that is under way listens to it, and stops to when it ends.
    setMaxListeners(0, this.#stop.signal);
  }

  /** Begins. Failures are events, never a rejection. */
  start(): void {
    this.#done ??= this.#run(this.#stop.signal);
  }

  /** Ends the wait; while a pass runs, another one follows it. A nudge does not shorten the wait after a failure. */
  nudge(): void {
    this.#isNudged = true;
    this.#wait.abort();
  }

  /** Ends the pass that runs through its signal, and waits for it. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#done;
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { worker, intervalMs, pass, onEvent } = this.#options;
    for (let failures = 0; !signal.aborted; ) {
      let waitMs = intervalMs;
      this.#isNudged = false;
      try {
        const hasMore = await pass(signal);
        if (failures > 0) onEvent({ type: 'recovered', worker });
        failures = 0;
        if (hasMore || this.#isNudged) waitMs = 0;
      } catch (error) {
        if (signal.aborted) return;
        failures += 1;
        if (failures === 1) onEvent({ type: 'stuck', worker, error });
        waitMs = backoffMs(failures, BACKOFF);
      }
      await this.#sleep(waitMs, { signal, canNudge: failures === 0 });
    }
  }

  async #sleep(
    ms: number,
    { signal, canNudge }: { readonly signal: AbortSignal; readonly canNudge: boolean },
  ): Promise<void> {
    // Even a wait of nothing lets others run.
    const wait = new AbortController();
    if (canNudge) this.#wait = wait;
    // It does not tell again that it has aborted.
    if (signal.aborted) return;
    const end = (): void => wait.abort();
    signal.addEventListener('abort', end);
    await this.#options.clock.sleep(ms, wait.signal).catch(() => undefined);
    signal.removeEventListener('abort', end);
  }
}

const AWAY = new Set([
  'LOG_UNAVAILABLE',
  'LOG_FULL',
  'VIEW_UNAVAILABLE',
  'OUTCOME_UNKNOWN',
  'BUSY',
  'NOT_READY',
  'FROZEN',
]);

/**
 * Tells whether an error says that the broker or a view is away, or that this node must not decide now, which concerns all
 * work and not one thing alone.
 */
export function isAway(error: unknown): boolean {
  return isRegistryError(error) && AWAY.has(error.code);
}
