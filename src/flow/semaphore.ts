import { quote, RegistryError } from '#domain/errors';
import type { Clock } from '#flow/clock';
import { withDeadline } from '#flow/deadline';
import { type Abortable, untilAborted } from '#flow/until-aborted';

export interface SemaphoreOptions {
  /** Works that may run at once, from 1. */
  readonly permits: number;
  /** Works that may wait for a permit. More are refused; 0 refuses whatever cannot start at once. */
  readonly waitingMax: number;
  readonly clock: Clock;
  /** What the permits are for, as errors name it. Default `work`. */
  readonly name?: string;
}

export interface PermitOptions extends Abortable {
  /** Longest wait for a permit. Default none: it waits until one is free or the signal aborts. */
  readonly waitMs?: number;
}

const RETRY_AFTER_SECONDS = 1;

/**
 * Lets a bounded number of works run at once and a bounded number wait, first come, first served. A permit is held until the
 * work has ended, not only until its caller has lost interest.
 */
export class Semaphore {
  readonly #options: SemaphoreOptions;
  /** What hands a permit to each that waits, in order of arrival. */
  readonly #waiting = new Set<() => void>();
  #held = 0;

  constructor(options: SemaphoreOptions) {
    if (!(options.permits >= 1)) {
      throw new RangeError(
        `Cannot make semaphore ${quote(options.name ?? 'work')}: it has ${options.permits} permits (want 1 or more)`,
      );
    }
    this.#options = options;
  }

  /** Permits that are taken now. */
  get held(): number {
    return this.#held;
  }

  /** Works that wait now. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /**
   * Runs work as soon as a permit is free. The signal ends the wait; while the work runs, it is for the work to see it.
   * @throws BUSY when too many wait already, or none came free within `waitMs`: the work was not started
   */
  async run<T>(work: () => Promise<T>, options: PermitOptions = {}): Promise<T> {
    options.signal?.throwIfAborted();
    if (this.#held < this.#options.permits) this.#held += 1;
    else await this.#wait(options);
    try {
      options.signal?.throwIfAborted();
      return await work();
    } finally {
      this.#passOn();
    }
  }

  async #wait({ signal, waitMs }: PermitOptions): Promise<void> {
    const { clock, waitingMax } = this.#options;
    if (this.#waiting.size >= waitingMax) {
      throw this.#busy(`${this.#waiting.size} wait already`, `at most ${waitingMax} that wait`);
    }
    let grant = (): void => undefined;
    const granted = new Promise<void>((resolve) => {
      grant = resolve;
    });
    this.#waiting.add(grant);
    const wait = (): Promise<void> => granted;
    const error = (): Error => this.#busy(`none came free in ${waitMs} ms`, 'a free one');
    try {
      if (waitMs === undefined) await untilAborted(signal, wait);
      else await withDeadline(wait, { ms: waitMs, signal, clock, error });
    } catch (reason) {
      // No longer in the queue: the permit came in the same turn as the end of the wait, and goes to the next.
      if (!this.#waiting.delete(grant)) this.#passOn();
      throw reason;
    }
  }

  /** Hands the permit to whoever waits longest, without freeing it: nobody can come in between. */
  #passOn(): void {
    const [next] = this.#waiting;
    if (next === undefined) {
      this.#held -= 1;
      return;
    }
    this.#waiting.delete(next);
    next();
  }

  #busy(is: string, want: string): RegistryError {
    const { permits, name = 'work' } = this.#options;
    return new RegistryError(
      'BUSY',
      `Cannot take permit ${quote(name)}: all ${permits} are taken and ${is} (want ${want})`,
      { retryAfterSeconds: RETRY_AFTER_SECONDS },
    );
  }
}
