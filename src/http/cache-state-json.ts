import { z } from 'zod';
import type { CacheState } from '#cache/cache-state';

const fileSchema = z.strictObject({
  sha256: z.string(),
  kind: z.string(),
  datasets: z.array(z.string()).meta({ description: 'tenant/environment and name' }),
  bytes: z.number().int(),
  pinned: z.boolean(),
  leases: z.number().int(),
  verified_age_ms: z.number().int().nullable(),
  last_use_age_ms: z.number().int(),
  open_failures: z.number().int(),
  quarantined_until: z.string().nullable(),
});

/** Schema of how the dataset cache stands. */
export const cacheStateSchema = z
  .strictObject({
    files: z.array(fileSchema),
    quarantined: z.array(z.strictObject({ sha256: z.string(), until: z.string() })),
    count: z.number().int(),
    bytes: z.number().int(),
    bytes_max: z.number().int(),
    hits: z.number().int(),
    misses: z.number().int(),
    hit_ratio: z.number().nullable().meta({ description: 'null before the first request' }),
    downloads: z.number().int(),
    evictions: z.number().int(),
    quarantines: z.number().int(),
  })
  .meta({ id: 'CacheState', description: 'How the dataset cache of this node stands.' });

/** Writes how the cache stands. */
export function cacheStateJson(state: CacheState): z.output<typeof cacheStateSchema> {
  const { hits, misses } = state;
  return {
    files: state.files.map((file) => ({
      sha256: file.sha256,
      kind: file.kind,
      datasets: [...file.datasets],
      bytes: file.bytes,
      pinned: file.isPinned,
      leases: file.leases,
      verified_age_ms: file.verifiedAgeMs === undefined ? null : Math.round(file.verifiedAgeMs),
      last_use_age_ms: Math.round(file.lastUseAgeMs),
      open_failures: file.openFailures,
      quarantined_until: timeOf(file.quarantinedUntilMs),
    })),
    quarantined: state.quarantined.map(({ sha256, untilMs }) => ({
      sha256,
      until: new Date(untilMs).toISOString(),
    })),
    count: state.count,
    bytes: state.bytes,
    bytes_max: state.bytesMax,
    hits,
    misses,
    hit_ratio: hits + misses === 0 ? null : hits / (hits + misses),
    downloads: state.downloads,
    evictions: state.evictions,
    quarantines: state.quarantines,
  };
}

function timeOf(ms: number | undefined): string | null {
  return ms === undefined ? null : new Date(ms).toISOString();
}
