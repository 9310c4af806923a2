import type { Clock } from '#flow/clock';
import { type StoreCatalog, writeCatalog } from '#stores/catalog-document';
import type { FetchOptions, Store } from '#stores/store';
import { isStoreError, StoreError, type StoreIdentity } from '#stores/store-error';

export interface KeptSourceOptions {
  readonly store: Store;
  readonly clock: Clock;
  /** How long a catalog is taken for the newest. */
  readonly ttlMs: number;
  /** The SHA-256 that the catalog must have, written canonically; any when absent. */
  readonly signature?: string;
  /** Where the last good catalog is kept for the next process; nowhere when absent. */
  readonly keeper?: CatalogKeeper;
}

/** A catalog as its source named it. */
export interface NamedCatalog {
  readonly etag: string;
  readonly catalog: StoreCatalog;
}

/** Keeps catalogs beyond the process. What cannot be kept or read is as good as not there: none of it throws. */
export interface CatalogKeeper {
  load(source: StoreIdentity): Promise<NamedCatalog | undefined>;
  save(source: StoreIdentity, kept: NamedCatalog): Promise<void>;
}

/** How a source stands. */
export interface SourceState {
  readonly healthy: boolean;
  readonly lastError: StoreError | undefined;
  /** Since the catalog was last confirmed; `undefined` when there never was one. */
  readonly ageMs: number | undefined;
}

/** One source with its last good catalog: while it fails, that one stays, so that what is merged does not flap. */
export class KeptSource {
  readonly store: Store;
  readonly #options: KeptSourceOptions;
  #catalog: StoreCatalog | undefined;
  #etag: string | undefined;
  #confirmedMs: number | undefined;
  #lastError: StoreError | undefined;

  constructor(options: KeptSourceOptions) {
    this.store = options.store;
    this.#options = options;
  }

  /** The last good catalog. */
  get catalog(): StoreCatalog | undefined {
    return this.#catalog;
  }

  get state(): SourceState {
    const { clock } = this.#options;
    const confirmed = this.#confirmedMs;
    return {
      healthy: this.#lastError === undefined && confirmed !== undefined,
      lastError: this.#lastError,
      ageMs: confirmed === undefined ? undefined : clock.monotonicMs() - confirmed,
    };
  }

  /** Asks the source, unless it was asked within its time. What fails shows in `state`; only an aborted signal throws. */
  async refresh(options: FetchOptions): Promise<void> {
    const { clock, ttlMs } = this.#options;
    const isFresh =
      this.#confirmedMs !== undefined && clock.monotonicMs() - this.#confirmedMs < ttlMs;
    if (isFresh && this.#lastError === undefined) return;
    try {
      await this.#fetch(options);
      this.#confirmedMs = clock.monotonicMs();
      this.#lastError = undefined;
    } catch (error) {
      if (!isStoreError(error)) throw error;
      this.#lastError = error;
    }
  }

  /** Takes up what an earlier process has kept. It counts as old: the first `refresh` asks. */
  async restore(): Promise<void> {
    const { store, keeper } = this.#options;
    const kept = await keeper?.load(store);
    if (kept === undefined || this.#catalog !== undefined || !this.#isSigned(kept.catalog)) return;
    this.#catalog = kept.catalog;
    this.#etag = kept.etag;
  }

  async #fetch(options: FetchOptions): Promise<void> {
    const { store, signature, keeper } = this.#options;
    const fetched = await store.fetchCatalog(this.#etag, options);
    if (fetched.kind === 'not_modified') {
      if (this.#catalog !== undefined) return;
      throw this.#refuse('it says that nothing has changed, and has never given a catalog');
    }
    const { catalog, etag } = fetched;
    if (!this.#isSigned(catalog)) {
      const { sha256 } = writeCatalog(catalog);
      throw this.#refuse(`its catalog has SHA-256 "${sha256}" (want "${signature}")`);
    }
    this.#catalog = catalog;
    this.#etag = etag;
    await keeper?.save(store, { catalog, etag });
  }

  #isSigned(catalog: StoreCatalog): boolean {
    const { signature } = this.#options;
    return signature === undefined || writeCatalog(catalog).sha256 === signature;
  }

  #refuse(is: string): StoreError {
    return new StoreError('validation', this.store, { verb: 'take the catalog', is });
  }
}
