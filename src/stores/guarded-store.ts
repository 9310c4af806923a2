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
  readonly #options: GuardedStoreOptions;
  readonly #breaker: CircuitBreaker;

  constructor(options: GuardedStoreOptions) {
    const { store, clock, failuresMax, openMs } = options;
    this.backend = store.backend;
    this.source = store.source;
    this.#options = options;
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
    return await this.#run(options, () => this.#options.store.fetchCatalog(ifNoneMatch, options));
  }

  async fetchManifest(entry: StoreEntry, options: FetchOptions = {}): Promise<StoreManifest> {
    return await this.#run(options, () => this.#options.store.fetchManifest(entry, options));
  }

  async fetchArtifact(
    entry: StoreEntry,
    artifact: ArtifactRef,
    options: ArtifactFetchOptions = {},
  ): Promise<ArtifactStream> {
    const stream = await this.#run(options, () =>
      this.#options.store.fetchArtifact(entry, artifact, options),
    );
    return { ...stream, chunks: this.#told(stream.chunks) };
  }

  async close(): Promise<void> {
    await this.#options.store.close();
  }

  async #run<T>({ signal }: FetchOptions, work: () => Promise<T>): Promise<T> {
    const told = async (): Promise<T> => {
      try {
        return await work();
      } catch (error) {
        if (isStoreError(error)) this.#options.onError(error);
        throw error;
      }
    };
    return await this.#breaker.run(told, signal === undefined ? {} : { signal });
  }

  async *#told(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    try {
      yield* chunks;
    } catch (error) {
      if (isStoreError(error)) this.#options.onError(error);
      throw error;
    }
  }
}
