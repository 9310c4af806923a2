import { RegistryError } from '#domain/errors';
import { FairQueue } from '#flow/fair-queue';

export interface FairTurnsOptions {
  /** Works that may run at once, from 1. */
  readonly runningMax: number;
  /** Works that may wait. Beyond it, the group with most of them gives way to others. */
  readonly waitingMax: number;
}

interface Waiting {
  readonly begin: () => void;
  readonly refuse: (error: RegistryError) => void;
}

/**
 * Lets a bounded number of works run at once, and lets groups that wait take turns: however many works one group brings,
 * another's first one waits for one end alone. Who is alone has all places.
 */
export class FairTurns {
  readonly #options: FairTurnsOptions;
  readonly #waiting: FairQueue<Waiting>;
  #running = 0;

  constructor(options: FairTurnsOptions) {
    if (!(options.runningMax >= 1))
      throw new RangeError(
        `Cannot make turns: ${options.runningMax} works may run at once (want 1 or more)`,
      );
    this.#options = options;
    this.#waiting = new FairQueue({ itemsMax: options.waitingMax });
  }

  /** Works that run now. */
  get running(): number {
    return this.#running;
  }

  /** Runs work when it is its turn. @throws BUSY when too many wait: the work was not started */
  async run<T>(group: string, work: () => Promise<T>): Promise<T> {
    if (this.#running < this.#options.runningMax) {
      this.#running += 1;
      this.#waiting.note(group);
    } else await this.#wait(group);
    try {
      return await work();
    } finally {
      this.#passOn();
    }
  }

  #wait(group: string): Promise<void> {
    return new Promise((begin, refuse) => {
      const queued = this.#waiting.add(group, { begin, refuse });
      if (queued.kind === 'full') refuse(this.#busy());
      else queued.displaced?.refuse(this.#busy());
    });
  }

  /** Hands the place on without freeing it: nobody can come in between. */
  #passOn(): void {
    const next = this.#waiting.next();
    if (next === undefined) this.#running -= 1;
    else next.begin();
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
