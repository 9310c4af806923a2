import { notCached, readerError } from '#cache/cache-errors';
import type { ServedDataset } from '#cache/served-dataset';
import type { Manifest } from '#domain/dataset';
import type { DatasetName } from '#domain/dataset-name';
import { catalogEntry } from '#domain/manifest-document';
import { DEFAULT_SCOPE, type Scope, scopeKey } from '#domain/scope';
import { SHARD_LIST_KEY } from '#domain/table-declaration';
import { SingleFlight } from '#flow/single-flight';
import type { CatalogCache } from '#stores/catalog-cache';
import { entryIndex, type StoreEntry, type StoreManifest } from '#stores/catalog-document';
import type { ManifestKeeper } from '#stores/federated/kept-manifests';
import type { FetchOptions, Store } from '#stores/store';

/** The datasets of this registry's own log. */
export interface OwnDatasets {
  /** Changes whenever an answer of the others may have changed. */
  readonly position: number;
  find(scope: Scope, name: DatasetName): Manifest | undefined;
  /** Published datasets behind a name, sorted by name. */
  list(scope: Scope, page: { readonly after: string; readonly limit: number }): readonly Manifest[];
}

/** Where datasets of others come from. */
export interface SourceDatasets {
  readonly store: Store;
  readonly catalog: CatalogCache;
  /** Where their manifests are kept for the next process; nowhere when absent. */
  readonly manifests?: ManifestKeeper;
}

export interface DatasetDirectoryOptions {
  readonly own: OwnDatasets;
  /** They belong to the default scope. Absent where none is declared. */
  readonly sources: SourceDatasets | undefined;
}

/** A dataset as a list shows it. */
export interface ListedDataset {
  readonly entry: StoreEntry;
  readonly isOwn: boolean;
}

const KEPT_MAX = 10_000;

/** Says which artifact stands behind a name: that of this registry's own log, else that of a source. */
export class DatasetDirectory {
  readonly #options: DatasetDirectoryOptions;
  readonly #manifests = new SingleFlight<string, StoreManifest>();
  /** Manifests of sources by their digest: they never change. */
  readonly #kept = new Map<string, ServedDataset>();
  readonly #own = new Map<string, ServedDataset>();
  #found = new Map<string, ServedDataset | undefined>();
  #foundAt = { position: -1, epoch: -1 };

  constructor(options: DatasetDirectoryOptions) {
    this.#options = options;
  }

  /** Another text whenever an answer may be another one. */
  get version(): string {
    const { own, sources } = this.#options;
    return `${own.position} ${sources?.catalog.current?.epoch ?? 0}`;
  }

  /**
   * Finds a dataset without waiting for anything: `undefined` when nobody has it, or nobody has asked for it before.
   */
  known(scope: Scope, name: DatasetName): ServedDataset | undefined {
    this.#forgetOld();
    const key = `${scopeKey(scope)} ${name}`;
    const known = this.#found.get(key);
    if (known !== undefined) return known;
    const found = this.#ownDataset(scope, name) ?? this.#keptDataset(scope, name);
    if (found !== undefined) this.#found.set(key, found);
    return found;
  }

  /**
   * Finds a dataset; `undefined` when nobody has it.
   * @throws NOT_CACHED, STORE_UNAVAILABLE when the manifest of a source cannot be had
   */
  async find(
    scope: Scope,
    name: DatasetName,
    options: FetchOptions = {},
  ): Promise<ServedDataset | undefined> {
    const known = this.known(scope, name);
    if (known !== undefined) return known;
    const entry = this.#sourceEntry(scope, name);
    if (entry === undefined) return undefined;
    const manifest = await this.#manifest(entry, options);
    const served = { scope: scopeKey(scope), name, entry, ...readingOf(manifest) };
    if (this.#kept.size >= KEPT_MAX) this.#kept.clear();
    this.#kept.set(keptKey(entry), served);
    return served;
  }

  /** Lists datasets behind a name, sorted by name: own ones hide those of sources with the same name. */
  list(
    scope: Scope,
    page: { readonly after: string; readonly limit: number },
  ): readonly ListedDataset[] {
    const own = this.#options.own.list(scope, page).flatMap((manifest) => {
      const entry = catalogEntry(manifest);
      return entry === undefined ? [] : [{ entry: entry as StoreEntry, isOwn: true }];
    });
    const entries = this.#sourceEntries(scope);
    const from = entryIndex(entries, page.after as DatasetName);
    const start = entries[from]?.name === page.after ? from + 1 : from;
    const names = new Set(own.map(({ entry }) => entry.name));
    // Each own name can hide one of theirs.
    const others = entries
      .slice(start, start + page.limit + own.length)
      .filter(({ name }) => !names.has(name) && this.#ownDataset(scope, name) === undefined)
      .map((entry) => ({ entry, isOwn: false }));
    return [...own, ...others]
      .toSorted((a, b) => (a.entry.name < b.entry.name ? -1 : 1))
      .slice(0, page.limit);
  }

  /** What was found is right until something changes. */
  #forgetOld(): void {
    const { own, sources } = this.#options;
    const { position } = own;
    const epoch = sources?.catalog.current?.epoch ?? 0;
    const isSame = position === this.#foundAt.position && epoch === this.#foundAt.epoch;
    if (isSame && this.#found.size <= KEPT_MAX) return;
    this.#found = new Map();
    this.#foundAt = { position, epoch };
  }

  #ownDataset(scope: Scope, name: DatasetName): ServedDataset | undefined {
    const manifest = this.#options.own.find(scope, name);
    const entry = manifest === undefined ? undefined : catalogEntry(manifest);
    if (manifest === undefined || entry === undefined) return undefined;
    const key = `${scopeKey(scope)} ${name}`;
    const known = this.#own.get(key);
    // The same object as long as it says the same: others keep what they know of it.
    if (known?.entry.manifest.sha256 === entry.manifest.sha256) return known;
    const served = {
      scope: scopeKey(scope),
      name,
      entry: entry as StoreEntry,
      ...readingOf(manifest),
    };
    if (this.#own.size >= KEPT_MAX) this.#own.clear();
    this.#own.set(key, served);
    return served;
  }

  async #manifest(entry: StoreEntry, options: FetchOptions): Promise<StoreManifest> {
    try {
      return await this.#manifests.run(
        entry.manifest.sha256,
        async (signal) => this.#fetchManifest(entry, signal),
        options,
      );
    } catch (error) {
      throw readerError(error, entry.name);
    }
  }

  /** What is kept comes first: it never changes, and its source may be away. */
  async #fetchManifest(entry: StoreEntry, signal: AbortSignal): Promise<StoreManifest> {
    const { sources } = this.#options;
    const kept = await sources?.manifests?.load(entry);
    if (kept !== undefined) return kept;
    if (sources === undefined || sources.catalog.state.mode === 'cached-only')
      throw notCached(entry.name, { backend: 'federated', source: 'federated' });
    const manifest = await sources.store.fetchManifest(entry, { signal });
    await sources.manifests?.save(entry, manifest);
    return manifest;
  }

  #keptDataset(scope: Scope, name: DatasetName): ServedDataset | undefined {
    const entry = this.#sourceEntry(scope, name);
    return entry === undefined ? undefined : this.#kept.get(keptKey(entry));
  }

  #sourceEntry(scope: Scope, name: DatasetName): StoreEntry | undefined {
    const entries = this.#sourceEntries(scope);
    const entry = entries[entryIndex(entries, name)];
    return entry?.name === name ? entry : undefined;
  }

  #sourceEntries(scope: Scope): readonly StoreEntry[] {
    const isTheirs = scopeKey(scope) === scopeKey(DEFAULT_SCOPE);
    return isTheirs ? (this.#options.sources?.catalog.current?.catalog.datasets ?? []) : [];
  }
}

/** Everything that says whose bytes they are: a source may name one manifest under many names. */
function keptKey({ name, manifest, artifact }: StoreEntry): string {
  return `${name} ${manifest.sha256} ${artifact.sha256}`;
}

/** How the artifact is read, as it was released: what was registered since belongs to the next one. */
function readingOf({
  objects,
  release,
}: Pick<StoreManifest, 'objects' | 'release'> | Pick<Manifest, 'objects' | 'release'>): Pick<
  ServedDataset,
  'objects' | 'tables'
> {
  const others = objects.filter(({ key }) => key !== SHARD_LIST_KEY);
  const list = release?.shards === undefined ? [] : [{ key: SHARD_LIST_KEY, ...release.shards }];
  const tables = (release?.tables ?? []).map(({ name, key, range }) =>
    range === undefined ? { name, key } : { name, key, range },
  );
  return { objects: [...others, ...list], tables };
}
