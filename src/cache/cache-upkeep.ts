import type { CachedFileState } from '#cache/cache-state';
import type { CachedFile } from '#cache/cached-file';
import type { DatasetCache } from '#cache/dataset-cache';
import { datasetKey, type FileKind } from '#cache/ledger';
import type { DatasetName } from '#domain/dataset-name';
import type { Sha256 } from '#domain/digest';
import { RegistryError } from '#domain/errors';
import type { Clock } from '#flow/clock';

export interface CacheUpkeepOptions {
  readonly clock: Clock;
  readonly cache: Pick<DatasetCache, 'state' | 'verify' | 'evict'>;
  /** Reads a file whole and says what is wrong with it; ends with the signal. */
  readonly check: (file: CachedFile, signal: AbortSignal) => Promise<string | undefined>;
  /** Whether only what is there may be used: then nothing is evicted. */
  readonly cachedOnly: boolean;
  /** No file is begun after so long: the rest is for the next request. */
  readonly requestMs: number;
}

/** Which files are meant. */
export interface FilesMeant {
  /** Only files of datasets of this scope; what another scope uses too is read, and never evicted. Absent: of all, and those of nobody. */
  readonly scope: string | undefined;
  /** Only those of one dataset of a scope. */
  readonly dataset: { readonly scope: string; readonly name: DatasetName } | undefined;
}

export interface EvictRequest extends FilesMeant {
  readonly signal: AbortSignal;
}

export interface VerifyRequest extends EvictRequest {
  /** Digests behind this one. */
  readonly after: string;
}

/** A file that was looked at, with those of its datasets that may be named. */
export interface UpkeptFile {
  readonly sha256: Sha256;
  readonly kind: FileKind;
  readonly datasets: readonly string[];
  readonly bytes: number;
}

/** What a check of cached files has come to. */
export interface VerifyReport {
  readonly checkedCount: number;
  readonly bytes: number;
  readonly durationMs: number;
  readonly damaged: readonly (UpkeptFile & { readonly quarantinedUntilMs: number | undefined })[];
  /** Files that could not be read for a reason that says nothing of them. */
  readonly unread: readonly UpkeptFile[];
  /** The last file that was looked at, where there was no time for the rest. */
  readonly next: Sha256 | undefined;
}

/** Why a file stayed: somebody else uses it now, it is pinned, or another dataset of the same scope has it too. */
export type KeptBecause = 'leased' | 'pinned' | 'shared';

/** What an eviction has come to. */
export interface EvictReport {
  readonly evicted: readonly UpkeptFile[];
  /** The first of those that stayed. */
  readonly kept: readonly (UpkeptFile & { readonly because: KeptBecause })[];
  /** Whether there was no time for the rest of those that could go. */
  readonly hasMore: boolean;
}

const RETRY_AFTER_SECONDS = 5;
/** Files that one eviction names, gone or not: an answer has an end. */
export const EVICT_FILES_MAX = 10_000;

/** What people ask of a cache: to read its files now, and to let go of them. One such request at a time. */
export class CacheUpkeep {
  readonly #options: CacheUpkeepOptions;
  #running: string | undefined;

  constructor(options: CacheUpkeepOptions) {
    this.#options = options;
  }

  /**
   * Reads files again, one after the other by digest, and compares them with their digests. Damaged ones go out of service,
   * into quarantine when it was once too often, and come again, as when the cache finds them itself.
   * @throws RATE_LIMITED while another request runs; what the signal carries
   */
  async verify(request: VerifyRequest): Promise<VerifyReport> {
    return await this.#alone('a check', async () => this.#verify(request));
  }

  /**
   * Evicts what nobody uses of the files that are meant: what is leased, pinned, or of others too stays.
   * @throws RATE_LIMITED while another request runs, ILLEGAL_TRANSITION where nothing could be had again; what the signal carries
   */
  async evict(request: EvictRequest): Promise<EvictReport> {
    if (this.#options.cachedOnly) throw cachedOnly();
    return await this.#alone('an eviction', async () => this.#evict(request));
  }

  async #verify({ after, signal, ...meant }: VerifyRequest): Promise<VerifyReport> {
    const { clock, cache, check, requestMs } = this.#options;
    const beganMs = clock.monotonicMs();
    const files = this.#files(meant)
      .filter(({ sha256 }) => sha256 > after)
      .toSorted((a, b) => (a.sha256 < b.sha256 ? -1 : 1));
    const [damaged, unread]: [UpkeptFile[], UpkeptFile[]] = [[], []];
    let [checkedCount, bytes] = [0, 0];
    let last: Sha256 | undefined;
    for (const file of files) {
      if (last !== undefined && clock.monotonicMs() - beganMs >= requestMs) break;
      signal.throwIfAborted();
      last = file.sha256;
      const result = await this.#result(file.sha256, async (one) => check(one, signal));
      signal.throwIfAborted();
      if (result === 'unread') unread.push(shown(file, meant));
      if (result === 'damaged') damaged.push(shown(file, meant));
      // Evicted meanwhile, or it could not be read: nothing is known of it.
      if (result === 'absent' || result === 'unread') continue;
      checkedCount += 1;
      bytes += file.bytes;
    }
    const until = new Map(cache.state().quarantined.map((one) => [one.sha256, one.untilMs]));
    return {
      checkedCount,
      bytes,
      durationMs: clock.monotonicMs() - beganMs,
      damaged: damaged.map((file) =>
        Object.assign(file, { quarantinedUntilMs: until.get(file.sha256) }),
      ),
      unread,
      next: last === files.at(-1)?.sha256 ? undefined : last,
    };
  }

  /** One file that cannot be read now must not keep the others from being checked. */
  async #result(sha256: Sha256, check: (file: CachedFile) => Promise<string | undefined>) {
    try {
      return await this.#options.cache.verify(sha256, check);
    } catch {
      return 'unread' as const;
    }
  }

  async #evict({ signal, ...meant }: EvictRequest): Promise<EvictReport> {
    const { clock, cache, requestMs } = this.#options;
    const beganMs = clock.monotonicMs();
    const evicted: UpkeptFile[] = [];
    const kept: (UpkeptFile & { readonly because: KeptBecause })[] = [];
    // An artifact takes its parts along: they go first, and are named.
    const files = this.#files(meant).toSorted(
      (a, b) => Number(a.kind === 'artifact') - Number(b.kind === 'artifact'),
    );
    const free: CachedFileState[] = [];
    for (const file of files) {
      const because = whyKept(file, meant);
      if (because === undefined) free.push(file);
      else if (kept.length < EVICT_FILES_MAX) kept.push({ ...shown(file, meant), because });
    }
    for (const [tried, file] of free.entries()) {
      signal.throwIfAborted();
      const isLate = tried > 0 && clock.monotonicMs() - beganMs >= requestMs;
      if (isLate || tried === EVICT_FILES_MAX) return { evicted, kept, hasMore: true };
      if (await cache.evict(file.sha256)) evicted.push(shown(file, meant));
      // Somebody has begun to use it, unless something else has removed it.
      else if (cache.state().files.some(({ sha256 }) => sha256 === file.sha256))
        kept.push({ ...shown(file, meant), because: 'leased' });
    }
    return { evicted, kept, hasMore: false };
  }

  #files({ scope, dataset }: FilesMeant): readonly CachedFileState[] {
    const { files } = this.#options.cache.state();
    const key = dataset && datasetKey(dataset);
    return files.filter(
      ({ datasets }) =>
        (key === undefined || datasets.includes(key)) &&
        (scope === undefined || datasets.some((one) => isOf(one, scope))),
    );
  }

  async #alone<T>(what: string, work: () => Promise<T>): Promise<T> {
    if (this.#running !== undefined) throw busy(this.#running);
    this.#running = what;
    try {
      return await work();
    } finally {
      this.#running = undefined;
    }
  }
}

function isOf(key: string, scope: string): boolean {
  return key.startsWith(`${scope} `);
}

function whyKept(file: CachedFileState, { scope, dataset }: FilesMeant): KeptBecause | undefined {
  const key = dataset && datasetKey(dataset);
  // Of whom is nobody's business: it is in use.
  if (scope !== undefined && file.datasets.some((one) => !isOf(one, scope))) return 'leased';
  if (key !== undefined && file.datasets.some((one) => one !== key)) return 'shared';
  if (file.isPinned) return 'pinned';
  return file.leases > 0 ? 'leased' : undefined;
}

function shown(file: CachedFileState, { scope }: FilesMeant): UpkeptFile {
  const { sha256, kind, bytes } = file;
  const datasets = file.datasets.filter((one) => scope === undefined || isOf(one, scope));
  return { sha256, kind, datasets, bytes };
}

function busy(running: string): RegistryError {
  return new RegistryError(
    'RATE_LIMITED',
    `Cannot look after the cache: ${running} runs already (want one at a time)`,
    { details: { limit: 'cache' }, retryAfterSeconds: RETRY_AFTER_SECONDS, outcome: 'not-applied' },
  );
}

function cachedOnly(): RegistryError {
  return new RegistryError(
    'ILLEGAL_TRANSITION',
    'Cannot evict cached files: this node uses only what it has, and could not have them again (want a node without ATLAS_CACHED_ONLY_MODE)',
    { outcome: 'not-applied' },
  );
}
