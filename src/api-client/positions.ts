/** The two streams, whose positions count on their own. */
export type StreamName = 'registry' | 'jobs';

/** How new a client's reads have to be, by stream. Positions count from 1. */
export type Positions = Readonly<Partial<Record<StreamName, number>>>;

/**
 * What a client's reads must show at least: `written`, what it has written itself (default); `seen`, all that it has seen too, so
 * that no read shows less than one before; `none`, whatever the node shows.
 */
export type Carried = 'written' | 'seen' | 'none';

/** Remembers the highest positions that a client has met. */
export class PositionsMet {
  readonly #met = new Map<StreamName, number>();

  constructor(begin: Positions = {}) {
    for (const [stream, position] of Object.entries(begin))
      this.meet(stream as StreamName, position);
  }

  meet(stream: StreamName, position: number): void {
    if (Number.isSafeInteger(position) && position > (this.#met.get(stream) ?? 0))
      this.#met.set(stream, position);
  }

  of(stream: StreamName): number | undefined {
    return this.#met.get(stream);
  }

  all(): Positions {
    return Object.fromEntries(this.#met);
  }

  clear(): void {
    this.#met.clear();
  }
}
