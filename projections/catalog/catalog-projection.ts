import { RegistryError } from '#domain/errors';
import type { Position } from '#domain/position';
import type { StoredMessage } from '#log/event-log';
import { CatalogReader } from '#projections/catalog/catalog-reader';
import { CatalogThread } from '#projections/catalog/catalog-thread';
import type { Witness } from '#projections/hash-at';
import type { Checkpoint, Projection, ProjectionDigest } from '#projections/projection';

/**
 * The catalog: every dataset and contract with its history, in a local SQLite file. Written by a thread of its own and
 * read from the main thread.
 */
export class CatalogProjection implements Projection {
  readonly name = 'catalog';
  readonly #path: string;
  #thread: CatalogThread | undefined;
  #reader: CatalogReader | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  /** The reading side. @throws NOT_READY before the projection was opened */
  get reader(): CatalogReader {
    if (this.#reader !== undefined) return this.#reader;
    throw new RegistryError(
      'NOT_READY',
      'Cannot read the catalog: it is not open (want /readyz to say ready)',
      { outcome: 'not-applied', retryAfterSeconds: 1 },
    );
  }

  async open(): Promise<Checkpoint> {
    if (this.#thread?.hasEnded === true) this.#thread = undefined;
    this.#thread ??= new CatalogThread(this.#path);
    const checkpoint = (await this.#thread.open()) as Checkpoint;
    // The writer may have replaced a damaged file.
    this.#reader?.close();
    this.#reader = new CatalogReader(this.#path);
    return checkpoint;
  }

  async apply(batch: readonly StoredMessage[], checkpoint: Checkpoint): Promise<Position> {
    if (this.#thread === undefined) throw new Error('The catalog is not open');
    return (await this.#thread.apply(batch, checkpoint.streamCreated)) as Position;
  }

  async clear(): Promise<void> {
    await this.#thread?.clear();
  }

  async digest(): Promise<ProjectionDigest> {
    return await this.reader.digest();
  }

  newestEvent(): Witness | undefined {
    return this.#reader?.newestEvent();
  }

  async close(): Promise<void> {
    this.#reader?.close();
    this.#reader = undefined;
    await this.#thread?.close();
    this.#thread = undefined;
  }
}
