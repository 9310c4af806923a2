import { CircuitBreaker, type CircuitState } from '#flow/circuit-breaker';
import type { Clock } from '#flow/clock';
import type { StoreEntry, StoreManifest } from '#stores/catalog-document';
import type {
  ArtifactFetchOptions,
  ArtifactRef,
  ArtifactStream,
  CatalogFetch,
  FetchOptions,
  Store,
} from '#stores/store';
import { isStoreError, type StoreBackend, StoreError } from '#stores/store-error';
import { ToldStore } from '#stores/told-store';

export interface GuardedStoreOptions {
  readonly store: Store;
  readonly clock: Clock;
  /** Failures in a row after which the store is left alone. */
  readonly failuresMax: number;
  /** How long it is left alone. */
  readonly openMs: number;
  /** Hears of every error of the store, those in the middle of an artifact included. Must not throw. */
  readonly onError: (error: StoreError) => void;
}

/** Keeps requests away from a store that fails, lets one at a time find out whether it is back, and tells every error. */
export class GuardedStore implements Store {
  readonly backend: StoreBackend;
  readonly source: string;
  readonly #store: Store;
  readonly #breaker: CircuitBreaker;

  constructor(options: GuardedStoreOptions) {
    const { store, clock, failuresMax, openMs, onError } = options;
    this.backend = store.backend;
    this.source = store.source;
    this.#store = new ToldStore(store, onError);
    this.#breaker = new CircuitBreaker({
      failuresMax,
      openMs,
      clock,
      isFailure: (error) => !isStoreError(error) || error.isRetryable,
      refusal: ({ retryAfterSeconds, cause }) =>
        new StoreError('unavailable', store, {
          verb: 'fetch',
          is: `it has failed ${failuresMax} times and is left alone for ${retryAfterSeconds} s`,
          cause,
        }),
    });
  }

  /** How its circuit stands. */
  get circuit(): CircuitState {
    return this.#breaker.state;
  }

  async fetchCatalog(ifNoneMatch?: string, options: FetchOptions = {}): Promise<CatalogFetch> {
    return await this.#run(options, () => this.#store.fetchCatalog(ifNoneMatch, options));
  }

  async fetchManifest(entry: StoreEntry, options: FetchOptions = {}): Promise<StoreManifest> {
    return await this.#run(options, () => this.#store.fetchManifest(entry, options));
  }

  async fetchArtifact(
    entry: StoreEntry,
    artifact: ArtifactRef,
    options: ArtifactFetchOptions = {},
  ): Promise<ArtifactStream> {
    return await this.#run(options, () => this.#store.fetchArtifact(entry, artifact, options));
  }

  async close(): Promise<void> {
    await this.#store.close();
  }

  async #run<T>({ signal }: FetchOptions, work: () => Promise<T>): Promise<T> {
    return await this.#breaker.run(work, signal === undefined ? {} : { signal });
  }
}
