import type { Clock } from '#flow/clock';
import { type StoreCatalog, writeCatalog } from '#stores/catalog-document';
import type { FetchOptions, Store } from '#stores/store';
import { isStoreError, StoreError } from '#stores/store-error';

export interface KeptSourceOptions {
  readonly store: Store;
  readonly clock: Clock;
  /** How long a catalog is taken for the newest. */
  readonly ttlMs: number;
  /** The SHA-256 that the catalog must have, written canonically; any when absent. */
  readonly signature?: string;
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

  async #fetch(options: FetchOptions): Promise<void> {
    const { store, signature } = this.#options;
    const fetched = await store.fetchCatalog(this.#etag, options);
    if (fetched.kind === 'not_modified') {
      if (this.#catalog !== undefined) return;
      throw this.#refuse('it says that nothing has changed, and has never given a catalog');
    }
    if (signature !== undefined) {
      const { sha256 } = writeCatalog(fetched.catalog);
      if (sha256 !== signature)
        throw this.#refuse(`its catalog has SHA-256 "${sha256}" (want "${signature}")`);
    }
    this.#catalog = fetched.catalog;
    this.#etag = fetched.etag;
  }

  #refuse(is: string): StoreError {
    return new StoreError('validation', this.store, { verb: 'take the catalog', is });
  }
}
