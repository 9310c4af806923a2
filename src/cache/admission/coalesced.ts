import type { Clock } from '#flow/clock';
import { SingleFlight } from '#flow/single-flight';
import type { Abortable } from '#flow/until-aborted';

export interface CoalescedOptions<T> {
  readonly clock: Clock;
  /** Size of a result, for the bound of the memory. */
  readonly bytesOf: (result: T) => number;
  /** How long a result is kept after its run. Default 500; 0 keeps none. */
  readonly ttlMs?: number;
  /** Results that are kept. Default 512. The oldest goes first. */
  readonly entriesMax?: number;
  /** Size of all that are kept together. Default 16 MiB. A result over it is not kept. */
  readonly bytesMax?: number;
}

export interface CoalescedState {
  /** Results that are kept now. */
  readonly entries: number;
  readonly bytes: number;
  /** Calls that were answered with a kept result, since the start. */
  readonly kept: number;
  /** Runs since the start. All other calls shared one of them. */
  readonly runs: number;
}

interface Entry<T> {
  readonly result: T;
  readonly bytes: number;
  readonly endsMs: number;
}

/**
 * Lets identical requests share one run, and those that come shortly after it its result. Errors are not kept. A key must hold
 * everything that the result depends on, the digest of the artifact and the scope among it.
 */
export class Coalesced<T> {
  readonly #flights = new SingleFlight<string, T>();
  /** In order of arrival, which is that of expiry too: all live equally long. */
  readonly #entries = new Map<string, Entry<T>>();
  readonly #options: Required<CoalescedOptions<T>>;
  #bytes = 0;
  #kept = 0;
  #runs = 0;

  constructor(options: CoalescedOptions<T>) {
    this.#options = { ttlMs: 500, entriesMax: 512, bytesMax: 16 * 1_048_576, ...options };
  }

  /**
   * Gives the kept result of a key, or that of the run under way, or runs the work. A caller that aborts leaves the others
   * their run; its signal aborts with the last one.
   */
  async run(
    key: string,
    work: (signal: AbortSignal) => Promise<T>,
    { signal }: Abortable = {},
  ): Promise<T> {
    signal?.throwIfAborted();
    const found = this.#find(key);
    if (found !== undefined) return found.result;
    const flight = async (flightSignal: AbortSignal): Promise<T> => {
      // The run before may have ended with a result though all of its callers had gone.
      const late = this.#find(key);
      if (late !== undefined) return late.result;
      this.#runs += 1;
      const result = await work(flightSignal);
      // Within the run: whoever comes when it is over finds the result.
      this.#keep(key, result);
      return result;
    };
    return await this.#flights.run(key, flight, { signal });
  }

  /** Tells how it stands. */
  state(): CoalescedState {
    this.#dropExpired();
    const [entries, bytes] = [this.#entries.size, this.#bytes];
    return { entries, bytes, kept: this.#kept, runs: this.#runs };
  }

  #find(key: string): Entry<T> | undefined {
    this.#dropExpired();
    const entry = this.#entries.get(key);
    if (entry !== undefined) this.#kept += 1;
    return entry;
  }

  #keep(key: string, result: T): void {
    const { bytesMax, bytesOf, clock, entriesMax, ttlMs } = this.#options;
    const bytes = bytesOf(result);
    if (bytes > bytesMax || entriesMax < 1 || ttlMs <= 0) return;
    this.#drop(key);
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size < entriesMax && this.#bytes + bytes <= bytesMax) break;
      this.#drop(oldest);
    }
    this.#entries.set(key, { result, bytes, endsMs: clock.monotonicMs() + ttlMs });
    this.#bytes += bytes;
  }

  #dropExpired(): void {
    const nowMs = this.#options.clock.monotonicMs();
    for (const [key, { endsMs }] of this.#entries) {
      if (endsMs > nowMs) return;
      this.#drop(key);
    }
  }

  #drop(key: string): void {
    this.#bytes -= this.#entries.get(key)?.bytes ?? 0;
    this.#entries.delete(key);
  }
}
