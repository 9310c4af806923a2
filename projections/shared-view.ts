import { type Position, START, toPosition } from '#domain/position';
import type { Clock } from '#flow/clock';
import type { EventLog } from '#log/event-log';
import type { Projection } from '#projections/projection';

export interface SharedViewOptions {
  readonly view: Projection;
  readonly log: EventLog;
  readonly clock: Clock;
  readonly pollMs: number;
}

/** A view that other processes keep: here it is only watched how far it has come. */
export class SharedView {
  readonly #options: SharedViewOptions;
  #position: Position = START;
  #target: Position | undefined;
  #streamCreated: string | undefined;
  #haltedBy: string | undefined;

  constructor(options: SharedViewOptions) {
    this.#options = options;
  }

  get name(): string {
    return this.#options.view.name;
  }

  /** The name of the stream that it is of. */
  get stream(): string {
    return this.#options.log.name;
  }

  get position(): Position {
    return this.#position;
  }

  /** When the stream was created that it was built from. */
  get streamCreated(): string | undefined {
    return this.#streamCreated;
  }

  /** Why it is not to be believed; `undefined` while it is. */
  get haltedBy(): string | undefined {
    return this.#haltedBy;
  }

  /** Notes that the log is not the one that the view was built from. What it holds can be read. */
  halt(reason: string): void {
    this.#haltedBy = reason;
  }

  /** Whether it was once seen at the position that the log's leader named at the start. */
  get caughtUp(): boolean {
    if (this.#haltedBy !== undefined) return true;
    return this.#target !== undefined && this.#position >= this.#target;
  }

  /** Asks the leader where the log stands and waits in the background until the view is there. */
  async start(signal: AbortSignal): Promise<void> {
    this.#target = (await this.#options.log.head()).last;
    void this.#watch(this.#target, signal);
  }

  /** Looks how far the view is. Where its storage is away, it stays as it was seen last. */
  async refresh(): Promise<void> {
    await this.#look().catch(() => undefined);
  }

  /** Waits until the view shows a position. Gives `false` when the time is over first. */
  async reached(position: Position, timeoutMs: number): Promise<boolean> {
    const { clock, pollMs } = this.#options;
    const deadline = clock.monotonicMs() + timeoutMs;
    for (;;) {
      if (this.#position >= position) return true;
      await this.#look();
      if (this.#position >= position) return true;
      if (clock.monotonicMs() + pollMs > deadline) return false;
      await clock.sleep(pollMs);
    }
  }

  async #watch(target: Position, signal: AbortSignal): Promise<void> {
    const { clock, pollMs } = this.#options;
    while (!signal.aborted && this.#position < target) {
      await this.#look().catch(() => undefined);
      await clock.sleep(pollMs * 10, signal).catch(() => undefined);
    }
  }

  async #look(): Promise<void> {
    const { position, streamCreated } = await this.#options.view.open();
    this.#streamCreated = streamCreated;
    if (position > this.#position) this.#position = toPosition(position);
  }
}
