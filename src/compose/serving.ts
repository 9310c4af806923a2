import { createHash, randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { Admission } from '#cache/admission/admission';
import { Coalesced } from '#cache/admission/coalesced';
import { DatasetCache } from '#cache/dataset-cache';
import type { DatasetCacheOptions } from '#cache/dataset-cache-options';
import { DatasetDirectory, type OwnDatasets } from '#cache/dataset-directory';
import { DatasetReader } from '#cache/dataset-reader';
import { OpenFiles } from '#cache/query/open-files';
import type { QueryPage } from '#cache/query/query';
import { QueryPool } from '#cache/query/query-pool';
import type { ArtifactStore } from '#compose/artifact-store';
import { cacheLogger } from '#compose/cache-events';
import { meterServing } from '#compose/metrics/serving-meters';
import type { Setup } from '#compose/setup';
import type { Sources } from '#compose/sources';
import type { Tier2 } from '#compose/tier2';
import type { Views } from '#compose/views';
import { type DatasetName, parseDatasetName } from '#domain/dataset-name';
import { quote, RegistryError } from '#domain/errors';
import { parseScopeKey } from '#domain/scope';
import { systemClock } from '#flow/clock';
import { KeyedRetryBudgets, RetryBudget } from '#flow/retry-budget';
import { Semaphore } from '#flow/semaphore';
import { NO_TRACES } from '#flow/tracer';
import type { Serving } from '#http/dependencies';
import { SignedCursors } from '#http/signed-cursor';
import type { Config } from '#ops/config/settings';
import { FallbackStore } from '#stores/fallback-store';
import { LocalfsPublisher } from '#stores/localfs/localfs-publisher';
import type { Store } from '#stores/store';
import { StoreErrorCounts } from '#stores/store-error-counts';
import { ToldStore } from '#stores/told-store';
import { TracedStore } from '#stores/traced-store';

const DOWNLOADS_WAITING_MAX = 10_000;
const RETRY_CAP_MS = 10_000;
// One retry comes back in 3 s for all downloads, in 15 s for one dataset.
const RETRIES_PER_SECOND = 1 / 3;
const DATASET_RETRIES_PER_SECOND = 1 / 15;
const DATASETS_REMEMBERED_MAX = 10_000;
const SWEEP_MS = 30_000;
const UNFIT_RETRY_SECONDS = 60;
const SECRET_BYTES = 32;
const CATCH_UP_POLL_MS = 20;
// A log that takes longer to read than this is read when the cache asks the next time.
const CATCH_UP_MS = 60_000;

/** Opens what serves the rows of datasets: directory, cache, queries, tier 2. */
export async function openServing(
  setup: Setup,
  from: {
    readonly folder: string;
    readonly views: Views;
    readonly artifacts: ArtifactStore;
    readonly sources: Sources | undefined;
    readonly tier2: Tier2;
  },
): Promise<Serving> {
  const { config, logger, releases, tracer = NO_TRACES } = setup;
  const { folder, views, artifacts, sources, tier2 } = from;
  const directory = new DatasetDirectory({ own: ownDatasets(views), sources });
  const { files, pool } = openQueries(setup);
  const options = cacheOptions(config);
  const errors = new StoreErrorCounts();
  const traced = (store: Store): Store => (tracer.isOn ? new TracedStore(store, tracer) : store);
  const own = traced(new ToldStore(artifacts.store, (error) => errors.add(error)));
  const cache = new DatasetCache({
    ...options,
    root: `${folder}/datasets`,
    store:
      sources === undefined
        ? own
        : new FallbackStore(own, traced(sources.store), 'own store and sources'),
    find: lateFind({ directory, views, sources }),
    onForget: async (sha256) => {
      files.forget(sha256);
      await pool.forget(sha256);
    },
    onEvent: cacheLogger(logger),
  });
  releases.add('dataset cache', () => cache.close());
  await cache.start();
  const admission = admissionOf(config);
  if (config.metrics)
    meterServing(setup, { cache, admission, pool, files, errors, downloads: options.downloads });
  const reader = new DatasetReader({
    clock: systemClock,
    cache,
    admission,
    coalesced: new Coalesced<QueryPage>({
      clock: systemClock,
      ttlMs: config.coalesceMs,
      bytesOf: ({ rows }) => rows.length,
    }),
    pool,
    files,
    tier: tier2.answers,
    queryTimeoutMs: config.queryTimeoutMs,
    requestTimeoutMs: config.requestTimeoutMs,
    retryAfterSeconds: UNFIT_RETRY_SECONDS,
    tracer,
  });
  const cursors = new SignedCursors(await cursorSecret(config, folder));
  return { directory, reader, cache, cursors, rateLimit: tier2.rowBuckets };
}

/** Opens what runs queries: this thread, and others for those that are not cheap. */
function openQueries({ config, releases, tracer }: Setup): { files: OpenFiles; pool: QueryPool } {
  const open = {
    filesMax: config.filesOpenMax,
    cacheKib: config.sqliteCacheKib,
    mmapBytes: config.sqliteMmapBytes,
    pageBytesMax: config.pageBytesMax,
  };
  const files = new OpenFiles(open, tracer?.isOn === true ? tracer : undefined);
  const pool = new QueryPool({
    clock: systemClock,
    waitingMax: config.queueMax + config.heavyMax + config.mediumMax,
    files: open,
    ...(config.queryThreads === 0 ? {} : { threads: config.queryThreads }),
  });
  releases.add('query threads', async () => {
    files.close();
    await pool.close();
  });
  return { files, pool };
}

/** Finds datasets for the cache, which begins to ask before this node knows any. @throws NOT_READY */
function lateFind(from: {
  readonly directory: DatasetDirectory;
  readonly views: Views;
  readonly sources: Sources | undefined;
}): DatasetCacheOptions['find'] {
  const { directory, views, sources } = from;
  return async (scope, name, options) => {
    const untilMs = systemClock.monotonicMs() + CATCH_UP_MS;
    while (!views.catalogView.caughtUp) {
      if (systemClock.monotonicMs() > untilMs)
        throw new RegistryError(
          'NOT_READY',
          `Cannot find dataset ${quote(name)}: the catalog has not caught up within ${CATCH_UP_MS} ms (want a later try)`,
        );
      await systemClock.sleep(CATCH_UP_POLL_MS, options?.signal);
    }
    const found = await directory.find(parseScopeKey(scope), name, options);
    if (found !== undefined || sources === undefined || sources.catalog.current !== undefined)
      return found;
    await sources.catalog.get(options);
    return await directory.find(parseScopeKey(scope), name, options);
  };
}

function ownDatasets({ catalog, catalogView }: Views): OwnDatasets {
  const datasets = () => catalog.reader.datasets;
  return {
    get position() {
      return catalogView.position;
    },
    find: (scope, name) => datasets().find(scope, name, catalogView.position)?.manifest,
    list: (scope, page) =>
      datasets()
        .list(scope, { ...page, asOf: catalogView.position, status: 'published' })
        .map(({ manifest }) => manifest),
  };
}

function cacheOptions(config: Config) {
  const clock = systemClock;
  const budgets = new KeyedRetryBudgets({
    capacity: config.datasetRetryBudget,
    refillPerSecond: DATASET_RETRIES_PER_SECOND,
    keysMax: DATASETS_REMEMBERED_MAX,
    clock,
  });
  const all = new RetryBudget({
    capacity: config.storeRetryBudget,
    refillPerSecond: RETRIES_PER_SECOND,
    clock,
  });
  return {
    clock,
    downloads: new Semaphore({
      permits: config.downloadsMax,
      waitingMax: DOWNLOADS_WAITING_MAX,
      clock,
      name: 'downloads',
    }),
    retries: {
      clock,
      attemptsMax: config.storeAttemptsMax,
      baseMs: config.storeRetryBaseMs,
      capMs: RETRY_CAP_MS,
      budgets: [all],
    },
    budgetOf: (dataset: string) => budgets.of(dataset),
    limits: {
      bytesMax: config.cacheBytesMax,
      highPct: config.cacheHighPct,
      lowPct: config.cacheLowPct,
      datasetsMax: config.cacheDatasetsMax,
      openShardsMax: config.shardsMax,
      idleTtlMs: config.cacheIdleMs,
      sweepMs: SWEEP_MS,
    },
    pinned: new Set<DatasetName>(config.pinnedDatasets.map(parseDatasetName)),
    cachedOnly: config.cachedOnly,
    continueAfterTimeout: config.continueDownloads,
    quarantine: {
      failuresMax: config.quarantineFailuresMax,
      quarantineMs: config.quarantineMs,
    },
    breaker: { failuresMax: config.datasetFailuresMax, openMs: config.datasetOpenMs },
    scrub: { intervalMs: config.scrubIntervalMs, bytesPerSecond: config.scrubBytesPerSecond },
    warmup: {
      names: config.warmUp.map(parseDatasetName),
      limit: config.warmUpLimit,
      jitterMaxMs: config.warmUpJitterMs,
      seed: config.nodeId ?? hostname(),
      isFatal: config.warmUpIsFatal,
    },
  };
}

function admissionOf(config: Config): Admission {
  return new Admission({
    clock: systemClock,
    permits: { medium: config.mediumMax, heavy: config.heavyMax },
    permitsPerDataset: config.perDatasetMax,
    waitingMax: config.queueMax,
    // Shorter than the request itself may take: then it says why.
    waitMs: Math.ceil(config.requestTimeoutMs / 2),
    ...(config.shedEnabled ? { shedding: { p95MsMax: config.shedP95Ms } } : {}),
  });
}

/** The secret that is set, else one that the data folder keeps: cursors stay good over a restart. */
async function cursorSecret({ cursorSecret: text }: Config, folder: string): Promise<Buffer> {
  if (text !== undefined) return createHash('sha256').update(text).digest();
  const { files } = new LocalfsPublisher(folder);
  await files.create('cursor.key', randomBytes(SECRET_BYTES));
  return (await files.read('cursor.key', SECRET_BYTES)) ?? randomBytes(SECRET_BYTES);
}
