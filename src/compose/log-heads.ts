import type { Clock } from '#flow/clock';

/** When the newest event of a log was first seen to be there. */
interface Seen {
  readonly position: number;
  readonly atMs: number;
}

const SEEN_MAX = 1_000;

/** Remembers how far a log had come when it was looked at, to say for how long a view has been behind it. */
export class LogHeads {
  readonly #clock: Clock;
  #seen: Seen[] = [];
  #isSilent = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The newest position that was heard of. */
  get newest(): number {
    return this.#seen.at(-1)?.position ?? 0;
  }

  /** Whether the log gave no answer when it was last looked at. */
  get isSilent(): boolean {
    return this.#isSilent;
  }

  /** Takes note that the log did not answer. */
  noteSilence(): void {
    this.#isSilent = true;
  }

  /** Takes note of how far the log is now. One that went back is another log. */
  note(position: number): void {
    this.#isSilent = false;
    if (position === this.newest && this.#seen.length > 0) return;
    if (position < this.newest) this.#seen = [];
    this.#seen.push({ position, atMs: this.#clock.monotonicMs() });
    if (this.#seen.length > SEEN_MAX) this.#seen.shift();
  }

  /** How many positions lie between a view and the log, and for how many seconds there have been any. */
  lagOf(position: number): { readonly events: number; readonly seconds: number } {
    const first = this.#seen.find((seen) => seen.position > position);
    if (first === undefined) return { events: 0, seconds: 0 };
    const seconds = (this.#clock.monotonicMs() - first.atMs) / 1_000;
    return { events: this.newest - position, seconds };
  }
}
