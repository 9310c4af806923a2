import type { Admission } from '#cache/admission/admission';
import type { CacheState } from '#cache/cache-state';
import type { DatasetCache } from '#cache/dataset-cache';
import type { OpenFiles } from '#cache/query/open-files';
import type { QueryPool } from '#cache/query/query-pool';
import type { Setup } from '#compose/setup';
import type { CircuitState } from '#flow/circuit-breaker';
import type { Semaphore } from '#flow/semaphore';
import type { Sample } from '#ops/metrics/family';
import type { Meters } from '#ops/metrics/meters';
import type { StoreErrorCounts } from '#stores/store-error-counts';

/** What serves the rows of datasets. */
export interface ServingMeters {
  readonly cache: DatasetCache;
  readonly admission: Admission;
  readonly pool: QueryPool;
  readonly files: OpenFiles;
  readonly downloads: Semaphore;
  /** Errors of the store of this registry itself. */
  readonly errors: StoreErrorCounts;
}

/** Shows how the cache and the queries of a node stand. */
export function meterServing({ meters }: Setup, from: ServingMeters): void {
  const { cache, admission, pool, files, downloads, errors } = from;
  meterCache(meters, () => cache.state());
  meterStoreErrors(meters, errors);
  meters.watch('atlas_cache_open_files', () => files.size);
  meters.watch('atlas_shed_total', () =>
    Object.entries(admission.state().refused).map(([reason, count]): Sample => [count, reason]),
  );
  meters.watch('atlas_queue_waiting', () => [
    [admission.state().waiting, 'queries'],
    [pool.state.waiting, 'query_threads'],
    [downloads.waiting, 'downloads'],
  ]);
  meters.watch('atlas_queue_running', () => [
    ...Object.entries(admission.state().classes).map(
      ([name, { held }]): Sample => [held, `${name}_queries`],
    ),
    [pool.state.running, 'query_threads'],
    [downloads.held, 'downloads'],
  ]);
}

function meterCache(meters: Meters, state: () => CacheState): void {
  // One look for all of them: it lists every file of the cache.
  let found = state();
  meters.beforeScrape(async () => {
    found = state();
  });
  meters.watch('atlas_cache_hits_total', () => found.hits);
  meters.watch('atlas_cache_misses_total', () => found.misses);
  meters.watch('atlas_cache_downloads_total', () => found.downloads);
  meters.watch('atlas_cache_evictions_total', () => found.evictions);
  meters.watch('atlas_cache_quarantines_total', () => found.quarantines);
  meters.watch('atlas_cache_bytes', () => found.bytes);
  meters.watch('atlas_cache_bytes_max', () => found.bytesMax);
  meters.watch('atlas_cache_quarantined', () => found.quarantined.length);
  meters.watch('atlas_cache_files', () => {
    const counts = new Map([...KINDS].map((kind) => [kind, 0]));
    for (const { kind } of found.files) counts.set(kind, (counts.get(kind) ?? 0) + 1);
    return [...counts].map(([kind, count]): Sample => [count, kind]);
  });
}

/** Shows the errors of stores. Those of several of one kind are added. */
export function meterStoreErrors(meters: Meters, errors: StoreErrorCounts): void {
  meters.watch('atlas_store_errors_total', () =>
    errors.all.map((error): Sample => [error.count, error.backend, error.class]),
  );
}

const KINDS = ['artifact', 'shard', 'shard-list'] as const;
const CIRCUIT_STATES: readonly CircuitState[] = ['closed', 'open', 'half-open'];

/** Shows how a circuit breaker stands. */
export function meterCircuit(meters: Meters, name: string, state: () => CircuitState): void {
  meters.watch('atlas_circuit_state', () => {
    const now = state();
    return CIRCUIT_STATES.map((one): Sample => [Number(one === now), name, one]);
  });
}
