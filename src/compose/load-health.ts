import type { Clock } from '#flow/clock';
import type { RequestLine } from '#http/boundary';
import type { PartHealth } from '#http/dependencies';

const WINDOW_MS = 10_000;
const FOR_LOAD: ReadonlySet<string | undefined> = new Set(['OVERLOADED', 'BUSY']);

/** Tells whether a node has lately refused requests because it had too much to do. */
export class LoadHealth {
  readonly #clock: Clock;
  #refused = 0;
  #sinceMs = 0;
  #lastMs = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Hears of a request that was answered. */
  note({ code }: Pick<RequestLine, 'code'>): void {
    if (!FOR_LOAD.has(code)) return;
    const nowMs = this.#clock.monotonicMs();
    if (nowMs - this.#lastMs > WINDOW_MS) [this.#refused, this.#sinceMs] = [0, nowMs];
    this.#refused += 1;
    this.#lastMs = nowMs;
  }

  /** A node with too much to do is degraded and goes on: one that is taken away leaves more for the others. */
  get health(): PartHealth {
    const nowMs = this.#clock.monotonicMs();
    const part = { name: 'load', optional: true } as const;
    if (nowMs - this.#lastMs > WINDOW_MS)
      return { ...part, ready: true, detail: 'nothing was refused for load' };
    const seconds = Math.ceil((nowMs - this.#sinceMs) / 1_000);
    const detail = `refused ${this.#refused} requests for load in the last ${seconds} s`;
    return { ...part, ready: false, detail };
  }
}
