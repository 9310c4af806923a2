import type { CacheEvent } from '#cache/cache-event';
import type { DownloadRetries } from '#cache/download';
import type { ServedDataset } from '#cache/served-dataset';
import type { DatasetName } from '#domain/dataset-name';
import type { Sha256 } from '#domain/digest';
import type { Clock } from '#flow/clock';
import type { Budget } from '#flow/retry-budget';
import type { Semaphore } from '#flow/semaphore';
import type { FetchOptions, Store } from '#stores/store';

/** How much the cache keeps. */
export interface CacheLimits {
  /** Bytes of all files, those on their way included. A download that does not fit is refused. */
  readonly bytesMax: number;
  /** Files are evicted when they and what is on its way take more than this part of `bytesMax`, 1 to 100. */
  readonly highPct: number;
  /** Eviction ends at this part of `bytesMax`, below `highPct`. Close to it and every download evicts. */
  readonly lowPct: number;
  /** Artifacts that are kept, from 1. An old one that is about to be replaced does not count. */
  readonly datasetsMax: number;
  /** Shards that are kept, from 1. */
  readonly openShardsMax: number;
  /** A file that nobody used for so long is evicted. */
  readonly idleTtlMs: number;
  /** How often that is looked for. */
  readonly sweepMs: number;
}

/** When a digest whose bytes were found wrong again and again is left alone. */
export interface QuarantineOptions {
  /** How often they may be found wrong, from 1. */
  readonly failuresMax: number;
  /** How long it is left alone. After that the count is 0. */
  readonly quarantineMs: number;
}

/** How what is kept is read again in the background. */
export interface ScrubOptions {
  /** Time between two rounds; a file that was checked within it is left out. */
  readonly intervalMs: number;
  /** How fast files are read. Too slow and damage is found late, too fast and requests wait for the disk. */
  readonly bytesPerSecond: number;
}

/** What is fetched before anybody asks. */
export interface WarmUpOptions {
  readonly names: readonly DatasetName[];
  /** At most so many of them, in the order of their names. */
  readonly limit: number;
  /** Longest wait before it: nodes that start together do not ask together. 0 begins at once. */
  readonly jitterMaxMs: number;
  /** What tells this node from others, its id: decides how long it waits. */
  readonly seed: string;
  /** Whether the cache refuses to start when one of them cannot be had. */
  readonly isFatal: boolean;
}

export interface DatasetCacheOptions {
  /** The folder of the files; nobody else writes there. */
  readonly root: string;
  readonly store: Store;
  readonly clock: Clock;
  /** How many downloads run at a time, and how many wait. */
  readonly downloads: Semaphore;
  /** With the budget of all retries together. */
  readonly retries: DownloadRetries;
  /** The retries of one dataset. */
  readonly budgetOf: (dataset: string) => Budget;
  readonly limits: CacheLimits;
  /** Datasets of the default scope whose artifacts are never evicted; at most `limits.datasetsMax`. */
  readonly pinned: ReadonlySet<DatasetName>;
  /** Whether only what is there may be used. The store is then never called, and nothing is evicted unasked. */
  readonly cachedOnly: boolean;
  /** Whether the download of a pinned dataset goes on when everybody who waited for it has gone. */
  readonly continueAfterTimeout: boolean;
  readonly quarantine: QuarantineOptions;
  /** After so many failed downloads of a dataset in a row, it is not tried again for a while. */
  readonly breaker: { readonly failuresMax: number; readonly openMs: number };
  readonly scrub: ScrubOptions;
  readonly warmup: WarmUpOptions;
  /** Finds a dataset to fetch it unasked: for the warm-up, and to repair what was kept before this process. */
  readonly find: (
    scope: string,
    name: DatasetName,
    options: FetchOptions,
  ) => Promise<ServedDataset | undefined>;
  /** Lets go of an artifact that is about to be removed: closes what has its file open. */
  readonly onForget: (sha256: Sha256) => Promise<void>;
  /** Hears of what the cache does by itself. Must not throw. Default: nobody does. */
  readonly onEvent?: (event: CacheEvent) => void;
}

/** Checks limits that contradict each other. @throws RangeError */
export function checkOptions({ limits, pinned, quarantine, scrub }: DatasetCacheOptions): void {
  const { highPct, lowPct, datasetsMax, openShardsMax, bytesMax } = limits;
  const refuse = (is: string, want: string): RangeError =>
    new RangeError(`Cannot make dataset cache: ${is} (want ${want})`);
  if (!(lowPct >= 0 && lowPct < highPct && highPct <= 100))
    throw refuse(`lowPct is ${lowPct} and highPct ${highPct}`, '0 <= lowPct < highPct <= 100');
  if (!(datasetsMax >= 1 && openShardsMax >= 1 && bytesMax >= 1))
    throw refuse('a limit is below 1', 'bytesMax, datasetsMax and openShardsMax of 1 or more');
  if (pinned.size > datasetsMax)
    throw refuse(`${pinned.size} datasets are pinned`, `at most the ${datasetsMax} that are kept`);
  if (!(quarantine.failuresMax >= 1))
    throw refuse(`quarantine.failuresMax is ${quarantine.failuresMax}`, '1 or more');
  if (!(scrub.bytesPerSecond > 0))
    throw refuse(`scrub.bytesPerSecond is ${scrub.bytesPerSecond}`, 'more than 0');
}
