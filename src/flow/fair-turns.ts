import { RegistryError } from '#domain/errors';
import { FairQueue } from '#flow/fair-queue';

export interface FairTurnsOptions {
  /** Works of a group that is alone that may run at once, from 1. */
  readonly runningMax: number;
  /** Works that may run at once when several groups have some; each has an equal part of it, at least one. */
  readonly sharedRunningMax: number;
  /** Works that may wait. Beyond it, the group with most of them gives way to others. */
  readonly waitingMax: number;
}

interface Waiting {
  readonly begin: () => void;
  readonly refuse: (error: RegistryError) => void;
}

/**
 * Lets a bounded number of works run at once. Who is alone has all places; where there are several groups, each has an
 * equal part of fewer places, so that a work waits behind few others in what all of them use, and groups take turns.
 */
export class FairTurns {
  readonly #options: FairTurnsOptions;
  readonly #waiting: FairQueue<Waiting>;
  /** Only groups with works that run. */
  readonly #running = new Map<string, number>();

  constructor(options: FairTurnsOptions) {
    const { runningMax, sharedRunningMax } = options;
    if (!(runningMax >= 1 && sharedRunningMax >= 1))
      throw new RangeError(
        `Cannot make turns: ${runningMax} works may run at once, ${sharedRunningMax} shared (want 1 or more)`,
      );
    this.#options = options;
    this.#waiting = new FairQueue({ itemsMax: options.waitingMax });
  }

  /** Works that wait now. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** Works that run now. */
  get running(): number {
    let sum = 0;
    for (const count of this.#running.values()) sum += count;
    return sum;
  }

  /** Groups with works that run now. */
  get groups(): number {
    return this.#running.size;
  }

  /** Runs work when it is its turn. @throws BUSY when too many wait: the work was not started */
  async run<T>(group: string, work: () => Promise<T>): Promise<T> {
    if (this.#mayBegin(group)) {
      this.#begin(group);
      this.#waiting.note(group);
    } else await this.#wait(group);
    try {
      return await work();
    } finally {
      this.#end(group);
    }
  }

  #mayBegin(group: string): boolean {
    const { runningMax, sharedRunningMax } = this.#options;
    const own = this.#running.get(group) ?? 0;
    const others = this.#running.size - (own > 0 ? 1 : 0);
    if (others === 0 && this.#waiting.isAlone(group)) return own < runningMax;
    return own < Math.max(1, Math.floor(sharedRunningMax / (others + 1)));
  }

  #begin(group: string): void {
    this.#running.set(group, (this.#running.get(group) ?? 0) + 1);
  }

  #wait(group: string): Promise<void> {
    return new Promise((resolve, refuse) => {
      const begin = (): void => {
        this.#begin(group);
        resolve();
      };
      const queued = this.#waiting.add(group, { begin, refuse });
      if (queued.kind === 'full') refuse(this.#busy());
      else queued.displaced?.refuse(this.#busy());
    });
  }

  #end(group: string): void {
    const left = (this.#running.get(group) ?? 1) - 1;
    if (left > 0) this.#running.set(group, left);
    else this.#running.delete(group);
    // One end can let several begin: those of a group that is alone from now on.
    for (;;) {
      const next = this.#waiting.next((one) => this.#mayBegin(one));
      if (next === undefined) return;
      next.begin();
    }
  }

  #busy(): RegistryError {
    const { waitingMax } = this.#options;
    return new RegistryError(
      'BUSY',
      `Cannot wait for a turn: ${this.#waiting.size} wait already (want at most ${waitingMax})`,
      { outcome: 'not-applied', retryAfterSeconds: 1 },
    );
  }
}
