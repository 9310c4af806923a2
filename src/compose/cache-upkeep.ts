import { join } from 'node:path';
import { CacheUpkeep } from '#cache/cache-upkeep';
import type { CachedFile } from '#cache/cached-file';
import type { Setup } from '#compose/setup';
import { systemClock } from '#flow/clock';
import { WorkerPool } from '#flow/worker-pool';
import type { Serving } from '#http/dependencies';
import { packageInfo } from '#ops/package-root';

// Whoever asks waits so long, and for the end of the file that is being read.
const REQUEST_MS = 15_000;
// 64 GiB at 100 MB/s: no artifact is larger.
const FILE_MS = 700_000;
// The bytes of files lie outside of it.
const MEMORY_MIB = 64;

/** Opens what checks and evicts cached files when somebody asks for it, where the operator enables that. Files are read in a thread. */
export function openCacheUpkeep(
  { config, releases }: Setup,
  { cache }: Pick<Serving, 'cache'>,
): CacheUpkeep | undefined {
  if (!config.adminEndpoints) return undefined;
  const pool = new WorkerPool<CachedFile, string | undefined>({
    clock: systemClock,
    program: join(packageInfo().root, 'dist', 'src', 'cache', 'file-check-worker.js'),
    threads: 1,
    waitingMax: 1,
    timeoutMs: FILE_MS,
    memoryMibMax: MEMORY_MIB,
  });
  releases.add('check of cached files', async () => pool.close());
  return new CacheUpkeep({
    clock: systemClock,
    cache,
    check: async (file, signal) => await pool.run(file, { signal }),
    cachedOnly: config.cachedOnly,
    requestMs: REQUEST_MS,
  });
}
