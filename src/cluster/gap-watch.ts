import { systemClock } from '#flow/clock';

/** The longest time without a success, measured from the last one before. */
export class GapWatch {
  #last = systemClock.monotonicMs();
  #longestMs = 0;

  /** Notes a success. */
  note(): void {
    const now = systemClock.monotonicMs();
    this.#longestMs = Math.max(this.#longestMs, now - this.#last);
    this.#last = now;
  }

  /** The longest time without one since the last call, with what has gone by since the last success; begins anew. */
  take(): number {
    const now = systemClock.monotonicMs();
    const longest = Math.max(this.#longestMs, now - this.#last);
    this.#longestMs = 0;
    this.#last = now;
    return longest;
  }
}
