import type { ArtifactFiles } from '#cache/artifact-files';
import { circuitOpen, notCached, quarantined, readerError } from '#cache/cache-errors';
import type { CacheEvent } from '#cache/cache-event';
import type { CacheRoom } from '#cache/cache-room';
import { datasetKey, type Ledger, type Wanted } from '#cache/ledger';
import type { Quarantine } from '#cache/quarantine';
import type { Removals } from '#cache/removals';
import type { Sha256 } from '#domain/digest';
import { isRegistryError } from '#domain/errors';
import { CircuitBreaker } from '#flow/circuit-breaker';
import type { Clock } from '#flow/clock';
import { SingleFlight } from '#flow/single-flight';
import type { FetchOptions } from '#stores/store';
import { isStoreError, type StoreIdentity } from '#stores/store-error';

export interface ArtifactFetchOptions {
  readonly clock: Clock;
  readonly store: StoreIdentity;
  readonly cachedOnly: boolean;
  readonly breaker: { readonly failuresMax: number; readonly openMs: number };
  readonly files: ArtifactFiles;
  readonly ledger: Ledger;
  readonly quarantine: Quarantine;
  readonly removals: Removals;
  readonly room: CacheRoom;
  /** Hears that a download gave wrong bytes to its last attempt. */
  readonly onWrongBytes: (sha256: Sha256, why: string) => void;
  readonly onEvent: (event: CacheEvent) => void;
  /** Aborts when the cache closes. */
  readonly signal: AbortSignal;
}

// Closed circuits are as good as none; this many datasets in trouble at once are remembered.
const BREAKERS_MAX = 10_000;

/**
 * Brings artifacts into service, each once however many ask. In this order: a removal under way, quarantine, cached-only,
 * room, the dataset's circuit, the permit, the download, the ledger. What costs nothing comes first.
 */
export class ArtifactFetch {
  readonly #options: ArtifactFetchOptions;
  readonly #flight = new SingleFlight<Sha256, void>();
  readonly #breakers = new Map<string, CircuitBreaker>();
  readonly #running = new Set<Promise<void>>();

  constructor(options: ArtifactFetchOptions) {
    this.#options = options;
  }

  /**
   * Brings a file into service; whose it is then is for the caller to claim. It stops when nobody waits for it any more.
   * @throws DATASET_QUARANTINED, NOT_CACHED, OVERLOADED, STORE_UNAVAILABLE, BUSY; what the signal carries
   */
  async fetch(wanted: Wanted, { signal }: FetchOptions = {}): Promise<void> {
    try {
      await this.#flight.run(
        wanted.ref.sha256,
        async (shared) => this.#endWith(shared, (ends) => this.#fetch(wanted, ends)),
        { signal },
      );
    } catch (error) {
      throw readerError(error, wanted.dataset.name);
    }
  }

  /** Waits until no download runs any more. */
  async ended(): Promise<void> {
    await Promise.allSettled(this.#running);
  }

  /** Lets work see the end of the cache too. */
  async #endWith(shared: AbortSignal, work: (signal: AbortSignal) => Promise<void>): Promise<void> {
    const { signal } = this.#options;
    const ends = new AbortController();
    const passOn = (): void => ends.abort(shared.reason ?? signal.reason);
    const signals = [shared, signal];
    for (const each of signals) each.addEventListener('abort', passOn);
    try {
      signal.throwIfAborted();
      await work(ends.signal);
    } finally {
      for (const each of signals) each.removeEventListener('abort', passOn);
    }
  }

  async #fetch(wanted: Wanted, signal: AbortSignal): Promise<void> {
    const { cachedOnly, ledger, quarantine, removals, room, store } = this.#options;
    const { dataset, ref } = wanted;
    await removals.ended(ref.sha256);
    const leftMs = quarantine.leftMs(ref.sha256);
    if (leftMs > 0) throw quarantined(dataset.name, { sha256: ref.sha256, leftMs });
    // It came with another flight, between the caller's look and this one.
    if (ledger.get(ref.sha256) !== undefined) return;
    if (cachedOnly) throw notCached(dataset.name, store);
    const release = await room.reserve(wanted);
    try {
      await this.#guarded(wanted, signal);
    } finally {
      release();
    }
  }

  /** Downloads unless the dataset's circuit is open. Ends when the download has, whatever its signal says. */
  async #guarded(wanted: Wanted, signal: AbortSignal): Promise<void> {
    let running: Promise<void> | undefined;
    const work = (): Promise<void> => {
      const download = this.#download(wanted, signal).finally(() => this.#running.delete(download));
      this.#running.add(download);
      running = download;
      return download;
    };
    try {
      await this.#breakerOf(wanted).run(work, { signal });
    } finally {
      await running?.catch(() => undefined);
    }
  }

  async #download({ dataset, ref, kind }: Wanted, signal: AbortSignal): Promise<void> {
    const { clock, files, ledger, onWrongBytes, onEvent } = this.#options;
    const { sha256, bytes } = ref;
    const begunMs = clock.monotonicMs();
    // Whatever lies there is not in service: nobody knows what it is.
    await files.remove(sha256);
    try {
      const path = await files.get(dataset.entry, ref, { signal });
      ledger.add({ sha256, path, bytes }, kind, clock.monotonicMs());
    } catch (error) {
      if (isStoreError(error, 'checksum')) onWrongBytes(sha256, error.message);
      throw error;
    }
    const elapsedMs = clock.monotonicMs() - begunMs;
    onEvent({ kind: 'downloaded', dataset: dataset.name, sha256, bytes, elapsedMs });
  }

  #breakerOf({ dataset }: Wanted): CircuitBreaker {
    const key = datasetKey(dataset);
    const { clock, breaker, store } = this.#options;
    const known = this.#breakers.get(key);
    if (known !== undefined) return known;
    const [oldest] = this.#breakers.keys();
    if (this.#breakers.size >= BREAKERS_MAX && oldest !== undefined) this.#breakers.delete(oldest);
    const made = new CircuitBreaker({
      ...breaker,
      clock,
      // Too many downloads at once say nothing about this dataset.
      isFailure: (error) => !isRegistryError(error),
      refusal: (refusal) => circuitOpen(dataset.name, { ...refusal, source: store.source }),
    });
    this.#breakers.set(key, made);
    return made;
  }
}
