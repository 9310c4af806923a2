import { adoptFiles } from '#cache/adopt-files';
import { ArtifactFetch } from '#cache/artifact-fetch';
import { ArtifactFiles } from '#cache/artifact-files';
import { Background } from '#cache/background';
import { unknownDataset } from '#cache/cache-errors';
import type { CacheEvent } from '#cache/cache-event';
import { CacheRoom } from '#cache/cache-room';
import { CacheCounter, type CacheState, cacheState } from '#cache/cache-state';
import type { CachedFile, Lease } from '#cache/cached-file';
import { ClaimsFile } from '#cache/claims-file';
import { checkOptions, type DatasetCacheOptions } from '#cache/dataset-cache-options';
import { DatasetShards } from '#cache/dataset-shards';
import { Holds } from '#cache/holds';
import { type CheckResult, type FileCheck, Integrity } from '#cache/integrity';
import { Leases } from '#cache/leases';
import { datasetKey, Ledger, type Wanted } from '#cache/ledger';
import { Quarantine } from '#cache/quarantine';
import { Removals } from '#cache/removals';
import { repair } from '#cache/repair';
import type { ServedDataset } from '#cache/served-dataset';
import { warmUp } from '#cache/warm-up';
import type { Sha256 } from '#domain/digest';
import { RegistryError } from '#domain/errors';
import { DEFAULT_SCOPE, scopeKey } from '#domain/scope';
import type { FetchOptions } from '#stores/store';

/**
 * Keeps artifacts of datasets as local files for as long as they are of use.
 *
 * | a file is    | who gets it                          | what ends that                                        |
 * | ------------ | ------------------------------------ | ----------------------------------------------------- |
 * | absent       | nobody; whoever asks downloads it    | a download whose bytes are right                      |
 * | in service   | everybody                            | eviction, a report, a check that fails                |
 * | suspected    | nobody; whoever asks waits           | a check of all its bytes, which began with the report |
 * | quarantined  | nobody; whoever asks is refused      | time                                                  |
 * | replaced     | whoever asks while the new one comes | the new one is there and nobody holds the old one     |
 */
export class DatasetCache {
  readonly #options: DatasetCacheOptions;
  readonly #stop = new AbortController();
  readonly #counter = new CacheCounter();
  readonly #files: ArtifactFiles;
  readonly #claims: ClaimsFile;
  readonly #background: Background;
  readonly #ledger: Ledger;
  readonly #holds: Holds;
  readonly #quarantine: Quarantine;
  readonly #room: CacheRoom;
  readonly #fetch: ArtifactFetch;
  readonly #integrity: Integrity;
  readonly #leases: Leases;
  readonly #shards: DatasetShards;
  #isStarted = false;

  constructor(options: DatasetCacheOptions) {
    checkOptions(options);
    this.#options = options;
    const { signal } = this.#stop;
    const onEvent = (event: CacheEvent): void => this.#tell(event);
    this.#files = new ArtifactFiles(options);
    this.#background = new Background(signal, onEvent);
    this.#ledger = new Ledger({
      clock: options.clock,
      onChange: () => this.#rememberClaims(),
      onOrphan: () => this.#evictOrphans(),
    });
    this.#claims = new ClaimsFile(options.root, () => this.#ledger.claims());
    this.#holds = new Holds((sha256) => {
      if (this.#ledger.get(sha256)?.isOrphan === true) this.#evictOrphans();
    });
    this.#quarantine = new Quarantine({ ...options.quarantine, clock: options.clock });
    const removals = new Removals({ files: this.#files, onForget: options.onForget, onEvent });
    const shared = {
      ...options,
      files: this.#files,
      ledger: this.#ledger,
      holds: this.#holds,
      quarantine: this.#quarantine,
      background: this.#background,
      removals,
      onEvent,
      signal,
    };
    this.#room = new CacheRoom(shared);
    this.#integrity = new Integrity({
      ...shared,
      repair: async (loss) => repair(loss, { ...shared, fetch: this.#fetch }, { signal }),
    });
    this.#fetch = new ArtifactFetch({
      ...shared,
      room: this.#room,
      onWrongBytes: (sha256, why) => this.#integrity.failedDownload(sha256, why),
    });
    this.#leases = new Leases({
      ...shared,
      room: this.#room,
      integrity: this.#integrity,
      fetch: this.#fetch,
      counter: this.#counter,
    });
    this.#shards = new DatasetShards({
      lease: async (wanted, fetching) => this.#leases.current(wanted, fetching),
      onDamage: async (file, why) => {
        const kept = this.#ledger.get(file.sha256);
        if (kept !== undefined) await this.#integrity.damaged(kept, why);
      },
    });
  }

  /**
   * Removes what was cut off with an earlier process, takes up what it has left without reading it, and begins to check it.
   * @throws what a lease throws, when the warm-up is fatal: close it then all the same
   */
  async start(): Promise<void> {
    const { warmup, cachedOnly } = this.#options;
    await adoptFiles({ files: this.#files, claims: this.#claims, ledger: this.#ledger });
    this.#isStarted = true;
    this.#background.run({ work: 'scrub', subject: 'all' }, async () => this.#integrity.scrub());
    // What is evicted then could not be had again.
    if (cachedOnly) return;
    this.#background.run({ work: 'evict', subject: 'all' }, async () => this.#keepSweeping());
    if (warmup.isFatal) await this.#warmUp();
    else this.#background.run({ work: 'warm-up', subject: 'all' }, async () => this.#warmUp());
  }

  /** Ends what runs, and waits for it. Leases that are out keep their files until the next start. */
  async close(): Promise<void> {
    this.#stop.abort(
      new RegistryError('NOT_READY', 'Cannot use the dataset cache: it is closed (want it open)'),
    );
    await this.#background.ended();
    await this.#fetch.ended();
    // The order of use has changed since.
    this.#rememberClaims();
    await this.#background.ended();
  }

  /**
   * Gives the file of a dataset when it can be used at once, without waiting for anything. It counts as a use. Nothing keeps
   * the file from being removed afterwards, after `onForget`; `undefined`: ask for a lease.
   */
  ready(dataset: ServedDataset): CachedFile | undefined {
    const { sha256, bytes } = dataset.entry.artifact;
    const kept = this.#ledger.get(sha256);
    if (kept === undefined || kept.suspicion !== undefined || kept.file.bytes !== bytes)
      return undefined;
    // Whose file it is must be known before it is used: a lease says so.
    if (!kept.users.has(datasetKey(dataset)) || this.#quarantine.leftMs(sha256) > 0)
      return undefined;
    this.#ledger.touch(kept);
    this.#counter.hit();
    return kept.file;
  }

  /** Tells whether the file of a dataset is here. No use of it. */
  has({ entry }: ServedDataset): boolean {
    const kept = this.#ledger.get(entry.artifact.sha256);
    return kept !== undefined && kept.suspicion === undefined;
  }

  /**
   * Makes the artifact of a dataset available and keeps it until it is released. While a newer one is downloaded, the older
   * one is given. Damage is the exception: a file whose bytes are wrong is removed under its leases.
   * @throws NOT_CACHED when only cached files may be used and it is none, or when it is larger than the cache;
   *   DATASET_QUARANTINED; OVERLOADED when there is no room or the disk is full; STORE_UNAVAILABLE when it cannot be
   *   downloaded, or the store does not have it; BUSY when too many downloads wait; NOT_READY before the
   *   start and after the end; what the signal carries
   */
  async lease(dataset: ServedDataset, options: FetchOptions = {}): Promise<Lease> {
    const wanted: Wanted = { dataset, ref: dataset.entry.artifact, kind: 'artifact' };
    this.#checkOpen(options);
    return await this.#leases.currentOrOlder(wanted, options);
  }

  /**
   * Leases the shard of a dataset that has the rows of a sequence; `undefined` when it has none: its artifact answers then.
   * @throws DATASET_UNUSABLE when the list of shards is wrong; what `lease` throws
   */
  async shard(
    dataset: ServedDataset,
    seqid: string,
    options: FetchOptions = {},
  ): Promise<Lease | undefined> {
    this.#checkOpen(options);
    return await this.#shards.lease(dataset, seqid, options);
  }

  /** Takes note that a file could not be opened or read. Nobody gets it until all its bytes were checked. */
  reportBroken(file: CachedFile, why: string): void {
    this.#integrity.report(file, why);
  }

  /**
   * Reads a file whole and checks it now, by itself or with `check`. A damaged one is taken out of service and downloaded
   * again.
   */
  async verify(sha256: Sha256, check?: FileCheck): Promise<CheckResult> {
    return await this.#integrity.verify(sha256, check);
  }

  /** Evicts a file. Gives `false`, and does nothing, when it is not there, leased or pinned. */
  async evict(sha256: Sha256): Promise<boolean> {
    const kept = this.#ledger.get(sha256);
    if (kept === undefined || this.#holds.count(sha256) > 0 || this.#room.isPinned(kept))
      return false;
    await this.#room.evict(kept, 'asked');
    return true;
  }

  /** How the cache stands. */
  state(): CacheState {
    return cacheState({
      clock: this.#options.clock,
      ledger: this.#ledger,
      holds: this.#holds,
      quarantine: this.#quarantine,
      counts: this.#counter.counts,
      bytesMax: this.#options.limits.bytesMax,
      isPinned: (kept) => this.#room.isPinned(kept),
    });
  }

  #checkOpen({ signal }: FetchOptions): void {
    signal?.throwIfAborted();
    this.#stop.signal.throwIfAborted();
    if (this.#isStarted) return;
    throw new RegistryError(
      'NOT_READY',
      'Cannot use the dataset cache: it has not looked at its files yet (want it started)',
    );
  }

  async #keepSweeping(): Promise<void> {
    const { clock, limits } = this.#options;
    const { signal } = this.#stop;
    while (!signal.aborted) {
      try {
        await this.#room.sweep();
      } catch (error) {
        this.#tell({ kind: 'failed', work: 'evict', subject: 'all', error });
      }
      await clock.sleep(limits.sweepMs, signal);
    }
  }

  async #warmUp(): Promise<void> {
    const { clock, warmup, limits, find } = this.#options;
    const { signal } = this.#stop;
    const scope = scopeKey(DEFAULT_SCOPE);
    await warmUp({
      clock,
      warmup,
      signal,
      datasetsMax: limits.datasetsMax,
      fetch: async (name) => {
        const dataset = await find(scope, name, { signal });
        if (dataset === undefined) throw unknownDataset(name);
        (await this.lease(dataset, { signal }))[Symbol.dispose]();
      },
      onFailure: (name, error) =>
        this.#tell({ kind: 'failed', work: 'warm-up', subject: name, error }),
    });
  }

  #rememberClaims(): void {
    // What is taken up at the start is remembered already.
    if (!this.#isStarted) return;
    this.#background.run({ work: 'write-claims', subject: 'claims' }, async () =>
      this.#claims.write(),
    );
  }

  #evictOrphans(): void {
    if (this.#options.cachedOnly) return;
    this.#background.run({ work: 'evict', subject: 'replaced' }, async () => {
      // The change that has made them is not over.
      await Promise.resolve();
      await this.#room.evictOrphans();
    });
  }

  #tell(event: CacheEvent): void {
    this.#counter.count(event);
    this.#options.onEvent?.(event);
  }
}
