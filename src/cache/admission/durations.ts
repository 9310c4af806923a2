import type { Clock } from '#flow/clock';

export interface DurationsOptions {
  /** Newest samples that are kept, from 1. */
  readonly samplesMax: number;
  /** Age at which a sample is forgotten. Longer keeps old trouble alive, shorter judges by few samples. */
  readonly windowMs: number;
  readonly clock: Clock;
}

interface Sample {
  readonly atMs: number;
  readonly durationMs: number;
}

/** The durations of the last while, and what most of them stayed under. */
export class Durations {
  readonly #options: DurationsOptions;
  /** A ring: the sample at `#next` is the oldest once it is full. */
  readonly #samples: Sample[] = [];
  #next = 0;

  constructor(options: DurationsOptions) {
    this.#options = options;
  }

  add(durationMs: number): void {
    this.#samples[this.#next] = { atMs: this.#options.clock.monotonicMs(), durationMs };
    this.#next = (this.#next + 1) % this.#options.samplesMax;
  }

  /**
   * Gives the duration that 95 in 100 did not exceed (nearest rank), or nothing while there are fewer samples than that.
   * Sorts what there is: 50 us for 512.
   */
  p95Ms(samplesMin = 1): number | undefined {
    const { clock, windowMs } = this.#options;
    const sinceMs = clock.monotonicMs() - windowMs;
    const fresh = this.#samples.filter(({ atMs }) => atMs > sinceMs);
    if (fresh.length < samplesMin) return undefined;
    const sorted = Float64Array.from(fresh, ({ durationMs }) => durationMs).sort();
    return sorted[Math.ceil(sorted.length * 0.95) - 1];
  }
}
