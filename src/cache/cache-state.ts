import type { CacheEvent } from '#cache/cache-event';
import type { Holds } from '#cache/holds';
import type { FileKind, KeptFile, Ledger } from '#cache/ledger';
import type { Quarantine } from '#cache/quarantine';
import type { Sha256 } from '#domain/digest';
import type { Clock } from '#flow/clock';

/** A file of the cache, for people. */
export interface CachedFileState {
  readonly sha256: Sha256;
  readonly kind: FileKind;
  /** Who uses it, as `<scope> <name>`, sorted; nobody for a file of an earlier process that nobody has asked for. */
  readonly datasets: readonly string[];
  readonly bytes: number;
  readonly isPinned: boolean;
  readonly leases: number;
  /** Since its bytes were last read and found right; `undefined` when that was before this process. */
  readonly verifiedAgeMs: number | undefined;
  readonly lastUseAgeMs: number;
  /** How often it could not be opened or read. */
  readonly openFailures: number;
  /** Wall clock; `undefined` when it is not in quarantine. */
  readonly quarantinedUntilMs: number | undefined;
}

/** What the cache has done since it was made. */
export interface CacheCounts {
  /** Requests that were answered from a file that was there, an older one included. */
  readonly hits: number;
  /** Requests that had to wait for a download. */
  readonly misses: number;
  readonly downloads: number;
  readonly evictions: number;
  readonly quarantines: number;
}

/** How the cache stands, for status pages and metrics. */
export interface CacheState extends CacheCounts {
  /** The file that was not used for longest first. */
  readonly files: readonly CachedFileState[];
  /** Digests that are left alone, whether their file is here or not. */
  readonly quarantined: readonly { readonly sha256: Sha256; readonly untilMs: number }[];
  readonly count: number;
  readonly bytes: number;
  readonly bytesMax: number;
}

/** Counts what the cache does. */
export class CacheCounter {
  readonly #counts = { hits: 0, misses: 0, downloads: 0, evictions: 0, quarantines: 0 };

  get counts(): CacheCounts {
    return { ...this.#counts };
  }

  hit(): void {
    this.#counts.hits += 1;
  }

  miss(): void {
    this.#counts.misses += 1;
  }

  count({ kind }: CacheEvent): void {
    if (kind === 'downloaded') this.#counts.downloads += 1;
    if (kind === 'evicted') this.#counts.evictions += 1;
    if (kind === 'quarantined') this.#counts.quarantines += 1;
  }
}

export interface CacheStateOptions {
  readonly clock: Clock;
  readonly ledger: Ledger;
  readonly holds: Holds;
  readonly quarantine: Quarantine;
  readonly counts: CacheCounts;
  readonly bytesMax: number;
  readonly isPinned: (kept: KeptFile) => boolean;
}

/** Describes the cache as it stands. */
export function cacheState(options: CacheStateOptions): CacheState {
  const { clock, ledger, holds, quarantine, counts, bytesMax, isPinned } = options;
  const [nowMs, wallMs] = [clock.monotonicMs(), clock.nowMs()];
  const untilMs = (sha256: Sha256): number => wallMs + quarantine.leftMs(sha256);
  const files = ledger.files.map((kept): CachedFileState => {
    const { sha256, bytes } = kept.file;
    return {
      sha256,
      kind: kept.kind,
      datasets: [...kept.users].toSorted(),
      bytes,
      isPinned: isPinned(kept),
      leases: holds.count(sha256),
      verifiedAgeMs: kept.verifiedMs === undefined ? undefined : nowMs - kept.verifiedMs,
      lastUseAgeMs: nowMs - kept.usedMs,
      openFailures: kept.openFailures,
      quarantinedUntilMs: quarantine.leftMs(sha256) > 0 ? untilMs(sha256) : undefined,
    };
  });
  return {
    ...counts,
    files,
    quarantined: quarantine.current().map((sha256) => ({ sha256, untilMs: untilMs(sha256) })),
    count: files.length,
    bytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
    bytesMax,
  };
}
