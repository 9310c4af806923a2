import { type Abortable, untilAborted } from '#flow/until-aborted';

interface Flight<T> {
  readonly controller: AbortController;
  readonly result: Promise<T>;
  callers: number;
}

/**
 * Lets concurrent callers of one key share one run. Nothing is kept when the run has ended: who comes then starts another.
 * At most one run of a key exists at any time, so that runs never meet at what the key stands for.
 */
export class SingleFlight<K, T> {
  readonly #flights = new Map<K, Flight<T>>();

  /** Keys with a run now. */
  get size(): number {
    return this.#flights.size;
  }

  /**
   * Gives what the run of the key gives, or throws what it throws: to all of its callers the same. A caller stops waiting by
   * its signal; the run's signal aborts when the last caller has gone. Who comes after that waits until the run has ended, so
   * work that does not see its signal holds up its key. Work must not run its own key.
   */
  async run(
    key: K,
    work: (signal: AbortSignal) => Promise<T>,
    { signal }: Abortable = {},
  ): Promise<T> {
    signal?.throwIfAborted();
    while (this.#flights.get(key)?.controller.signal.aborted === true) {
      await untilAborted(signal, () => this.#ended(key));
    }
    // No await from here to the count: a run that looks abandoned is aborted.
    const flight = this.#flights.get(key) ?? this.#start(key, work);
    flight.callers += 1;
    try {
      return await untilAborted(signal, () => flight.result);
    } finally {
      flight.callers -= 1;
      const isRunning = this.#flights.get(key) === flight;
      if (flight.callers === 0 && isRunning) flight.controller.abort(signal?.reason);
    }
  }

  #start(key: K, work: (signal: AbortSignal) => Promise<T>): Flight<T> {
    const controller = new AbortController();
    // Begins in a turn of its own, when the run can be found already.
    const result = Promise.resolve()
      .then(() => work(controller.signal))
      .finally(() => this.#flights.delete(key));
    const flight: Flight<T> = { controller, result, callers: 0 };
    this.#flights.set(key, flight);
    return flight;
  }

  async #ended(key: K): Promise<void> {
    await this.#flights.get(key)?.result.catch(() => undefined);
  }
}
