import type { WarmUpOptions } from '#cache/dataset-cache-options';
import type { DatasetName } from '#domain/dataset-name';
import { sha256Of } from '#domain/digest';
import type { Clock } from '#flow/clock';

/** Gives the datasets to fetch at the start: each once, sorted by name, at most as many as the cache keeps. */
export function warmUpNames(
  { names, limit }: Pick<WarmUpOptions, 'names' | 'limit'>,
  datasetsMax: number,
): readonly DatasetName[] {
  return [...new Set(names)].toSorted().slice(0, Math.max(0, Math.min(limit, datasetsMax)));
}

/** Gives how long a node waits before it: the same for the same seed, spread evenly over many. */
export function warmUpDelayMs({
  seed,
  jitterMaxMs,
}: Pick<WarmUpOptions, 'seed' | 'jitterMaxMs'>): number {
  if (jitterMaxMs <= 0) return 0;
  return Number.parseInt(sha256Of(seed).slice(0, 12), 16) % jitterMaxMs;
}

export interface WarmUp {
  readonly clock: Clock;
  readonly warmup: WarmUpOptions;
  readonly datasetsMax: number;
  readonly signal: AbortSignal;
  /** Fetches one dataset. */
  readonly fetch: (name: DatasetName) => Promise<void>;
  /** Hears of each that could not be had, unless that is fatal. */
  readonly onFailure: (name: DatasetName, error: unknown) => void;
}

/** Fetches datasets one after the other, after this node's own wait. @throws what the first that fails throws, if it is fatal */
export async function warmUp(options: WarmUp): Promise<void> {
  const { clock, warmup, datasetsMax, signal, fetch, onFailure } = options;
  const names = warmUpNames(warmup, datasetsMax);
  const delayMs = warmUpDelayMs(warmup);
  if (names.length > 0 && delayMs > 0) await clock.sleep(delayMs, signal);
  for (const name of names) {
    try {
      await fetch(name);
    } catch (error) {
      if (warmup.isFatal || signal.aborted) throw error;
      onFailure(name, error);
    }
  }
}
