import type { Sha256 } from '#domain/digest';
import type { StoreCatalog, StoreEntry, StoreManifest } from '#stores/catalog-document';
import type { StoreBackend } from '#stores/store-error';

/** A catalog as a store gives it. */
export type CatalogFetch =
  | { readonly kind: 'not_modified' }
  | { readonly kind: 'catalog'; readonly etag: string; readonly catalog: StoreCatalog };

export interface FetchOptions {
  /** Ends the fetch; what is open is released. */
  readonly signal?: AbortSignal;
}

/** Which bytes of a dataset: they are named by their digest. */
export interface ArtifactRef {
  readonly sha256: Sha256;
  readonly bytes: number;
}

export interface ArtifactFetchOptions extends FetchOptions {
  /** How many bytes to leave out at the beginning: those that are there already. Default 0. */
  readonly offset?: number;
  /** Sources to ask last, because their bytes were wrong before. Default none. */
  readonly last?: ReadonlySet<string>;
}

/** Bytes on their way. They are not checked: whoever takes them whole compares size and digest. */
export interface ArtifactStream {
  /** Who gives them. */
  readonly source: string;
  /** The size of the whole artifact. */
  readonly bytes: number;
  /** Where these bytes begin. */
  readonly offset: number;
  readonly chunks: AsyncIterable<Uint8Array>;
}

/**
 * A store of published datasets, for reading. Everything in it is named by a digest in its catalog, see
 * `docs/store-layout.md`. All methods throw `StoreError` or what the signal carries. Between two calls a store keeps
 * connections and at most what its last catalog was called.
 */
export interface Store {
  readonly backend: StoreBackend;
  /** The name of the source. */
  readonly source: string;

  /**
   * Gives the catalog, or says that it is still the one of the entity tag.
   * @throws validation, checksum, not_found, timeout, network, unavailable
   */
  fetchCatalog(ifNoneMatch?: string, options?: FetchOptions): Promise<CatalogFetch>;

  /**
   * Gives the manifest of an entry of its catalog, checked against the digest there.
   * @throws not_found, checksum, validation, timeout, network, unavailable
   */
  fetchManifest(entry: StoreEntry, options?: FetchOptions): Promise<StoreManifest>;

  /**
   * Opens the bytes of an artifact. The chunks may throw like the call itself, also in the middle.
   * @throws not_found, timeout, network, unavailable; unsupported where it cannot begin at the offset
   */
  fetchArtifact(
    entry: StoreEntry,
    artifact: ArtifactRef,
    options?: ArtifactFetchOptions,
  ): Promise<ArtifactStream>;

  /** Releases connections. */
  close(): Promise<void>;
}
