import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Broker } from '#clients/nats';
import { Postgres } from '#clients/postgres';
import type { Cluster } from '#cluster/cluster';
import { openStream } from '#cluster/read-back';
import { systemClock } from '#flow/clock';
import type { EventLog } from '#log/event-log';
import { CatalogProjection } from '#projections/catalog/catalog-projection';
import { ContractKv } from '#projections/contract-kv/contract-kv';
import { ContractValues } from '#projections/contract-kv/contract-values';
import { PostgresJobRuns } from '#projections/job-runs/postgres-job-runs';
import { SqliteJobRuns } from '#projections/job-runs/sqlite-job-runs';
import type { Projection } from '#projections/projection';
import { rebuildView } from '#projections/rebuild-view';
import { PostgresDocuments } from '#projections/registry-stores/postgres-documents';
import { RegistryStores } from '#projections/registry-stores/registry-stores';
import { SqliteDocuments } from '#projections/registry-stores/sqlite-documents';

/** The views of a cluster beside the same views made from its log alone. */
export interface ComparedViews {
  readonly compared: number;
  /** Each says which view of whom differs, and how. */
  readonly differences: readonly string[];
}

const CAUGHT_UP_MS = 30_000;
const POLL_MS = 50;
const BATCH_MAX = 2_000;
const KV_VALUE_BYTES_MAX = 1_000_000;

interface Kept {
  readonly owner: string;
  readonly view: Projection;
}

/**
 * Compares every view that a cluster keeps with one that is made from position 1 of its log. Stops the nodes; brokers and
 * Postgres go on.
 */
export async function compareViews(cluster: Cluster, scratch: string): Promise<ComparedViews> {
  const broker = await cluster.connect();
  const logs = { REGISTRY: openStream(broker, 'REGISTRY'), JOBS: openStream(broker, 'JOBS') };
  await untilCaughtUp(cluster, logs);
  const nodes = cluster.members.filter(({ role }) => role !== 'broker' && role !== 'postgres');
  await Promise.all(nodes.map(async ({ name }) => cluster.stop(name)));
  mkdirSync(scratch, { recursive: true });
  const { databaseUrl } = cluster.plan;
  const postgres = databaseUrl === undefined ? undefined : openPostgres(databaseUrl);
  try {
    const differences: string[] = [];
    let compared = 0;
    for (const { log, kept, fresh } of pairs({ cluster, broker, logs, scratch, postgres })) {
      const wanted = await digestOfLog(log, fresh);
      const found = await Promise.all(kept.map(async ({ view }) => digestOf(view)));
      compared += found.length;
      const wrong = found.map((is, i) => `${fresh.name} of ${kept[i]?.owner}: ${is}`);
      differences.push(
        ...wrong.filter((_, i) => found[i] !== wanted).map((text) => `${text} (want ${wanted})`),
      );
    }
    return { compared, differences };
  } finally {
    await postgres?.close();
  }
}

interface Pair {
  readonly log: EventLog;
  readonly kept: readonly Kept[];
  /** The same view, empty. */
  readonly fresh: Projection;
}

function pairs(from: {
  readonly cluster: Cluster;
  readonly broker: Broker;
  readonly logs: Readonly<Record<'REGISTRY' | 'JOBS', EventLog>>;
  readonly scratch: string;
  readonly postgres: Postgres | undefined;
}): readonly Pair[] {
  const { cluster, broker, logs, scratch, postgres } = from;
  const nodes = cluster.members.filter(({ role }) => role !== 'broker' && role !== 'postgres');
  const inFiles = (name: string, open: (path: string) => Projection): Omit<Pair, 'log'> => ({
    kept: nodes.map((node) => ({ owner: node.name, view: open(join(node.folder, 'views', name)) })),
    fresh: open(join(scratch, name)),
  });
  const inPostgres = (files: Omit<Pair, 'log'>, open: (db: Postgres) => Projection) =>
    postgres === undefined
      ? files
      : { ...files, kept: [{ owner: 'Postgres', view: open(postgres) }] };
  const { js, jsm } = broker;
  const bucket = new ContractKv({
    js,
    jsm,
    bucket: 'contracts',
    replicas: cluster.plan.replicas,
    valueBytesMax: KV_VALUE_BYTES_MAX,
  });
  const documents = inFiles(
    'registry-stores.sqlite',
    (path) => new RegistryStores(new SqliteDocuments(path)),
  );
  const runs = inFiles('job-runs.sqlite', (path) => new SqliteJobRuns(path));
  return [
    {
      log: logs.REGISTRY,
      ...inFiles('catalog.sqlite', (path) => new CatalogProjection(path)),
    },
    {
      log: logs.REGISTRY,
      kept: [{ owner: 'NATS', view: bucket }],
      fresh: new ContractValues(join(scratch, 'contracts.sqlite'), KV_VALUE_BYTES_MAX),
    },
    {
      log: logs.REGISTRY,
      ...inPostgres(documents, (db) => new RegistryStores(new PostgresDocuments(db))),
    },
    { log: logs.JOBS, ...inPostgres(runs, (db) => new PostgresJobRuns(db)) },
  ];
}

/** Waits until every node has applied what the log holds; what nodes share is kept by the projectors. */
async function untilCaughtUp(
  cluster: Cluster,
  logs: Readonly<Record<'REGISTRY' | 'JOBS', EventLog>>,
): Promise<void> {
  const [registry, jobs] = [(await logs.REGISTRY.head()).last, (await logs.JOBS.head()).last];
  const deadline = systemClock.monotonicMs() + CAUGHT_UP_MS;
  for (const { url, role, pid, name } of cluster.members) {
    if (pid === undefined || role === 'broker' || role === 'postgres') continue;
    for (;;) {
      const behind = (await partsOf(url)).filter(({ name: part, position }) => {
        if (position === undefined || (role !== 'projector' && part !== 'catalog')) return false;
        if (part.startsWith('audit') || part.startsWith('manifest')) return false;
        return position < (part === 'job-runs' ? jobs : registry);
      });
      if (behind.length === 0) break;
      if (systemClock.monotonicMs() > deadline)
        throw new Error(
          `Cannot compare the views of ${name}: ${behind.map((part) => `${part.name} is at ${part.position}`).join(', ')} (want ${registry} of datasets and contracts, ${jobs} of job runs)`,
        );
      await systemClock.sleep(POLL_MS);
    }
  }
}

interface ReadyPart {
  readonly name: string;
  readonly position?: number;
}

async function partsOf(url: string): Promise<readonly ReadyPart[]> {
  const response = await fetch(`${url}/readyz`);
  return ((await response.json()) as { readonly parts: readonly ReadyPart[] }).parts;
}

/** Makes a view from position 1 and gives what it then is. */
async function digestOfLog(log: EventLog, projection: Projection): Promise<string> {
  const { last: upTo } = await log.head();
  const signal = AbortSignal.timeout(CAUGHT_UP_MS);
  const onProgress = (): void => undefined;
  const options = { projection, log, upTo, batchMax: BATCH_MAX, signal, onProgress };
  const { position, digest } = await rebuildView(options);
  await projection.close();
  return `${digest} at ${position}`;
}

async function digestOf(view: Projection): Promise<string> {
  await view.open();
  try {
    const { position, digest } = await view.digest();
    return `${digest} at ${position}`;
  } finally {
    await view.close();
  }
}

function openPostgres(url: string): Postgres {
  return new Postgres({
    url,
    connectionsMax: 2,
    connectTimeoutMs: 5_000,
    statementTimeoutMs: 30_000,
    onIdleError: () => undefined,
  });
}
