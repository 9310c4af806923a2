import { join } from 'node:path';
import { connectBroker } from '#clients/nats';
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
import type { Bed } from '#test/faults/bed/bed';
import { tempFolder } from '#test/support/temp';

/** A view as a node left it, beside the fold of the whole log. */
export interface ComparedView {
  readonly where: string;
  readonly found: ProjectionDigest;
  readonly wanted: ProjectionDigest;
}

export interface ViewLogs {
  readonly REGISTRY: EventLog;
  readonly JOBS: EventLog;
}

interface Stored {
  readonly where: string;
  readonly kind: 'catalog' | 'registry stores' | 'job runs' | 'contract bucket';
  readonly view: Projection;
}

const BATCH_MAX = 500;
const POSTGRES = { connectionsMax: 2, connectTimeoutMs: 5_000, statementTimeoutMs: 30_000 };
const VALUE_BYTES_MAX = 900_000;

/** Compares every view that the nodes of a bed keep with one that is folded anew. The nodes have been stopped. */
export async function compareViews(bed: Bed, logs: ViewLogs): Promise<ComparedView[]> {
  using folder = tempFolder();
  const wanted = {
    catalog: await folded(new CatalogProjection(join(folder.path, 'catalog')), logs.REGISTRY),
    'registry stores': await folded(
      new RegistryStores(new SqliteDocuments(join(folder.path, 'stores'))),
      logs.REGISTRY,
    ),
    'job runs': await folded(new SqliteJobRuns(join(folder.path, 'runs')), logs.JOBS),
  };
  const compared: ComparedView[] = [];
  for (const { where, kind, view } of storedBy(bed)) {
    await view.open();
    if (kind !== 'contract bucket')
      compared.push({ where, found: await view.digest(), wanted: wanted[kind] });
    await view.close();
  }
  return [...compared, ...(await compareBuckets(bed, logs.REGISTRY))];
}

/** Gives the digest of a view into which the whole of a log was folded. */
async function folded(projection: Projection, log: EventLog): Promise<ProjectionDigest> {
  const { last: upTo } = await log.head();
  const { signal } = new AbortController();
  const onProgress = (): void => undefined;
  const options = { projection, log, upTo, batchMax: BATCH_MAX, signal, onProgress };
  const digest = await rebuildView(options);
  await projection.close();
  return digest;
}

function storedBy({ nodes, postgres }: Bed): Stored[] {
  const local = nodes.flatMap(({ name, dataDir }): Stored[] => {
    const path = (file: string): string => join(dataDir, 'views', file);
    const catalog = new CatalogProjection(path('catalog.sqlite'));
    const own: Stored[] = [{ where: `${name}: catalog`, kind: 'catalog', view: catalog }];
    if (postgres !== undefined) return own;
    const stores = new RegistryStores(new SqliteDocuments(path('registry-stores.sqlite')));
    const runs = new SqliteJobRuns(path('job-runs.sqlite'));
    return [
      ...own,
      { where: `${name}: registry stores`, kind: 'registry stores', view: stores },
      { where: `${name}: job runs`, kind: 'job runs', view: runs },
    ];
  });
  if (postgres === undefined) return local;
  const open = (): Postgres => new Postgres({ url: postgres.url, ...POSTGRES });
  return [
    ...local,
    { where: 'Postgres: job runs', kind: 'job runs', view: new PostgresJobRuns(open()) },
    {
      where: 'Postgres: registry stores',
      kind: 'registry stores',
      view: new RegistryStores(new PostgresDocuments(open())),
    },
  ];
}

async function compareBuckets({ brokers, nodes }: Bed, log: EventLog): Promise<ComparedView[]> {
  if (!nodes.some(({ role }) => role === 'all' || role === 'projector')) return [];
  const url = brokers.ports.map((port) => `nats://127.0.0.1:${port}`).join(',');
  const broker = await connectBroker({ url, name: 'faults', connectTimeoutMs: 5_000 });
  const { js, jsm } = broker;
  using folder = tempFolder();
  try {
    const options = { js, jsm, bucket: 'contracts', replicas: brokers.ports.length };
    const valueBytesMax = VALUE_BYTES_MAX;
    const live = new ContractKv({ ...options, valueBytesMax });
    await live.open();
    const found = await live.digest();
    const wanted = await folded(
      new ContractValues(join(folder.path, 'values'), valueBytesMax),
      log,
    );
    return [{ where: 'contract bucket', found, wanted }];
  } finally {
    await broker.close();
  }
}
