import type { DatasetName } from '#domain/dataset-name';
import {
  entryIndex,
  type StoreEntry,
  type StoreManifest,
  writeCatalog,
} from '#stores/catalog-document';
import type { KeptSource, SourceState } from '#stores/federated/kept-source';
import { type MergedCatalog, mergeCatalogs } from '#stores/federated/merge-catalogs';
import type {
  ArtifactFetchOptions,
  ArtifactRef,
  ArtifactStream,
  CatalogFetch,
  FetchOptions,
  Store,
} from '#stores/store';
import { isStoreError, StoreError } from '#stores/store-error';

/** How one source of a federation stands, for people and for `/debug/registry-health`. */
export interface SourceHealth extends SourceState {
  readonly name: string;
  /** 0 comes first. */
  readonly priority: number;
  /** Datasets in its last good catalog. */
  readonly datasets: number;
  /** Those of them that a source before it holds already. */
  readonly shadowedDatasets: number;
}

interface Merged extends MergedCatalog {
  readonly etag: string;
}

interface Wanted {
  readonly entry: StoreEntry;
  readonly holds: (own: StoreEntry) => boolean;
  /** Sources to ask last. */
  readonly last?: ReadonlySet<string> | undefined;
}

/** Many stores as one. Sources are given in the order of their priority, see `bySourcePriority`. */
export class FederatedStore implements Store {
  readonly backend = 'federated';
  readonly source = 'federated';
  readonly #sources: readonly KeptSource[];
  #merged: Merged | undefined;
  #mergedOf: readonly unknown[] = [];

  constructor(sources: readonly KeptSource[]) {
    this.#sources = sources;
  }

  /** How every source stands, in the order of priority. */
  get health(): readonly SourceHealth[] {
    return this.#sources.map((source, priority) => ({
      name: source.store.source,
      priority,
      datasets: source.catalog?.datasets.length ?? 0,
      shadowedDatasets: this.#merged?.shadowed.get(source.store.source) ?? 0,
      ...source.state,
    }));
  }

  /**
   * Asks every source and merges what they have, or had last.
   * @throws when no source has ever given a catalog: the class of their errors, unavailable where they differ
   */
  async fetchCatalog(ifNoneMatch?: string, options: FetchOptions = {}): Promise<CatalogFetch> {
    await Promise.all(this.#sources.map((source) => source.refresh(options)));
    options.signal?.throwIfAborted();
    const { etag, catalog } = this.#merge();
    return etag === ifNoneMatch ? { kind: 'not_modified' } : { kind: 'catalog', etag, catalog };
  }

  async fetchManifest(entry: StoreEntry, options: FetchOptions = {}): Promise<StoreManifest> {
    const holds = (own: StoreEntry): boolean => own.manifest.sha256 === entry.manifest.sha256;
    return await this.#firstOf({ entry, holds }, async (store, own) =>
      store.fetchManifest(own, options),
    );
  }

  async fetchArtifact(
    entry: StoreEntry,
    artifact: ArtifactRef,
    options: ArtifactFetchOptions = {},
  ): Promise<ArtifactStream> {
    const holds = (own: StoreEntry): boolean => own.artifact.sha256 === entry.artifact.sha256;
    return await this.#firstOf({ entry, holds, last: options.last }, async (store, own) =>
      store.fetchArtifact(own, artifact, options),
    );
  }

  /**
   * Merges what the sources have kept from an earlier process, without asking any; `undefined` when none has anything.
   * Before the first `fetchCatalog`.
   */
  async restore(): Promise<Extract<CatalogFetch, { kind: 'catalog' }> | undefined> {
    await Promise.all(this.#sources.map((source) => source.restore()));
    if (this.#sources.every(({ catalog }) => catalog === undefined)) return undefined;
    const { etag, catalog } = this.#merge();
    return { kind: 'catalog', etag, catalog };
  }

  async close(): Promise<void> {
    await Promise.all(this.#sources.map(({ store }) => store.close()));
  }

  #merge(): Merged {
    const kept = this.#sources.flatMap(({ store, catalog }) =>
      catalog === undefined ? [] : [{ source: store.source, catalog }],
    );
    if (kept.length === 0) throw this.#noCatalog();
    const inputs = kept.map(({ catalog }) => catalog);
    const isSame =
      inputs.length === this.#mergedOf.length && inputs.every((c, i) => c === this.#mergedOf[i]);
    if (this.#merged === undefined || !isSame) {
      const merged = mergeCatalogs(kept);
      this.#merged = { ...merged, etag: `"${writeCatalog(merged.catalog).sha256}"` };
      this.#mergedOf = inputs;
    }
    return this.#merged;
  }

  /** Asks the owner of a dataset, then every other source that holds the same bytes. */
  async #firstOf<T>(
    wanted: Wanted,
    fetch: (store: Store, own: StoreEntry) => Promise<T>,
  ): Promise<T> {
    const { entry } = wanted;
    const failures: StoreError[] = [];
    for (const { store, own } of this.#holders(wanted)) {
      try {
        return await fetch(store, own);
      } catch (error) {
        if (!isStoreError(error)) throw error;
        failures.push(error);
      }
    }
    const [first] = failures;
    if (first === undefined)
      throw this.#error('not_found', `no source holds dataset "${entry.name}" with these bytes`);
    const is = failures.map(({ message }) => message).join(' | ');
    throw this.#error(first.class, is, first);
  }

  #holders({ entry: { name }, holds, last }: Wanted): { store: Store; own: StoreEntry }[] {
    const owner = this.#merged?.owners.get(name);
    const found = this.#sources.flatMap(({ store, catalog }) => {
      const own = catalog === undefined ? undefined : entryOf(catalog.datasets, name);
      return own !== undefined && holds(own) ? [{ store, own }] : [];
    });
    const rank = ({ source }: Store): number =>
      (source === owner ? 0 : 1) + (last?.has(source) === true ? 2 : 0);
    // The sort is stable: behind the owner they stay in the order of priority.
    return found.toSorted((a, b) => rank(a.store) - rank(b.store));
  }

  #noCatalog(): StoreError {
    const errors = this.#sources.flatMap(({ state }) => state.lastError ?? []);
    const [first] = errors;
    const isOneClass = errors.every((error) => error.class === first?.class);
    const is = `no source has a catalog: ${errors.map(({ message }) => message).join(' | ')}`;
    return this.#error(isOneClass ? (first?.class ?? 'unavailable') : 'unavailable', is, first);
  }

  #error(errorClass: StoreError['class'], is: string, cause?: StoreError): StoreError {
    return new StoreError(errorClass, this, { verb: 'fetch', is, cause });
  }
}

function entryOf(entries: readonly StoreEntry[], name: DatasetName): StoreEntry | undefined {
  const entry = entries[entryIndex(entries, name)];
  return entry?.name === name ? entry : undefined;
}
