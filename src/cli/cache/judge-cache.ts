import type { CacheDocument } from '#cli/cache/fetch-cache';

/** Requests from which on a hit ratio counts: the first one for each dataset misses in the best of caches. */
export const REQUESTS_MIN = 20;

/** What a cache is held to. */
export interface CacheThresholds {
  /** The smallest part of requests that find their file there, 0 to 1. */
  readonly hitRatioMin: number;
  readonly bytesMax: number;
}

/** How a value stands to its threshold; `too-few` where there is nothing to judge yet. */
export type Verdict = 'within' | 'passed' | 'too-few';

export interface CacheVerdicts {
  readonly hitRatio: Verdict;
  readonly disk: Verdict;
}

/** Holds a cache to its thresholds; a value that is exactly at one is within it. */
export function judgeCache(cache: CacheDocument, thresholds: CacheThresholds): CacheVerdicts {
  const requests = cache.hits + cache.misses;
  const isLow = cache.hits < thresholds.hitRatioMin * requests;
  return {
    hitRatio: requests < REQUESTS_MIN ? 'too-few' : verdict(isLow),
    disk: verdict(cache.bytes > thresholds.bytesMax),
  };
}

/** Tells whether no threshold is passed. */
export function isWithin(verdicts: CacheVerdicts): boolean {
  return verdicts.hitRatio !== 'passed' && verdicts.disk !== 'passed';
}

function verdict(isPassed: boolean): Verdict {
  return isPassed ? 'passed' : 'within';
}
