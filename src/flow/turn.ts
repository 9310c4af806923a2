/**
 * Lets work that comes in one turn of the event loop go on together, so that what it sends can be sent at once. Groups stay
 * small: whoever serves them begins with the first while the next one gathers.
 */
export class Turn {
  readonly #groupMax: number;
  #waiting: (() => void)[] = [];

  constructor(groupMax: number) {
    this.#groupMax = groupMax;
  }

  /** Waits until a group is together, or everything that is ready now has run. */
  next(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      if (this.#waiting.length === this.#groupMax) this.#release();
      else if (this.#waiting.length === 1) setImmediate(() => this.#release());
    });
  }

  #release(): void {
    const released = this.#waiting;
    this.#waiting = [];
    for (const resolve of released) resolve();
  }
}
