import { quote, RegistryError } from '#domain/errors';

export interface FairTurnsOptions {
  /** Works that may run at once, from 1. */
  readonly runningMax: number;
  /** Works of one group that may wait. More are refused. */
  readonly waitingPerGroupMax: number;
}

/**
 * Lets a bounded number of works run at once, and lets groups that wait take turns: however many works one group brings,
 * another's first one waits for one end alone. Within a group it is first come, first served. Who is alone has all places.
 */
export class FairTurns {
  readonly #options: FairTurnsOptions;
  /** Groups with works that wait. Whose turn is next comes first. */
  readonly #groups = new Map<string, (() => void)[]>();
  #running = 0;

  constructor(options: FairTurnsOptions) {
    if (!(options.runningMax >= 1))
      throw new RangeError(
        `Cannot make turns: ${options.runningMax} works may run at once (want 1 or more)`,
      );
    this.#options = options;
  }

  /** Works that run now. */
  get running(): number {
    return this.#running;
  }

  /** Runs work when it is its turn. @throws BUSY when too many of its group wait: the work was not started */
  async run<T>(group: string, work: () => Promise<T>): Promise<T> {
    if (this.#running < this.#options.runningMax) this.#running += 1;
    else await this.#wait(group);
    try {
      return await work();
    } finally {
      this.#passOn();
    }
  }

  #wait(group: string): Promise<void> {
    const { waitingPerGroupMax } = this.#options;
    const waiting = this.#groups.get(group) ?? [];
    if (waiting.length >= waitingPerGroupMax) {
      throw new RegistryError(
        'BUSY',
        `Cannot queue work of ${quote(group)}: ${waiting.length} wait already (want at most ${waitingPerGroupMax})`,
        { outcome: 'not-applied', retryAfterSeconds: 1 },
      );
    }
    this.#groups.set(group, waiting);
    return new Promise((resolve) => {
      waiting.push(resolve);
    });
  }

  /** Hands the place on without freeing it: nobody can come in between. */
  #passOn(): void {
    const [next] = this.#groups;
    if (next === undefined) {
      this.#running -= 1;
      return;
    }
    const [group, waiting] = next;
    const begin = waiting.shift();
    // Anew, so that it comes last.
    this.#groups.delete(group);
    if (waiting.length > 0) this.#groups.set(group, waiting);
    begin?.();
  }
}
