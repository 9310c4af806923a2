import type { StoreEntry, StoreManifest } from '#stores/catalog-document';
import type {
  ArtifactFetchOptions,
  ArtifactRef,
  ArtifactStream,
  CatalogFetch,
  FetchOptions,
  Store,
} from '#stores/store';
import { isStoreError, type StoreBackend, type StoreError } from '#stores/store-error';

/** Tells every error of a store, those in the middle of an artifact included, and is that store otherwise. */
export class ToldStore implements Store {
  readonly backend: StoreBackend;
  readonly source: string;
  readonly #store: Store;
  readonly #onError: (error: StoreError) => void;

  /** The listener must not throw. */
  constructor(store: Store, onError: (error: StoreError) => void) {
    this.backend = store.backend;
    this.source = store.source;
    this.#store = store;
    this.#onError = onError;
  }

  async fetchCatalog(ifNoneMatch?: string, options?: FetchOptions): Promise<CatalogFetch> {
    return await this.#told(() => this.#store.fetchCatalog(ifNoneMatch, options));
  }

  async fetchManifest(entry: StoreEntry, options?: FetchOptions): Promise<StoreManifest> {
    return await this.#told(() => this.#store.fetchManifest(entry, options));
  }

  async fetchArtifact(
    entry: StoreEntry,
    artifact: ArtifactRef,
    options?: ArtifactFetchOptions,
  ): Promise<ArtifactStream> {
    const stream = await this.#told(() => this.#store.fetchArtifact(entry, artifact, options));
    return { ...stream, chunks: this.#toldChunks(stream.chunks) };
  }

  async close(): Promise<void> {
    await this.#store.close();
  }

  async #told<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (isStoreError(error)) this.#onError(error);
      throw error;
    }
  }

  async *#toldChunks(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    try {
      yield* chunks;
    } catch (error) {
      if (isStoreError(error)) this.#onError(error);
      throw error;
    }
  }
}
