import { isRegistryError } from '#domain/errors';
import type { Position } from '#domain/position';
import type { Clock } from '#flow/clock';
import type { EventLog, LogHead } from '#log/event-log';
import { hashAt, otherEvent, type Witness } from '#projections/hash-at';
import { BehindJudge, type OtherLog, otherLog } from '#projections/log-continuity';

/** A view that is held against its log. A projector is one. */
export interface WatchedView {
  readonly position: Position;
  /** When the stream was created that it was built from; absent before the first event. */
  readonly streamCreated: string | undefined;
  readonly haltedBy: string | undefined;
  halt(reason: string): void;
  /** Looks how far it is, where other processes keep it. */
  refresh?(): Promise<void>;
}

export interface LogWatchOptions {
  readonly log: EventLog;
  readonly clock: Clock;
  /** What has become of the log is found within so long. More than an election takes. */
  readonly intervalMs: number;
  readonly views: readonly WatchedView[];
  /** The newest event that a view of this node holds; what the log must still hold in its place. */
  readonly witness?: () => Witness | undefined;
  /** Hears of every look: the last position of the log, or `undefined` when it did not answer. Must not throw. */
  readonly onLook?: (last: Position | undefined) => void;
}

const LOOKS_PER_INTERVAL = 5;
const DOUBT_POLL_MS = 50;
/** The rest of the interval is for the first look to come. */
const BEHIND_SHARE = 0.75;

/** Gives how long a log must seem to be behind before that is believed, so that it is within one interval. */
export function behindMsOf(intervalMs: number): number {
  return intervalMs * BEHIND_SHARE;
}

/**
 * Holds a log against what was applied of it, also while nothing comes: a broker that was put back from a copy has nothing to
 * deliver. Found are a stream that was created anew, one that ends too early, and one that holds another event where a known one
 * was. Then every view of it halts.
 */
export class LogWatch {
  readonly #options: LogWatchOptions;
  readonly #behind: BehindJudge;
  #witness: Witness | undefined;
  #isDoubted = false;
  #isHalted = false;

  constructor(options: LogWatchOptions) {
    this.#options = options;
    this.#behind = new BehindJudge({ behindMs: behindMsOf(options.intervalMs) });
  }

  /**
   * Whether the log is another one, seemed to be behind, or was not looked at since a reconnect: nothing is to be written on top
   * of it. Writes that were waiting for the look that has found it must not go on.
   */
  get isSuspect(): boolean {
    return this.#isHalted || this.#isDoubted || this.#behind.isSuspect;
  }

  /** Believes the log no more: its connection is gone, and whoever was there may come back as another. */
  doubt(): void {
    if (!this.#isDoubted) this.#witness = this.#options.witness?.() ?? this.#witness;
    this.#isDoubted = true;
  }

  /** Looks until the log is believed again: a server that was just started does not answer at once, and writes wait for it. */
  async lookUntilSure(signal: AbortSignal): Promise<void> {
    while (this.#isDoubted && !signal.aborted) {
      await this.#look(signal);
      if (this.#isDoubted)
        await this.#options.clock.sleep(DOUBT_POLL_MS, signal).catch(() => undefined);
    }
  }

  /** Looks again and again, until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, intervalMs } = this.#options;
    while (!signal.aborted) {
      await this.#look(signal);
      await clock.sleep(intervalMs / LOOKS_PER_INTERVAL, signal).catch(() => undefined);
    }
  }

  async #look(signal: AbortSignal): Promise<void> {
    const { log, views, clock, witness, onLook } = this.#options;
    await Promise.all(views.map(async (view) => view.refresh?.()));
    const known = views.map(({ position, streamCreated }) => ({ position, streamCreated }));
    try {
      // Before the log is asked: what comes meanwhile proves nothing.
      const newest = witness?.();
      const head = await log.head();
      onLook?.(head.last);
      const fault = faultOf(log.name, known, head);
      const isBelieved = this.#behind.note(fault?.isSure === false, clock.monotonicMs());
      if (fault !== undefined) {
        if (fault.isSure || isBelieved) this.#halt(fault.message);
      } else if (await this.#holdsWitness(signal)) {
        this.#witness = newest ?? (await this.#headOf(head, signal));
      }
      this.#isDoubted = false;
    } catch (error) {
      // A log that does not answer says nothing of what it holds; an event that cannot be read stops the views themselves.
      if (!isRegistryError(error)) throw error;
      if (error.code === 'LOG_UNAVAILABLE') onLook?.(undefined);
      else this.#isDoubted = false;
    }
  }

  async #holdsWitness(signal: AbortSignal): Promise<boolean> {
    const { log } = this.#options;
    if (this.#witness === undefined) return true;
    const fault = await otherEvent(log, this.#witness, signal);
    if (fault !== undefined) this.#halt(fault);
    return fault === undefined;
  }

  async #headOf({ last }: LogHead, signal: AbortSignal): Promise<Witness | undefined> {
    if (last === 0 || last === this.#witness?.position) return this.#witness;
    const hash = await hashAt(this.#options.log, last, signal);
    return hash === undefined ? this.#witness : { position: last, hash };
  }

  #halt(reason: string): void {
    this.#isHalted = true;
    for (const view of this.#options.views) if (view.haltedBy === undefined) view.halt(reason);
  }
}

function faultOf(
  stream: string,
  known: readonly Pick<WatchedView, 'position' | 'streamCreated'>[],
  head: LogHead,
): OtherLog | undefined {
  const faults = known.flatMap((checkpoint) => otherLog(stream, checkpoint, head) ?? []);
  return faults.find(({ isSure }) => isSure) ?? faults[0];
}
