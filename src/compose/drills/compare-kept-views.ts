import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Broker } from '#clients/nats';
import { Postgres } from '#clients/postgres';
import type { EventLog } from '#log/event-log';
import { CatalogProjection } from '#projections/catalog/catalog-projection';
import { ContractKv } from '#projections/contract-kv/contract-kv';
import { ContractValues } from '#projections/contract-kv/contract-values';
import { PostgresJobRuns } from '#projections/job-runs/postgres-job-runs';
import { SqliteJobRuns } from '#projections/job-runs/sqlite-job-runs';
import type { Projection, ProjectionDigest } from '#projections/projection';
import { rebuildView } from '#projections/rebuild-view';
import { PostgresDocuments } from '#projections/registry-stores/postgres-documents';
import { RegistryStores } from '#projections/registry-stores/registry-stores';
import { SqliteDocuments } from '#projections/registry-stores/sqlite-documents';

/** Nodes that have been stopped, and what they share, which runs. */
export interface KeptViews {
  readonly nodes: readonly { readonly name: string; readonly dataFolder: string }[];
  readonly broker: Broker;
  readonly logs: Readonly<Record<'REGISTRY' | 'JOBS', EventLog>>;
  readonly replicas: number;
  readonly databaseUrl: string | undefined;
  /** An empty folder, or one to be made. */
  readonly scratch: string;
  /** How long one view may take to be made from the log. */
  readonly rebuildMsMax: number;
}

/** A view as it was kept, beside the same view made from the log alone. */
export interface ComparedView {
  /** Which view, and whose. */
  readonly where: string;
  readonly found: ProjectionDigest;
  readonly wanted: ProjectionDigest;
}

const BATCH_MAX = 2_000;
const KV_VALUE_BYTES_MAX = 1_000_000;
const POSTGRES = { connectionsMax: 2, connectTimeoutMs: 5_000, statementTimeoutMs: 30_000 };

/** Compares every view that nodes have kept with one that is made from position 1 of the log. */
export async function compareKeptViews(from: KeptViews): Promise<ComparedView[]> {
  const { databaseUrl, scratch, rebuildMsMax } = from;
  mkdirSync(scratch, { recursive: true });
  const postgres =
    databaseUrl === undefined ? undefined : new Postgres({ url: databaseUrl, ...POSTGRES });
  const compared: ComparedView[] = [];
  try {
    for (const { log, kept, fresh } of pairs(from, postgres)) {
      const wanted = await digestOfLog(log, fresh, rebuildMsMax);
      for (const { owner, view } of kept)
        compared.push({ where: `${fresh.name} of ${owner}`, found: await digestOf(view), wanted });
    }
    return compared;
  } finally {
    await postgres?.close();
  }
}

interface Kept {
  readonly owner: string;
  readonly view: Projection;
}

interface Pair {
  readonly log: EventLog;
  readonly kept: readonly Kept[];
  /** The same view, empty. */
  readonly fresh: Projection;
}

function pairs(from: KeptViews, postgres: Postgres | undefined): readonly Pair[] {
  const { nodes, broker, logs, replicas, scratch } = from;
  const inFiles = (name: string, open: (path: string) => Projection): Omit<Pair, 'log'> => ({
    kept: nodes.map((node) => ({
      owner: node.name,
      view: open(join(node.dataFolder, 'views', name)),
    })),
    fresh: open(join(scratch, name)),
  });
  const inPostgres = (files: Omit<Pair, 'log'>, open: (db: Postgres) => Projection) =>
    postgres === undefined
      ? files
      : { ...files, kept: [{ owner: 'Postgres', view: open(postgres) }] };
  const { js, jsm } = broker;
  const valueBytesMax = KV_VALUE_BYTES_MAX;
  const bucket = new ContractKv({ js, jsm, bucket: 'contracts', replicas, valueBytesMax });
  const documents = inFiles(
    'registry-stores.sqlite',
    (path) => new RegistryStores(new SqliteDocuments(path)),
  );
  const runs = inFiles('job-runs.sqlite', (path) => new SqliteJobRuns(path));
  return [
    { log: logs.REGISTRY, ...inFiles('catalog.sqlite', (path) => new CatalogProjection(path)) },
    {
      log: logs.REGISTRY,
      kept: [{ owner: 'NATS', view: bucket }],
      fresh: new ContractValues(join(scratch, 'contracts.sqlite'), valueBytesMax),
    },
    {
      log: logs.REGISTRY,
      ...inPostgres(documents, (db) => new RegistryStores(new PostgresDocuments(db))),
    },
    { log: logs.JOBS, ...inPostgres(runs, (db) => new PostgresJobRuns(db)) },
  ];
}

/** Makes a view from position 1 and gives what it then is. */
async function digestOfLog(
  log: EventLog,
  projection: Projection,
  rebuildMsMax: number,
): Promise<ProjectionDigest> {
  const { last: upTo } = await log.head();
  const signal = AbortSignal.timeout(rebuildMsMax);
  const onProgress = (): void => undefined;
  try {
    return await rebuildView({ projection, log, upTo, batchMax: BATCH_MAX, signal, onProgress });
  } finally {
    await projection.close();
  }
}

async function digestOf(view: Projection): Promise<ProjectionDigest> {
  await view.open();
  try {
    return await view.digest();
  } finally {
    await view.close();
  }
}
