import type { Clock } from '#flow/clock';

interface Sleeper {
  readonly dueMs: number;
  readonly wake: () => void;
}

/** Lets everything that is ready run, without time going by. */
export async function settled(): Promise<void> {
  await new Promise(setImmediate);
}

/** A clock that the test moves. Like the machine's, a sleep that is aborted rejects with an `AbortError` of its own. */
export class FakeClock implements Clock {
  readonly #sleepers = new Set<Sleeper>();
  #ms = 0;

  /** Sleeps that have not ended: timers that somebody would leave behind. */
  get sleeping(): number {
    return this.#sleepers.size;
  }

  nowMs(): number {
    return 1_700_000_000_000 + this.#ms;
  }

  monotonicMs(): number {
    return this.#ms;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const stop = (): void => {
        this.#sleepers.delete(sleeper);
        const aborted = new Error('The operation was aborted', { cause: signal?.reason });
        aborted.name = 'AbortError';
        reject(aborted);
      };
      const wake = (): void => {
        this.#sleepers.delete(sleeper);
        signal?.removeEventListener('abort', stop);
        resolve();
      };
      const sleeper: Sleeper = { dueMs: this.#ms + ms, wake };
      if (signal?.aborted === true) {
        stop();
        return;
      }
      this.#sleepers.add(sleeper);
      signal?.addEventListener('abort', stop, { once: true });
    });
  }

  /** Moves time on, waking each sleeper at its own time and letting run what that makes ready. */
  async advance(ms: number): Promise<void> {
    const endMs = this.#ms + ms;
    await settled();
    for (let next = this.#due(endMs); next !== undefined; next = this.#due(endMs)) {
      this.#ms = Math.max(this.#ms, next.dueMs);
      next.wake();
      await settled();
    }
    this.#ms = endMs;
  }

  /** Moves time on where nobody sleeps. */
  skip(ms: number): void {
    if (this.#sleepers.size > 0) throw new Error('Cannot skip time: somebody sleeps');
    this.#ms += ms;
  }

  #due(endMs: number): Sleeper | undefined {
    const due = [...this.#sleepers].filter(({ dueMs }) => dueMs <= endMs);
    return due.toSorted((a, b) => a.dueMs - b.dueMs)[0];
  }
}
