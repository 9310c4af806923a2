interface Waiter {
  readonly value: number;
  readonly settle: (reached: boolean) => void;
}

/** A number that only rises, and on which one can wait: how far a projection has come. */
export class HighWater {
  #value: number;
  #waiters: Waiter[] = [];

  constructor(initial: number) {
    this.#value = initial;
  }

  get value(): number {
    return this.#value;
  }

  /** Raises the value and wakes whoever waited for it. A lower value is ignored. */
  raise(value: number): void {
    if (value <= this.#value) return;
    this.#value = value;
    if (this.#waiters.length > 0) this.#wake((waiter) => waiter.value <= value, true);
  }

  /** Starts again from a lower value, when what it counts was built anew. */
  reset(value: number): void {
    this.#value = value;
  }

  /** Waits until the value is reached. Gives `false` when the time is over first. */
  async reached(value: number, timeoutMs: number): Promise<boolean> {
    if (value <= this.#value) return true;
    return await new Promise<boolean>((resolve) => {
      const timer = setTimeout(() => this.#wake((other) => other === waiter, false), timeoutMs);
      const waiter: Waiter = {
        value,
        settle: (reached) => {
          clearTimeout(timer);
          resolve(reached);
        },
      };
      this.#waiters.push(waiter);
    });
  }

  /** Ends every wait with `false`, at shutdown. */
  close(): void {
    this.#wake(() => true, false);
  }

  #wake(which: (waiter: Waiter) => boolean, reached: boolean): void {
    const woken = this.#waiters.filter(which);
    this.#waiters = this.#waiters.filter((waiter) => !which(waiter));
    for (const waiter of woken) waiter.settle(reached);
  }
}
