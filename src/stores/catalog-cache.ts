import type { Sha256 } from '#domain/digest';
import { backoffMs } from '#flow/backoff';
import type { Clock } from '#flow/clock';
import { SingleFlight } from '#flow/single-flight';
import { type StoreCatalog, writeCatalog } from '#stores/catalog-document';
import type { FetchOptions, Store } from '#stores/store';
import { isStoreError, StoreError } from '#stores/store-error';

/**
 * live         asks the store when its catalog is older than its time
 * frozen       never asks again: what was loaded last is what there is
 * cached-only  never asks at all
 */
export type CatalogMode = 'live' | 'frozen' | 'cached-only';

export interface CatalogCacheOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly mode: CatalogMode;
  /** How long a catalog is taken for the newest; how often the background asks. */
  readonly ttlMs: number;
  /** What was loaded before this process; it counts as old. Default none. */
  readonly initial?: { readonly catalog: StoreCatalog; readonly etag: string } | undefined;
  /** How long the background waits after errors: longer with each, at most the cap. */
  readonly backoff: { readonly baseMs: number; readonly capMs: number };
}

/** A catalog as this node knows it. */
export interface CachedCatalog {
  readonly catalog: StoreCatalog;
  readonly etag: string;
  /** Of the catalog written canonically. */
  readonly sha256: Sha256;
  /** Counts the changes that this node has seen, from 1. Never goes back, whatever the store gives. */
  readonly epoch: number;
}

/** How the cache stands, for people and readiness. */
export interface CatalogCacheState {
  readonly mode: CatalogMode;
  readonly epoch: number;
  /** Since the store last confirmed the catalog; `undefined` when it never has. */
  readonly ageMs: number | undefined;
  readonly lastError: StoreError | undefined;
  /** Errors in a row. */
  readonly errors: number;
}

/** Keeps the catalog of a store. However many ask, the store is asked once at a time. */
export class CatalogCache {
  readonly #options: CatalogCacheOptions;
  readonly #flight = new SingleFlight<'catalog', void>();
  #current: CachedCatalog | undefined;
  #confirmedMs: number | undefined;
  #lastError: StoreError | undefined;
  #errors = 0;

  constructor(options: CatalogCacheOptions) {
    this.#options = options;
    if (options.initial !== undefined) this.#take(options.initial);
  }

  get state(): CatalogCacheState {
    const { mode, clock } = this.#options;
    const confirmed = this.#confirmedMs;
    return {
      mode,
      epoch: this.#current?.epoch ?? 0,
      ageMs: confirmed === undefined ? undefined : clock.monotonicMs() - confirmed,
      lastError: this.#lastError,
      errors: this.#errors,
    };
  }

  /** The catalog, however old; `undefined` when none was ever loaded. */
  get current(): CachedCatalog | undefined {
    return this.#current;
  }

  /**
   * Gives the catalog that is there, however old; waits for the store only when there is none.
   * @throws cached_only, unavailable when the mode forbids to ask and nothing was loaded; what the store throws
   */
  async get(options: FetchOptions = {}): Promise<CachedCatalog> {
    if (this.#current === undefined) await this.refresh(options);
    if (this.#current === undefined) throw this.#nothing();
    return this.#current;
  }

  /**
   * Asks the store now, unless the mode forbids it or somebody is asking already: then that answer counts.
   * @throws what the store throws; the catalog stays as it was
   */
  async refresh({ signal }: FetchOptions = {}): Promise<void> {
    const { mode } = this.#options;
    if (mode === 'cached-only' || (mode === 'frozen' && this.#current !== undefined)) return;
    if (mode === 'frozen') throw this.#nothing();
    await this.#flight.run(
      'catalog',
      (shared) => this.#ask(shared),
      signal === undefined ? {} : { signal },
    );
  }

  /** Asks the store again and again until the signal aborts. Errors show in `state`. */
  async keepFresh(signal: AbortSignal): Promise<void> {
    const { clock, ttlMs, backoff, mode } = this.#options;
    if (mode !== 'live') return;
    while (!signal.aborted) {
      await this.refresh({ signal }).catch(() => undefined);
      const waitMs = this.#errors === 0 ? ttlMs : backoffMs(this.#errors, backoff);
      await clock.sleep(waitMs, signal).catch(() => undefined);
    }
  }

  async #ask(signal: AbortSignal): Promise<void> {
    const { store, clock } = this.#options;
    try {
      const fetched = await store.fetchCatalog(this.#current?.etag, { signal });
      if (fetched.kind === 'catalog') {
        this.#take(fetched);
      } else if (this.#current === undefined) {
        throw new StoreError('validation', store, {
          verb: 'take the catalog',
          is: 'it says that nothing has changed, and has never given a catalog',
        });
      }
      this.#confirmedMs = clock.monotonicMs();
      this.#lastError = undefined;
      this.#errors = 0;
    } catch (error) {
      if (!isStoreError(error)) throw error;
      this.#lastError = error;
      this.#errors += 1;
      throw error;
    }
  }

  /** What counts is the content: servers behind one address may give it different tags, or different ones the same. */
  #take({ catalog, etag }: { readonly catalog: StoreCatalog; readonly etag: string }): void {
    const current = this.#current;
    const { sha256 } = writeCatalog(catalog);
    this.#current =
      current?.sha256 === sha256
        ? { ...current, etag }
        : { catalog, etag, sha256, epoch: (current?.epoch ?? 0) + 1 };
  }

  #nothing(): StoreError {
    const { mode, store } = this.#options;
    return mode === 'cached-only'
      ? new StoreError('cached_only', store, {
          verb: 'fetch the catalog',
          is: 'only what is cached may be used, and no catalog is',
        })
      : new StoreError('unavailable', store, {
          verb: 'fetch the catalog',
          is: 'the registry is frozen, and none was loaded before',
        });
  }
}
