import type { StoreEntry, StoreManifest } from '#stores/catalog-document';
import type {
  ArtifactFetchOptions,
  ArtifactRef,
  ArtifactStream,
  CatalogFetch,
  FetchOptions,
  Store,
} from '#stores/store';
import { isStoreError, type StoreBackend } from '#stores/store-error';

/**
 * Two stores as one: what the first does not have, or does not give, comes from the second. The catalog is that of the
 * first alone.
 */
export class FallbackStore implements Store {
  readonly backend: StoreBackend;
  readonly source: string;
  readonly #first: Store;
  readonly #second: Store;

  /** Errors of both together name `source`; those of one of them its own. */
  constructor(first: Store, second: Store, source = first.source) {
    this.backend = first.backend;
    this.source = source;
    this.#first = first;
    this.#second = second;
  }

  async fetchCatalog(ifNoneMatch?: string, options: FetchOptions = {}): Promise<CatalogFetch> {
    return await this.#first.fetchCatalog(ifNoneMatch, options);
  }

  async fetchManifest(entry: StoreEntry, options: FetchOptions = {}): Promise<StoreManifest> {
    return await this.#either((store) => store.fetchManifest(entry, options));
  }

  async fetchArtifact(
    entry: StoreEntry,
    artifact: ArtifactRef,
    options: ArtifactFetchOptions = {},
  ): Promise<ArtifactStream> {
    const fetch = async (store: Store): Promise<ArtifactStream> =>
      store.fetchArtifact(entry, artifact, options);
    // Its bytes were wrong before.
    if (options.last?.has(this.#first.source) !== true) return await this.#either(fetch);
    try {
      return await fetch(this.#second);
    } catch (error) {
      if (isStoreError(error, 'not_found')) return await fetch(this.#first);
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.#first.close();
    await this.#second.close();
  }

  /** The error of the first counts where the second does not know either. */
  async #either<T>(fetch: (store: Store) => Promise<T>): Promise<T> {
    try {
      return await fetch(this.#first);
    } catch (error) {
      if (!isStoreError(error)) throw error;
      try {
        return await fetch(this.#second);
      } catch (second) {
        throw isStoreError(second, 'not_found') ? error : second;
      }
    }
  }
}
