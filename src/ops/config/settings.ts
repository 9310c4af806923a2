import { z } from 'zod';
import { AUDIT_SETTINGS } from '#ops/config/audit-settings';
import { AUTH_SETTINGS } from '#ops/config/auth-settings';
import { CACHE_SETTINGS } from '#ops/config/cache-settings';
import { CONTRACT_SETTINGS } from '#ops/config/contract-settings';
import { JOB_SETTINGS } from '#ops/config/job-settings';
import { LIMIT_SETTINGS } from '#ops/config/limit-settings';
import { LINEAGE_SETTINGS } from '#ops/config/lineage-settings';
import { LOG_SETTINGS } from '#ops/config/log-settings';
import { METRICS_SETTINGS } from '#ops/config/metrics-settings';
import { NATS_SETTINGS } from '#ops/config/nats-settings';
import { bindAddress, flag, MIB, type Setting, setting, text, whole } from '#ops/config/setting';
import { SNAPSHOT_SETTINGS } from '#ops/config/snapshot-settings';
import { STORE_SETTINGS } from '#ops/config/store-settings';
import { TLS_SETTINGS } from '#ops/config/tls-settings';
import { TRACE_SETTINGS } from '#ops/config/trace-settings';
import { VIEW_SETTINGS } from '#ops/config/view-settings';
import { WEBHOOK_SETTINGS } from '#ops/config/webhook-settings';

const postgresUrl = z
  .string()
  .regex(/^postgres(ql)?:\/\/./, 'want postgres://user:password@host:5432/database');

/** Every setting of the registry. The README's table is made from it. */
export const SETTINGS = {
  bind: setting('BIND_ADDR', bindAddress, {
    default: '127.0.0.1:3001',
    doc: 'Address of the HTTP server. Another than loopback needs ATLAS_AUTH, or ATLAS_ALLOW_ANYBODY_ON_THE_NETWORK_TO_WRITE=true.',
  }),
  ...TLS_SETTINGS,
  ...METRICS_SETTINGS,
  role: setting('ATLAS_ROLE', z.enum(['all', 'writer', 'projector', 'reader']), {
    default: 'all',
    doc: 'What this process does: `writer` takes commands, `projector` keeps the shared views, `reader` only reads, `all` does everything.',
  }),
  dataDir: setting('ATLAS_DATA_DIR', text, {
    default: './.atlas',
    doc: 'Folder of the embedded broker, the local views and the local artifacts. One process at a time.',
  }),
  diskFreeBytesMin: setting('ATLAS_DISK_FREE_BYTES_MIN', whole(0, 1_099_511_627_776), {
    default: String(64 * MIB),
    doc: 'Free space that the disk of the data folder must have: with less the registry does not start, and the embedded broker takes no writes.',
  }),
  ...NATS_SETTINGS,
  streamReplicas: setting('ATLAS_STREAM_REPLICAS', whole(1, 5), {
    default: '1',
    doc: 'Copies of each stream: 1 on one server, 3 or 5 on a cluster.',
  }),
  kvBucket: setting(
    'REGISTRY_KV_BUCKET',
    z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, 'want 1 to 64 of A-Z, a-z, 0-9, "_", "-"'),
    { default: 'contracts', doc: 'KV bucket that mirrors contracts as `meta.<name>.<version>`.' },
  ),
  databaseUrl: setting('DATABASE_URL', postgresUrl.optional(), {
    doc: 'Postgres for the stores that are to lie there. Without it they are local.',
    secret: true,
  }),
  ...VIEW_SETTINGS,
  databaseConnectionsMax: setting('ATLAS_DATABASE_CONNECTIONS_MAX', whole(2, 200), {
    default: '10',
    doc: 'Connections to Postgres.',
  }),
  databaseConnectTimeoutMs: setting('ATLAS_DATABASE_CONNECT_TIMEOUT_MS', whole(50, 120_000), {
    default: '3000',
    doc: 'How long a connection to Postgres may take, waiting for a free one included.',
  }),
  databaseTimeoutMs: setting('ATLAS_DATABASE_TIMEOUT_MS', whole(100, 600_000), {
    default: '30000',
    doc: 'Longest statement in Postgres.',
  }),
  writeTimeoutMs: setting('ATLAS_WRITE_TIMEOUT_MS', whole(500, 120_000), {
    default: '10000',
    doc: 'How long a write asks the log for its outcome before it answers that it is unknown. A cluster needs 4 to 8 s to replace a lost leader.',
  }),
  publishTimeoutMs: setting('ATLAS_PUBLISH_TIMEOUT_MS', whole(100, 30_000), {
    default: '1000',
    doc: 'How long one attempt to append waits for its acknowledgement; then the same event is sent again. Some are lost when a broker hands over what it leads, and writes to their names stand still for so long. A healthy cluster answers within 0.1 s.',
  }),
  conflictsMax: setting('ATLAS_CONFLICTS_MAX', whole(0, 1_000), {
    default: '20',
    doc: 'How often a command decides again because a writer on another node was faster.',
  }),
  commandsWaitingPerNameMax: setting('ATLAS_COMMANDS_WAITING_PER_NAME_MAX', whole(1, 100_000), {
    default: '256',
    doc: 'Commands that wait for others with the same name; more are answered 503.',
  }),
  commandsWaitingMax: setting('ATLAS_COMMANDS_WAITING_MAX', whole(1, 1_000_000), {
    default: '4096',
    doc: 'Commands that wait in all; more are answered 503.',
  }),
  projectionBatchMax: setting('ATLAS_PROJECTION_BATCH_MAX', whole(1, 100_000), {
    default: '2000',
    doc: 'Events of datasets and contracts in one transaction of a view while it catches up. 10000 rebuild a third faster and take 150 MB more.',
  }),
  jobRunBatchMax: setting('ATLAS_JOB_RUN_BATCH_MAX', whole(1, 100_000), {
    default: '10000',
    doc: 'The same for events of job runs. A run that begins and ends in one transaction is written once.',
  }),
  readWaitMs: setting('ATLAS_READ_WAIT_MS', whole(0, 60_000), {
    default: '2000',
    doc: 'How long a read waits for the position in `Atlas-Min-Position` or `at`.',
  }),
  visibleWaitMs: setting('ATLAS_VISIBLE_WAIT_MS', whole(0, 60_000), {
    default: '2000',
    doc: 'How long a write waits until its own node shows it, before it answers all the same.',
  }),
  jsonBytesMax: setting('ATLAS_JSON_BYTES_MAX', whole(1_024, 64 * MIB), {
    default: String(10 * MIB),
    doc: 'Largest body of a command. What does not fit into a message of the broker goes to the artifact store.',
  }),
  artifactBytesMax: setting('ATLAS_ARTIFACT_BYTES_MAX', whole(1_024, 1_099_511_627_776), {
    default: String(64 * 1_024 * MIB),
    doc: 'Largest artifact that can be uploaded.',
  }),
  subscribersMax: setting('ATLAS_SUBSCRIBERS_MAX', whole(0, 100_000), {
    default: '256',
    doc: 'Clients that may follow events at a time.',
  }),
  subscriberBytesMax: setting('ATLAS_SUBSCRIBER_BYTES_MAX', whole(1_024, 64 * MIB), {
    default: String(MIB),
    doc: 'Bytes that may wait for one client that follows events.',
  }),
  subscriberStallMs: setting('ATLAS_SUBSCRIBER_STALL_MS', whole(100, 600_000), {
    default: '10000',
    doc: 'How long such a client may take nothing before it is cut off.',
  }),
  heartbeatMs: setting('ATLAS_HEARTBEAT_MS', whole(100, 600_000), {
    default: '15000',
    doc: 'Comment lines on a quiet event stream, so that proxies keep it open.',
  }),
  catalogCacheBytesMax: setting('ATLAS_CATALOG_CACHE_BYTES_MAX', whole(0, 4_096 * MIB), {
    default: String(64 * MIB),
    doc: 'Memory for catalogs that are ready to send.',
  }),
  hotReadBytesMax: setting('ATLAS_HOT_READ_BYTES_MAX', whole(0, 1_024 * MIB), {
    default: String(8 * MIB),
    doc: 'Memory for replies about single datasets and contracts that are sent again while they are right. 0 keeps none.',
  }),
  ...LIMIT_SETTINGS,
  ...STORE_SETTINGS,
  ...SNAPSHOT_SETTINGS,
  ...CACHE_SETTINGS,
  ...CONTRACT_SETTINGS,
  ...JOB_SETTINGS,
  ...WEBHOOK_SETTINGS,
  ...LINEAGE_SETTINGS,
  ...AUTH_SETTINGS,
  ...AUDIT_SETTINGS,
  drainDelayMs: setting('ATLAS_DRAIN_DELAY_MS', whole(0, 600_000), {
    default: '0',
    doc: 'How long after SIGTERM requests are still taken while `/readyz` is 503 already. Behind a load balancer: twice the time in which it notices that, for example 5000; else nobody is waiting to notice.',
  }),
  shutdownGraceMs: setting('ATLAS_SHUTDOWN_GRACE_MS', whole(0, 600_000), {
    default: '10000',
    doc: 'How long running requests may go on after SIGTERM.',
  }),
  ...TRACE_SETTINGS,
  ...LOG_SETTINGS,
  allowUnknownSettings: setting('ATLAS_ALLOW_UNKNOWN_SETTINGS', flag, {
    default: 'false',
    doc: 'Start although a variable named `ATLAS_...` is not a setting.',
  }),
} as const satisfies Record<string, Setting<unknown>>;

type Settings = typeof SETTINGS;

/** The settings of this process, checked. */
export type Config = {
  readonly [K in keyof Settings]: Settings[K] extends Setting<infer T> ? T : never;
} & {
  /** `PATH`: where a nats-server may be found. */
  readonly searchPath: string;
};
