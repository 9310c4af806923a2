import { z } from 'zod';
import { flag, setting, text, whole } from '#ops/config/setting';
import { digestList, nameList, sourceList, tokenList } from '#ops/config/source-list';

const httpUrl = z.string().regex(/^https?:\/\/[^/?#@]+\/?$/, 'want https://host:port');
const bucketName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'want the name of a bucket: 3 to 63 of a-z 0-9 . -');
const keyPrefix = z
  .string()
  .regex(/^([A-Za-z0-9._-]+\/)*$/, 'want folders that each end in "/", for example registry/prod/');

/** The settings of the artifact store, of the sources of datasets, and of the guards around both. */
export const STORE_SETTINGS = {
  store: setting('ATLAS_STORE', z.enum(['local', 's3', 'fake']), {
    default: 'local',
    doc: 'Where artifacts lie: `local` in the data folder, `s3` in a bucket. `fake` reads those of the data folder and fails as its script says, for drills.',
  }),
  storeFolder: setting('ATLAS_STORE_FOLDER', text.optional(), {
    doc: 'Folder of `ATLAS_STORE=local` that all nodes see: on one machine, or on a file system over the network that keeps what was flushed. Without it `store` in the data folder, which is of this node alone.',
  }),
  fakeScript: setting('ATLAS_STORE_FAKE_SCRIPT', text.optional(), {
    doc: 'Path of the JSON file that says how the fake store fails, see docs/stores.md.',
  }),
  s3Endpoint: setting('ATLAS_S3_ENDPOINT', httpUrl.optional(), {
    doc: 'S3 server of `ATLAS_STORE=s3`, for example MinIO. Without it AWS.',
    secret: true,
  }),
  s3Region: setting('ATLAS_S3_REGION', text, {
    default: 'us-east-1',
    doc: 'Region of the bucket.',
  }),
  s3Bucket: setting('ATLAS_S3_BUCKET', bucketName.optional(), {
    doc: 'Bucket of `ATLAS_STORE=s3`. Credentials come from where AWS tools look: `AWS_ACCESS_KEY_ID`, profiles, roles.',
  }),
  s3Prefix: setting('ATLAS_S3_PREFIX', keyPrefix.optional(), {
    doc: 'Folder inside the bucket, ending in `/`.',
  }),
  s3PathStyle: setting('ATLAS_S3_PATH_STYLE', flag, {
    default: 'false',
    doc: 'Name the bucket in the path, not in the host name. MinIO and most others want it.',
  }),
  catalogPublishMs: setting('ATLAS_STORE_CATALOG_MS', whole(0, 3_600_000), {
    default: '1000',
    doc: 'How soon after a change `catalog.json` of the artifact store is written anew. 0 never writes it.',
  }),
  manifestFilesPerSecond: setting('ATLAS_MANIFEST_FILES_PER_SECOND', whole(0, 100_000), {
    default: '200',
    doc: 'Manifests that are written as Parquet files into the artifact store, at most so many a second. 0 writes none.',
  }),
  sources: setting('ATLAS_REGISTRY_SOURCES', sourceList, {
    default: '',
    doc: 'Where datasets of others come from: `name=local:/path,name=http:https://host/store,name=s3:https://host/bucket/prefix`. The first that holds a name wins.',
    secret: true,
  }),
  sourcePriority: setting('ATLAS_REGISTRY_PRIORITY', nameList.optional(), {
    doc: 'Names of sources that come first, in this order; the rest follow by name. Without it they stay as declared.',
  }),
  sourcesMax: setting('ATLAS_REGISTRY_MAX_SOURCES', whole(1, 64), {
    default: '8',
    doc: 'Most sources; with more the registry does not start.',
  }),
  sourceTtlMs: setting('ATLAS_REGISTRY_TTL_MS', whole(100, 86_400_000), {
    default: '15000',
    doc: 'How long the catalog of a source counts as the newest. It is asked for again in the background.',
  }),
  sourceFreeze: setting('ATLAS_REGISTRY_FREEZE_MODE', flag, {
    default: 'false',
    doc: 'Never ask the sources: what was kept in the data folder is what there is. Without anything kept the node is not ready.',
  }),
  sourceSignatures: setting('ATLAS_REGISTRY_SIGNATURES', digestList, {
    default: '',
    doc: 'SHA-256 that the catalog of a source must have: `name=sha256,…`. Another catalog is refused.',
  }),
  sourceTokens: setting('ATLAS_REGISTRY_TOKENS', tokenList, {
    default: '',
    doc: 'Bearer tokens for HTTP sources: `name=token,…`. Sent to that source alone.',
    secret: true,
  }),
  allowPrivateStoreHosts: setting('ATLAS_ALLOW_PRIVATE_STORE_HOSTS', flag, {
    default: 'false',
    doc: 'Allow sources on private and loopback addresses.',
  }),
  cachedOnly: setting('ATLAS_CACHED_ONLY_MODE', flag, {
    default: 'false',
    doc: 'Use only what is on this node already: no source is ever asked.',
  }),
  storeConnectMs: setting('ATLAS_STORE_CONNECT_TIMEOUT_MS', whole(10, 120_000), {
    default: '3000',
    doc: 'How long a connection to a store may take.',
  }),
  storeFirstByteMs: setting('ATLAS_STORE_FIRST_BYTE_TIMEOUT_MS', whole(10, 600_000), {
    default: '10000',
    doc: 'How long a store may take to begin its answer.',
  }),
  storeIdleMs: setting('ATLAS_STORE_IDLE_TIMEOUT_MS', whole(10, 600_000), {
    default: '10000',
    doc: 'How long a store may be silent in the middle of its answer.',
  }),
  storeTotalMs: setting('ATLAS_STORE_TOTAL_TIMEOUT_MS', whole(100, 86_400_000), {
    default: '3600000',
    doc: 'Longest download, however steadily it drips.',
  }),
  storeAttemptsMax: setting('ATLAS_STORE_RETRY_ATTEMPTS', whole(1, 100), {
    default: '4',
    doc: 'Attempts of one download.',
  }),
  storeRetryBaseMs: setting('ATLAS_STORE_RETRY_BASE_MS', whole(1, 60_000), {
    default: '120',
    doc: 'Wait before the second attempt: a random part of it, twice as long each time.',
  }),
  storeRetryBudget: setting('ATLAS_STORE_RETRY_BUDGET', whole(0, 100_000), {
    default: '20',
    doc: 'Retries in reserve for all downloads together. One comes back every 3 s.',
  }),
  datasetRetryBudget: setting('ATLAS_DATASET_RETRY_BUDGET', whole(0, 100_000), {
    default: '8',
    doc: 'The same for one dataset. One comes back every 15 s.',
  }),
  storeFailuresMax: setting('ATLAS_STORE_BREAKER_FAILURE_THRESHOLD', whole(1, 10_000), {
    default: '5',
    doc: 'Failures in a row after which a store is left alone for a while.',
  }),
  storeOpenMs: setting('ATLAS_STORE_BREAKER_OPEN_MS', whole(10, 3_600_000), {
    default: '20000',
    doc: 'How long it is left alone before one request tries again.',
  }),
  catalogBackoffBaseMs: setting('ATLAS_CATALOG_BACKOFF_BASE_MS', whole(1, 60_000), {
    default: '250',
    doc: 'Wait after the first failure to get a catalog; longer with each, at most 5 s.',
  }),
  downloadsMax: setting('ATLAS_MAX_CONCURRENT_DOWNLOADS', whole(1, 1_000), {
    default: '3',
    doc: 'Artifacts that are downloaded at a time.',
  }),
  adminEndpoints: setting('ATLAS_ENABLE_ADMIN_ENDPOINTS', flag, {
    default: 'false',
    doc: 'Serve reports of drills and requests to check or evict cached files, and what further settings allow.',
  }),
  debugDatasets: setting('ATLAS_ENABLE_DEBUG_DATASETS', flag, {
    default: 'false',
    doc: 'With the admin endpoints: `/debug/...`, which names sources and datasets.',
  }),
} as const;
