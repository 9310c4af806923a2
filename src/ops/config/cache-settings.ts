import { z } from 'zod';
import { flag, MIB, setting, text, whole } from '#ops/config/setting';

const GIB = 1_024 * MIB;

const datasetList = z.string().transform((value, context): readonly string[] => {
  const names = value
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  const wrong = names.find(
    (name) => !/^[A-Za-z0-9._-]{1,64}(\/[A-Za-z0-9._-]{1,64}){0,7}$/.test(name),
  );
  if (wrong !== undefined)
    context.addIssue({ code: 'custom', message: `"${wrong}" is no name of a dataset` });
  return names;
});

const redisUrl = z.string().regex(/^rediss?:\/\/./, 'want redis://user:password@host:6379');

/** The settings of the dataset cache, of queries, and of what stands before both. */
export const CACHE_SETTINGS = {
  cacheBytesMax: setting('ATLAS_MAX_DISK_BYTES', whole(MIB, 1_024 * GIB), {
    default: String(8 * GIB),
    doc: 'Disk for cached datasets. A dataset that does not fit is refused.',
  }),
  cacheHighPct: setting('ATLAS_CACHE_HIGH_WATERMARK_PCT', whole(1, 100), {
    default: '90',
    doc: 'Above this part of the disk datasets are evicted, those first that nobody used for longest.',
  }),
  cacheLowPct: setting('ATLAS_CACHE_LOW_WATERMARK_PCT', whole(0, 99), {
    default: '75',
    doc: 'Eviction ends here. Close to the other and every download evicts.',
  }),
  cacheDatasetsMax: setting('ATLAS_MAX_DATASET_COUNT', whole(1, 100_000), {
    default: '8',
    doc: 'Datasets that are cached.',
  }),
  cacheIdleMs: setting('ATLAS_CACHE_IDLE_TTL_MS', whole(1_000, 2_592_000_000), {
    default: '1800000',
    doc: 'A dataset that nobody asked for so long is evicted.',
  }),
  pinnedDatasets: setting('ATLAS_PINNED_DATASETS', datasetList, {
    default: '',
    doc: 'Names of datasets that are never evicted, with commas.',
  }),
  warmUp: setting('ATLAS_STARTUP_WARMUP', datasetList, {
    default: '',
    doc: 'Names of datasets that are downloaded at the start, before anybody asks.',
  }),
  warmUpLimit: setting('ATLAS_STARTUP_WARMUP_LIMIT', whole(0, 100_000), {
    default: '8',
    doc: 'At most so many of them, in the order of their names.',
  }),
  warmUpJitterMs: setting('ATLAS_STARTUP_WARMUP_JITTER_MAX_MS', whole(0, 3_600_000), {
    default: '0',
    doc: 'Longest wait before that. Each node waits another time, always the same.',
  }),
  warmUpIsFatal: setting('ATLAS_FAIL_ON_WARMUP_ERROR', flag, {
    default: 'false',
    doc: 'Do not start when one of them cannot be had.',
  }),
  nodeId: setting('ATLAS_NODE_ID', text.optional(), {
    doc: 'What tells this node from others. Default: the name of the machine.',
  }),
  continueDownloads: setting('ATLAS_CONTINUE_DOWNLOAD_ON_TIMEOUT_FOR_WARMUP', flag, {
    default: 'true',
    doc: 'Go on with the download of a pinned dataset when everybody who waited for it has gone.',
  }),
  quarantineFailuresMax: setting('ATLAS_QUARANTINE_CORRUPTION_FAILURES', whole(1, 1_000), {
    default: '3',
    doc: 'How often the bytes of a dataset may be found wrong before it is left alone.',
  }),
  quarantineMs: setting('ATLAS_QUARANTINE_RETRY_TTL_MS', whole(100, 86_400_000), {
    default: '300000',
    doc: 'How long it is left alone.',
  }),
  datasetFailuresMax: setting('ATLAS_DATASET_BREAKER_FAILURE_THRESHOLD', whole(1, 10_000), {
    default: '3',
    doc: 'Failed downloads of a dataset in a row after which it is not tried for a while.',
  }),
  datasetOpenMs: setting('ATLAS_DATASET_BREAKER_OPEN_MS', whole(10, 3_600_000), {
    default: '30000',
    doc: 'How long it is not tried.',
  }),
  scrubIntervalMs: setting('ATLAS_INTEGRITY_REVERIFY_MS', whole(1_000, 2_592_000_000), {
    default: '300000',
    doc: 'How often every cached file is read again and checked.',
  }),
  scrubBytesPerSecond: setting('ATLAS_INTEGRITY_BYTES_PER_SECOND', whole(1_024, 1_024 * GIB), {
    default: String(64 * MIB),
    doc: 'How fast that reads.',
  }),
  shardsMax: setting('ATLAS_MAX_OPEN_SHARDS_PER_POD', whole(1, 10_000), {
    default: '16',
    doc: 'Shards of datasets that are cached.',
  }),
  sqliteCacheKib: setting('ATLAS_SQLITE_CACHE_KIB', whole(64, 4_194_304), {
    default: '32768',
    doc: 'Pages that SQLite keeps for each open file of a thread, KiB.',
  }),
  sqliteMmapBytes: setting('ATLAS_SQLITE_MMAP_BYTES', whole(0, 1_024 * GIB), {
    default: '0',
    doc: 'How much of a file is read through memory mapping. A file that is cut off under it ends the process, so 0 unless the disk is trusted.',
  }),
  filesOpenMax: setting('ATLAS_OPEN_FILES_MAX', whole(1, 10_000), {
    default: '256',
    doc: 'Dataset files that one thread keeps open.',
  }),
  queryThreads: setting('ATLAS_HEAVY_WORKER_POOL_SIZE', whole(0, 256), {
    default: '0',
    doc: 'Threads for queries that are not cheap. 0: one less than the machine has cores, at least 1.',
  }),
  pageBytesMax: setting('ATLAS_PAGE_BYTES_MAX', whole(65_536, 1_024 * MIB), {
    default: String(8 * MIB),
    doc: 'Largest page of rows. A page that would be larger has fewer rows.',
  }),
  queryTimeoutMs: setting('ATLAS_SQL_TIMEOUT_MS', whole(10, 600_000), {
    default: '800',
    doc: 'Longest time for one query in SQLite.',
  }),
  requestTimeoutMs: setting('ATLAS_REQUEST_TIMEOUT_MS', whole(100, 600_000), {
    default: '5000',
    doc: 'Longest time for a request for rows, the download of its dataset included.',
  }),
  mediumMax: setting('ATLAS_CONCURRENCY_MEDIUM', whole(1, 100_000), {
    default: '64',
    doc: 'Queries by name, kind or page that run at once.',
  }),
  heavyMax: setting('ATLAS_CONCURRENCY_HEAVY', whole(1, 100_000), {
    default: '16',
    doc: 'Queries by region or beginning of a name that run at once.',
  }),
  perDatasetMax: setting('ATLAS_CONCURRENCY_PER_DATASET', whole(1, 100_000), {
    default: '16',
    doc: 'Queries of one dataset that run at once.',
  }),
  queueMax: setting('ATLAS_MAX_REQUEST_QUEUE_DEPTH', whole(0, 100_000), {
    default: '256',
    doc: 'Queries that wait; more are answered 503.',
  }),
  coalesceMs: setting('ATLAS_QUERY_COALESCE_TTL_MS', whole(0, 60_000), {
    default: '500',
    doc: 'How long the answer to a heavy query is given to others who ask the same.',
  }),
  shedEnabled: setting('ATLAS_SHED_LOAD_ENABLED', flag, {
    default: 'false',
    doc: 'Refuse heavy queries while they are slow.',
  }),
  shedP95Ms: setting('ATLAS_SHED_LATENCY_P95_MS', whole(1, 600_000), {
    default: '900',
    doc: 'Slow: 95 in 100 take longer than this.',
  }),
  emergency: setting('ATLAS_EMERGENCY_GLOBAL_BREAKER', flag, {
    default: 'false',
    doc: 'Refuse every request but those for health: for a node that must be left alone and not restarted.',
  }),
  cursorSecret: setting(
    'ATLAS_CURSOR_SECRET',
    z.string().min(16, 'want 16 characters or more').optional(),
    {
      doc: 'Signs the cursors of rows. Nodes behind one address need the same. Default: one that this data folder keeps.',
      secret: true,
    },
  ),
  redisUrl: setting('REDIS_URL', redisUrl.optional(), {
    doc: 'Redis that shares answers for single genes among nodes. The registry works the same without it.',
    secret: true,
  }),
  redisTimeoutMs: setting('ATLAS_REDIS_TIMEOUT_MS', whole(1, 10_000), {
    default: '50',
    doc: 'Longest wait for Redis, all attempts included.',
  }),
  redisTtlSeconds: setting('ATLAS_REDIS_RESPONSE_CACHE_TTL_SECS', whole(1, 60), {
    default: '30',
    doc: 'How long an answer stays there.',
  }),
  redisPrefix: setting('ATLAS_REDIS_PREFIX', z.string().regex(/^[A-Za-z0-9:_-]{1,64}$/), {
    default: 'atlas',
    doc: 'Begins every key there.',
  }),
  rateLimitEnabled: setting('ATLAS_ENABLE_RATE_LIMIT', flag, {
    default: 'false',
    doc: 'Limit requests for rows once more, beside what ATLAS_CLIENT_LIMITS counts; shared among nodes through Redis where there is one.',
  }),
  rateLimitCapacity: setting('ATLAS_RATE_LIMIT_CAPACITY', whole(1, 1_000_000), {
    default: '30',
    doc: 'Requests for rows that a client may send at once.',
  }),
  rateLimitPerSecond: setting('ATLAS_RATE_LIMIT_PER_SECOND', whole(1, 1_000_000), {
    default: '10',
    doc: 'Requests per second that it may send for long.',
  }),
} as const;
