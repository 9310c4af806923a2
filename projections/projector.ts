import { isRegistryError } from '#domain/errors';
import { type Position, START, toPosition } from '#domain/position';
import { backoffMs } from '#flow/backoff';
import type { Clock } from '#flow/clock';
import { HighWater } from '#flow/high-water';
import type { EventLog } from '#log/event-log';
import { otherEvent } from '#projections/hash-at';
import { BehindJudge, freshPart, OtherLog, otherLog } from '#projections/log-continuity';
import type { Projection } from '#projections/projection';

/**
 * starting ──► catching-up ──► live            caught up: the position that the leader named at the start is reached
 *     ▲             │            │
 *     └── retrying ◄┴────────────┤   storage or broker away: again from the checkpoint, with back-off
 *                                └──► halted   an event that cannot be applied, a gap, or another log: by hand only
 */
export type ProjectorStatus =
  | { readonly state: 'starting' }
  | { readonly state: 'catching-up'; readonly target: Position }
  | { readonly state: 'live' }
  | { readonly state: 'retrying'; readonly reason: string }
  | { readonly state: 'halted'; readonly reason: string }
  | { readonly state: 'stopped' };

export interface ProjectorOptions {
  readonly projection: Projection;
  readonly log: EventLog;
  readonly clock: Clock;
  /** The most events in one transaction. */
  readonly batchMax: number;
  /** How often to look whether the storage still holds what was applied; others can reach it. Default: never. */
  readonly recheckMs?: number;
  /** How long the log may seem to end before the checkpoint until that is believed. Default: it is at once. */
  readonly behindMs?: number;
  readonly onStatus?: (status: ProjectorStatus) => void;
}

const BACKOFF = { baseMs: 100, capMs: 5_000 };
// A gap may be a fault of the delivery: only one that is there again is a fault of the log.
const GAPS_MAX = 2;

/** Follows a log and keeps one projection up to date. The only code that moves a checkpoint. */
export class Projector {
  readonly #options: ProjectorOptions;
  readonly #applied = new HighWater(START);
  #stop = new AbortController();
  #done: Promise<void> | undefined;
  #status: ProjectorStatus = { state: 'starting' };
  #round = new AbortController();
  #caughtUp = false;
  #wasCaughtUp = false;
  #streamCreated: string | undefined;
  readonly #behind: BehindJudge;

  constructor(options: ProjectorOptions) {
    this.#options = options;
    this.#behind = new BehindJudge({ behindMs: options.behindMs ?? 0 });
  }

  get name(): string {
    return this.#options.projection.name;
  }

  /** The name of the stream that it follows. */
  get stream(): string {
    return this.#options.log.name;
  }

  get status(): ProjectorStatus {
    return this.#status;
  }

  /** The position that reads show. */
  get position(): Position {
    return toPosition(this.#applied.value);
  }

  /** Whether the projection has reached the position that the log's leader named when this process started. */
  get caughtUp(): boolean {
    return this.#caughtUp;
  }

  /** Whether it was ever caught up in this process; a view that had to be built again may not be now. */
  get wasCaughtUp(): boolean {
    return this.#wasCaughtUp;
  }

  /** Whether its storage or its log does not answer, or it has halted: nothing is applied now. */
  get isAway(): boolean {
    return this.#status.state === 'retrying' || this.#status.state === 'halted';
  }

  /** When the stream was created that it was built from. */
  get streamCreated(): string | undefined {
    return this.#streamCreated;
  }

  /** Why it has halted; `undefined` while it has not. */
  get haltedBy(): string | undefined {
    return this.#status.state === 'halted' ? this.#status.reason : undefined;
  }

  /** Waits until a position is applied. Gives `false` when the time is over first. */
  async reached(position: Position, timeoutMs: number): Promise<boolean> {
    return await this.#applied.reached(position, timeoutMs);
  }

  /** Begins to follow. Errors show in `status`, never as a rejection. */
  start(): void {
    this.#stop = new AbortController();
    this.#done = this.#run(this.#stop.signal);
    void this.#recheck(this.#stop.signal);
  }

  /** Stops behind the batch that is being applied, and releases the projection. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#done;
    this.#applied.close();
    await this.#options.projection.close();
    this.#setStatus({ state: 'stopped' });
  }

  /** Begins again at the checkpoint that is stored: for storage that may have lost what it had acknowledged. */
  restart(): void {
    this.#round.abort();
  }

  /** Stops applying for good: the log is not the one that the view was built from. What it holds can be read. */
  halt(reason: string): void {
    if (this.#status.state === 'stopped') return;
    this.#stop.abort();
    this.#setStatus({ state: 'halted', reason });
  }

  /** Throws the projection away and builds it again from position 1. */
  async rebuild(): Promise<void> {
    this.#stop.abort();
    await this.#done;
    await this.#options.projection.clear();
    this.#applied.reset(START);
    this.#caughtUp = false;
    this.start();
  }

  async #run(signal: AbortSignal): Promise<void> {
    let gaps = 0;
    for (let failures = 0; !signal.aborted; failures += 1) {
      if (failures > 0) await this.#pause(failures, signal);
      const before = this.#applied.value;
      try {
        this.#round = new AbortController();
        await this.#follow(AbortSignal.any([signal, this.#round.signal]));
      } catch (error) {
        if (this.#applied.value > before) [failures, gaps] = [0, 0];
        if (isRegistryError(error, 'LOG_MISMATCH')) gaps += 1;
        if (this.haltedBy !== undefined) return;
        const final =
          error instanceof OtherLog
            ? this.#isOther(error)
            : isRegistryError(error, 'CORRUPT_EVENT') || gaps >= GAPS_MAX;
        const reason = error instanceof Error ? error.message : String(error);
        this.#setStatus({ state: final ? 'halted' : 'retrying', reason });
        if (final) return;
      }
    }
  }

  /** Whether it is believed that the log is another one. Then what is stored is the newest that there will be. */
  #isOther({ isSure }: OtherLog): boolean {
    const isBelieved = this.#behind.note(true, this.#options.clock.monotonicMs());
    const isMature = this.#options.behindMs === undefined || isBelieved;
    if (isSure || isMature) this.#caughtUp = true;
    return isSure || isMature;
  }

  /** Begins again where somebody has emptied the storage while no event came that would have shown it. */
  async #recheck(signal: AbortSignal): Promise<void> {
    const { recheckMs, clock, projection } = this.#options;
    if (recheckMs === undefined) return;
    for (;;) {
      await clock.sleep(recheckMs, signal).catch(() => undefined);
      if (signal.aborted) return;
      if (this.#status.state !== 'live') continue;
      const applied = this.#applied.value;
      const stored = await projection.open().catch(() => undefined);
      if (stored !== undefined && stored.position < applied) this.restart();
    }
  }

  async #follow(signal: AbortSignal): Promise<void> {
    const { projection, log, batchMax } = this.#options;
    let checkpoint = await projection.open();
    const head = await log.head();
    const other = otherLog(log.name, checkpoint, head);
    this.#streamCreated = checkpoint.streamCreated ?? head.created;
    if (checkpoint.position < this.#applied.value) {
      // The view was made anew, or has lost something: it no longer shows what it showed.
      this.#applied.reset(checkpoint.position);
      this.#caughtUp = false;
    }
    this.#applied.raise(checkpoint.position);
    if (other !== undefined) throw other;
    const newest = projection.newestEvent?.();
    const fault = newest === undefined ? undefined : await otherEvent(log, newest, signal);
    if (fault !== undefined) throw new OtherLog(fault, true);
    this.#behind.note(false, this.#options.clock.monotonicMs());
    this.#setStatus({ state: 'catching-up', target: head.last });
    this.#noteIfCaughtUp(head.last);
    const feed = log.follow({ after: checkpoint.position, batchMax, signal });
    for await (const batch of feed) {
      const fresh = freshPart(log.name, batch, checkpoint.position);
      if (fresh.length === 0) continue;
      const position = await projection.apply(fresh, {
        ...checkpoint,
        streamCreated: head.created,
      });
      checkpoint = { position, streamCreated: head.created };
      this.#applied.raise(position);
      if (signal.aborted) return;
      this.#noteIfCaughtUp(head.last);
    }
  }

  #noteIfCaughtUp(target: Position): void {
    if (this.#status.state === 'live' || this.#applied.value < target) return;
    this.#caughtUp = true;
    this.#wasCaughtUp = true;
    this.#setStatus({ state: 'live' });
  }

  #setStatus(status: ProjectorStatus): void {
    this.#status = status;
    this.#options.onStatus?.(status);
  }

  async #pause(failures: number, signal: AbortSignal): Promise<void> {
    const ms = backoffMs(failures, BACKOFF);
    await this.#options.clock.sleep(ms, signal).catch(() => undefined);
  }
}
