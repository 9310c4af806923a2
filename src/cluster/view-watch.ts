import { GapWatch } from '#cluster/gap-watch';
import { systemClock } from '#flow/clock';

export interface ViewWatchOptions {
  /** Says how far the view is. */
  readonly position: () => Promise<number>;
  /** How often it is asked. */
  readonly intervalMs: number;
}

/** Looks how far a view is, and remembers for how long it did not go on. */
export class ViewWatch {
  readonly gap = new GapWatch();
  readonly #options: ViewWatchOptions;
  readonly #stop = new AbortController();
  readonly #looking: Promise<void>;
  #position = 0;

  constructor(options: ViewWatchOptions) {
    this.#options = options;
    this.#looking = this.#look();
  }

  /** How far it was seen to be. */
  get position(): number {
    return this.#position;
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#looking;
  }

  async #look(): Promise<void> {
    const { signal } = this.#stop;
    const { position, intervalMs } = this.#options;
    while (!signal.aborted) {
      // Where its storage does not answer it does not go on either.
      const now = await position().catch(() => this.#position);
      if (now > this.#position) {
        this.#position = now;
        this.gap.note();
      }
      await systemClock.sleep(intervalMs, signal).catch(() => undefined);
    }
  }
}
