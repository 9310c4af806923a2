import type { Position } from '#domain/position';
import type { StoredMessage } from '#log/event-log';
import type { Witness } from '#projections/hash-at';
import type { Checkpoint, Projection, ProjectionDigest } from '#projections/projection';

/** A projection that begins with a snapshot, where there is one and it holds nothing yet. */
export class FromSnapshot implements Projection {
  readonly name: string;
  readonly #projection: Projection;
  readonly #restore: () => Promise<unknown>;
  #isRestored = false;

  constructor(projection: Projection, restore: () => Promise<unknown>) {
    this.name = projection.name;
    this.#projection = projection;
    this.#restore = restore;
  }

  async open(): Promise<Checkpoint> {
    // Once: what is thrown away later is to be built from the log.
    if (!this.#isRestored) await this.#restore();
    this.#isRestored = true;
    return await this.#projection.open();
  }

  async apply(batch: readonly StoredMessage[], checkpoint: Checkpoint): Promise<Position> {
    return await this.#projection.apply(batch, checkpoint);
  }

  async clear(): Promise<void> {
    await this.#projection.clear();
  }

  async digest(): Promise<ProjectionDigest> {
    return await this.#projection.digest();
  }

  newestEvent(): Witness | undefined {
    return this.#projection.newestEvent?.();
  }

  async close(): Promise<void> {
    await this.#projection.close();
  }
}
