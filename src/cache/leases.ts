import type { ArtifactFetch } from '#cache/artifact-fetch';
import type { ArtifactFiles } from '#cache/artifact-files';
import type { Background } from '#cache/background';
import { damagedAtOnce, wrongEntry } from '#cache/cache-errors';
import type { CacheRoom } from '#cache/cache-room';
import type { CacheCounter } from '#cache/cache-state';
import type { Lease } from '#cache/cached-file';
import type { Holds } from '#cache/holds';
import type { Integrity } from '#cache/integrity';
import { datasetKey, type KeptFile, type Ledger, type Wanted } from '#cache/ledger';
import type { Quarantine } from '#cache/quarantine';
import type { Sha256 } from '#domain/digest';
import { isRegistryError } from '#domain/errors';
import { untilAborted } from '#flow/until-aborted';
import type { FetchOptions } from '#stores/store';

export interface LeasesOptions {
  readonly cachedOnly: boolean;
  readonly continueAfterTimeout: boolean;
  readonly files: ArtifactFiles;
  readonly ledger: Ledger;
  readonly holds: Holds;
  readonly quarantine: Quarantine;
  readonly integrity: Integrity;
  readonly fetch: ArtifactFetch;
  readonly room: CacheRoom;
  readonly background: Background;
  readonly counter: CacheCounter;
}

/** How often a file may be gone again between its download and its lease. */
const FETCHES_MAX = 3;

/** Lends files, and sees to it that they are there. */
export class Leases {
  readonly #options: LeasesOptions;
  /** New artifacts that are downloaded while older ones are served. */
  readonly #refreshing = new Set<Sha256>();
  /** Of datasets with such a download: the artifact that was asked for last. An earlier one must not take its place. */
  readonly #latest = new Map<string, Sha256>();

  constructor(options: LeasesOptions) {
    this.#options = options;
  }

  /** Leases a file, or the older artifact of its dataset while the new one is downloaded. */
  async currentOrOlder(wanted: Wanted, options: FetchOptions): Promise<Lease> {
    const present = await this.#present(wanted, options);
    return (
      present ?? (await this.#older(wanted, options)) ?? (await this.#fetched(wanted, options))
    );
  }

  /** Leases a file, and no other. */
  async current(wanted: Wanted, options: FetchOptions): Promise<Lease> {
    return (await this.#present(wanted, options)) ?? (await this.#fetched(wanted, options));
  }

  async #present(wanted: Wanted, options: FetchOptions): Promise<Lease | undefined> {
    const { counter } = this.#options;
    const lease = await this.#holding(wanted.ref.sha256, (release) =>
      this.#take(wanted, release, options),
    );
    if (lease !== undefined) counter.hit();
    return lease;
  }

  async #fetched(wanted: Wanted, options: FetchOptions): Promise<Lease> {
    const { background, counter, continueAfterTimeout, fetch, room } = this.#options;
    const { dataset, ref } = wanted;
    const lease = await this.#holding(ref.sha256, async (release) => {
      counter.miss();
      // One more that waits for the same download, and never loses interest.
      if (continueAfterTimeout && room.isPinnedDataset(datasetKey(dataset)))
        background.run({ work: 'download', subject: dataset.name }, async () =>
          this.#fetchFirst(wanted),
        );
      for (let fetches = 1; fetches <= FETCHES_MAX; fetches += 1) {
        await fetch.fetch(wanted, options);
        const taken = await this.#take(wanted, release, options);
        if (taken !== undefined) return taken;
      }
      return undefined;
    });
    if (lease === undefined) throw damagedAtOnce(dataset.name, ref.sha256);
    return lease;
  }

  /** Downloads a file for a dataset that has none in its place. */
  async #fetchFirst(wanted: Wanted): Promise<void> {
    const { fetch, ledger } = this.#options;
    await fetch.fetch(wanted);
    const kept = ledger.get(wanted.ref.sha256);
    if (kept !== undefined && ledger.artifactOf(wanted.dataset) === undefined)
      ledger.claim(kept, wanted);
  }

  /** The artifact that the dataset had before, if it is there. The new one is on its way when this returns. */
  async #older(wanted: Wanted, options: FetchOptions): Promise<Lease | undefined> {
    const { ledger, counter } = this.#options;
    const older = ledger.artifactOf(wanted.dataset);
    if (older === undefined || older.file.sha256 === wanted.ref.sha256) return undefined;
    const { sha256 } = older.file;
    return await this.#holding(sha256, async (release) => {
      const kept = await this.#usable(sha256, options);
      if (kept === undefined) return undefined;
      this.#refresh(wanted, sha256);
      ledger.touch(kept);
      counter.hit();
      return { file: kept.file, isCurrent: false, [Symbol.dispose]: release };
    });
  }

  async #take(
    wanted: Wanted,
    release: () => void,
    options: FetchOptions,
  ): Promise<Lease | undefined> {
    const { ledger, integrity } = this.#options;
    const kept = await this.#usable(wanted.ref.sha256, options);
    if (kept === undefined) return undefined;
    const { bytes } = wanted.ref;
    if (kept.file.bytes !== bytes) {
      if (kept.verifiedMs !== undefined)
        throw wrongEntry(wanted.dataset.name, { says: bytes, bytes: kept.file.bytes });
      await integrity.damaged(kept, `it has ${kept.file.bytes} bytes (want ${bytes})`);
      return undefined;
    }
    ledger.claim(kept, wanted);
    ledger.touch(kept);
    return { file: kept.file, isCurrent: true, [Symbol.dispose]: release };
  }

  /** A file in service that the disk still has in its full size. */
  async #usable(sha256: Sha256, { signal }: FetchOptions): Promise<KeptFile | undefined> {
    const { files, ledger, quarantine, integrity } = this.#options;
    const suspicion = ledger.get(sha256)?.suspicion;
    if (suspicion !== undefined) await untilAborted(signal, () => suspicion);
    const kept = ledger.get(sha256);
    if (kept === undefined || quarantine.leftMs(sha256) > 0) return undefined;
    const bytes = await files.sizeOf(sha256);
    // Something may have happened to it while the disk was asked.
    if (ledger.get(sha256) !== kept || kept.suspicion !== undefined) return undefined;
    if (bytes === kept.file.bytes) return kept;
    await integrity.damaged(kept, bytes === undefined ? 'it is gone' : `it has ${bytes} bytes`);
    return undefined;
  }

  /** Downloads a new artifact once while the older one is served. */
  #refresh(wanted: Wanted, older: Sha256): void {
    const { background, cachedOnly, holds, quarantine } = this.#options;
    const { dataset, ref } = wanted;
    if (cachedOnly || quarantine.leftMs(ref.sha256) > 0) return;
    this.#latest.set(datasetKey(dataset), ref.sha256);
    if (this.#refreshing.has(ref.sha256)) return;
    this.#refreshing.add(ref.sha256);
    const release = holds.take(older);
    background.run({ work: 'download', subject: dataset.name }, async () => {
      try {
        await this.#fetchBeside(wanted, release);
        this.#replace(wanted);
      } finally {
        release();
        this.#refreshing.delete(ref.sha256);
        if (this.#isLatest(wanted)) this.#latest.delete(datasetKey(dataset));
      }
    });
  }

  async #fetchBeside(wanted: Wanted, releaseOlder: () => void): Promise<void> {
    const { fetch } = this.#options;
    try {
      await fetch.fetch(wanted);
    } catch (error) {
      if (!isRegistryError(error)) throw error;
      // Each request finds the circuit open; it was told when it opened.
      if (error.details['circuit'] === 'open') return;
      if (error.details['room'] !== 'none') throw error;
      // There is no room for both: with the older one kept, the new one would never come.
      releaseOlder();
      await fetch.fetch(wanted);
    }
  }

  #replace(wanted: Wanted): void {
    const { ledger } = this.#options;
    const kept = ledger.get(wanted.ref.sha256);
    if (kept !== undefined && this.#isLatest(wanted)) ledger.claim(kept, wanted);
  }

  #isLatest({ dataset, ref }: Wanted): boolean {
    return this.#latest.get(datasetKey(dataset)) === ref.sha256;
  }

  /** Holds an artifact while work looks for it, and lets go of it unless that gives a lease. */
  async #holding(
    sha256: Sha256,
    work: (release: () => void) => Promise<Lease | undefined>,
  ): Promise<Lease | undefined> {
    const release = this.#options.holds.take(sha256);
    let lease: Lease | undefined;
    try {
      lease = await work(release);
      return lease;
    } finally {
      if (lease === undefined) release();
    }
  }
}
