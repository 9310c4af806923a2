import { scopeKey } from '#domain/scope';
import { toTimestamp } from '#flow/clock';
import type { RunQueue, RunRef } from '#projections/job-runs/run-queue';
import { isAway, PollLoop } from '#workers/poll-loop';
import { type RunActionsParts, runActions } from '#workers/run-actions';

export interface ActionWorkerOptions extends RunActionsParts {
  readonly queue: RunQueue;
  /** Runs whose actions are carried out at a time, from 1. */
  readonly runsMax: number;
  /** The wait between two looks at the queue when nobody nudges. */
  readonly pollMs: number;
}

/** Runs that are looked at together. Many more than are worked on: those of other nodes stand at the head for a while. */
const BATCH = 200;
/** Bounds the list where all that come first have to wait for a place that has enough to do. */
const BATCH_MAX = 12_800;
/** How long a run is left alone whose actions could not be carried out for a reason of its own. */
const HOLD_MS = 60_000;

/**
 * Follows runs that have ended and carries out their actions, at least once each. Any number of workers on any number of
 * nodes may run: of two who want the same attempt, the log lets one begin.
 */
export class ActionWorker {
  readonly #options: ActionWorkerOptions;
  readonly #loop: PollLoop;
  readonly #running = new Map<string, Promise<void>>();
  /** Runs that wait for a place, by where their next action goes. */
  readonly #waiting = new Map<string, string>();
  /** Runs that are left alone until then, on the monotonic clock. */
  readonly #held = new Map<string, number>();
  #backlog: RunRef[] = [];
  #limit = BATCH;
  #trouble: { readonly error: unknown } | undefined;

  constructor(options: ActionWorkerOptions) {
    this.#options = options;
    const { commands, pollMs, onEvent } = options;
    this.#loop = new PollLoop({
      worker: 'actions',
      clock: commands.env.clock,
      intervalMs: pollMs,
      pass: (signal) => this.#pass(signal),
      onEvent,
    });
  }

  start(): void {
    this.#loop.start();
  }

  /** Says that a run has ended on this node. */
  nudge(): void {
    this.#loop.nudge();
  }

  /** Gives up what is under way and waits until nothing is. Attempts without an end are tried again when their claim is over. */
  async stop(): Promise<void> {
    await this.#loop.stop();
    await Promise.all(this.#running.values());
  }

  async #pass(signal: AbortSignal): Promise<boolean> {
    const trouble = this.#trouble;
    this.#trouble = undefined;
    if (trouble !== undefined) {
      // The rest would meet the same. The queue is asked first, so that a trouble that lasts is told once.
      this.#backlog = [];
      throw trouble.error;
    }
    if (this.#isBusy()) return false;
    const begun = this.#beginAll(signal);
    if (this.#isBusy()) return false;
    const found = await this.#list();
    const isFull = found.length >= this.#limit;
    // Another worker that lists the same runs should not want them in the same order.
    this.#backlog = shuffled(found, this.#options.random ?? Math.random);
    const begunNow = this.#beginAll(signal);
    const hasMore = isFull && begunNow === 0 && this.#limit < BATCH_MAX;
    this.#limit = hasMore ? Math.min(this.#limit * 4, BATCH_MAX) : BATCH;
    return hasMore || begun + begunNow > 0;
  }

  #isBusy(): boolean {
    return this.#running.size >= this.#options.runsMax;
  }

  async #list(): Promise<readonly RunRef[]> {
    const { queue, commands } = this.#options;
    const { clock } = commands.env;
    const now = clock.monotonicMs();
    for (const [key, untilMs] of this.#held) if (untilMs <= now) this.#held.delete(key);
    const found = await queue.actionable(toTimestamp(clock.nowMs()), this.#limit);
    const keys = new Set(found.map(keyOf));
    for (const key of this.#waiting.keys()) if (!keys.has(key)) this.#waiting.delete(key);
    return found;
  }

  /** Begins runs of the backlog while there is room. Gives how many. */
  #beginAll(signal: AbortSignal): number {
    let begun = 0;
    while (!this.#isBusy() && !signal.aborted) {
      const next = this.#backlog.pop();
      if (next === undefined) break;
      if (!this.#isOpen(keyOf(next))) continue;
      this.#begin(next, signal);
      begun += 1;
    }
    return begun;
  }

  #isOpen(key: string): boolean {
    const lane = this.#waiting.get(key);
    const isShut = lane !== undefined && this.#options.lanes.isFull(lane);
    return !isShut && !this.#running.has(key) && !this.#held.has(key);
  }

  #begin(ref: RunRef, signal: AbortSignal): void {
    const key = keyOf(ref);
    const work = this.#work(ref, signal).finally(() => {
      this.#running.delete(key);
      this.#loop.nudge();
    });
    this.#running.set(key, work);
  }

  async #work(ref: RunRef, signal: AbortSignal): Promise<void> {
    const key = keyOf(ref);
    this.#waiting.delete(key);
    try {
      const result = await runActions(this.#options, ref, signal);
      if (result.kind === 'full') this.#waiting.set(key, result.lane);
      // The view may show for a moment what is over, and for longer what somebody else has claimed.
      else this.#hold(key, this.#options.pollMs);
    } catch (error) {
      if (signal.aborted) return;
      if (isAway(error)) {
        this.#trouble = { error };
        return;
      }
      this.#hold(key, HOLD_MS);
      this.#options.onEvent({ type: 'left', worker: 'actions', ...ref, error });
    }
  }

  #hold(key: string, ms: number): void {
    this.#held.set(key, this.#options.commands.env.clock.monotonicMs() + ms);
  }
}

function keyOf({ scope, id }: RunRef): string {
  return `${scopeKey(scope)}/${id}`;
}

function shuffled<T>(items: readonly T[], random: () => number): T[] {
  return items
    .map((item) => ({ item, order: random() }))
    .toSorted((a, b) => a.order - b.order)
    .map(({ item }) => item);
}
