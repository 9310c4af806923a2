import type { BackgroundWork, CacheEvent } from '#cache/cache-event';

export interface Task {
  readonly work: BackgroundWork;
  /** What it is about, as its event says. */
  readonly subject: string;
}

/** Runs work that nobody waits for. What fails is told, unless everything ends anyway; the end waits for all of it. */
export class Background {
  readonly #running = new Set<Promise<void>>();
  readonly #signal: AbortSignal;
  readonly #onEvent: (event: CacheEvent) => void;

  constructor(signal: AbortSignal, onEvent: (event: CacheEvent) => void) {
    this.#signal = signal;
    this.#onEvent = onEvent;
  }

  /** Starts work. */
  run(task: Task, work: () => Promise<unknown>): void {
    const running = this.#tell(task, work).finally(() => this.#running.delete(running));
    this.#running.add(running);
  }

  /** Waits until nothing runs any more. */
  async ended(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  async #tell(task: Task, work: () => Promise<unknown>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!this.#signal.aborted) this.#onEvent({ kind: 'failed', ...task, error });
    }
  }
}
