import { existsSync } from 'node:fs';
import { cp, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { OpenedBroker } from '#clients/open-broker';
import type { Postgres } from '#clients/postgres';
import { bucketOptions } from '#compose/bucket-options';
import { type Logs, messageBytesMax } from '#compose/logs';
import type { Setup } from '#compose/setup';
import { placesOf } from '#compose/stored-views';
import { openPostgres } from '#compose/view-postgres';
import { RegistryError } from '#domain/errors';
import { START } from '#domain/position';
import { systemClock } from '#flow/clock';
import type { StreamName } from '#log/streams';
import { CatalogReader } from '#projections/catalog/catalog-reader';
import { openBucketIfThere } from '#projections/contract-kv/bucket';
import { digestOfBucket } from '#projections/contract-kv/bucket-digest';
import { FileJobRuns } from '#projections/job-runs/file-job-runs';
import { PostgresJobRuns } from '#projections/job-runs/postgres-job-runs';
import { digestOfRunFile } from '#projections/job-runs/sqlite-job-runs';
import type { Projection, ProjectionDigest } from '#projections/projection';
import { FileDocuments } from '#projections/registry-stores/file-documents';
import { PostgresDocuments } from '#projections/registry-stores/postgres-documents';
import { digestOfDocumentFile } from '#projections/registry-stores/sqlite-documents';

/** A view as a registry keeps it now, which may be running. It is only read. */
export interface LiveView {
  readonly name: string;
  readonly stream: StreamName;
  /** Its file, where it is one of SQLite. */
  readonly file?: string;
  /** Of the bucket: see `ContractKvOptions`. */
  readonly valueBytesMax?: number;
  /** Gives its digest at the position that it shows; `undefined` where there is no such view. */
  readonly digest: () => Promise<ProjectionDigest | undefined>;
}

export interface LiveViewsFrom {
  readonly opened: OpenedBroker;
  readonly logs: Logs;
  /** For copies of what cannot be read in place. */
  readonly scratch: string;
  readonly signal: AbortSignal;
}

/** Finds the views of the registry that the settings name. */
export async function openLiveViews(
  setup: Setup,
  from: LiveViewsFrom,
): Promise<readonly LiveView[]> {
  const { config } = setup;
  const folder = join(config.dataDir, 'views');
  const { registryStore, jobRunStore } = placesOf(config);
  const needsPostgres = [registryStore, jobRunStore].includes('postgres');
  const postgres =
    needsPostgres && config.databaseUrl !== undefined
      ? await openPostgres(setup, { url: config.databaseUrl, pool: 'views' })
      : undefined;
  const catalog = join(folder, 'catalog.sqlite');
  const stores = join(folder, 'registry-stores');
  const runs = join(folder, 'job-runs');
  return [
    { name: 'catalog', stream: 'REGISTRY', ...inFile(catalog, digestOfCatalogFile) },
    bucketView(setup, from),
    {
      name: 'registry-stores',
      stream: 'REGISTRY',
      ...chosen(registryStore, {
        sqlite: () => inFile(`${stores}.sqlite`, async (path) => digestOfDocumentFile(path)),
        postgres: () => inPostgres(postgres, (db) => new PostgresDocuments(db)),
        filesystem: () => inFolder(stores, from.scratch, (options) => new FileDocuments(options)),
      }),
    },
    {
      name: 'job-runs',
      stream: 'JOBS',
      ...chosen(jobRunStore, {
        sqlite: () => inFile(`${runs}.sqlite`, async (path) => digestOfRunFile(path)),
        postgres: () => inPostgres(postgres, (db) => new PostgresJobRuns(db)),
        filesystem: () => inFolder(runs, from.scratch, (options) => new FileJobRuns(options)),
      }),
    },
  ];
}

type Place = Pick<LiveView, 'file' | 'digest'>;

function chosen<K extends string>(backend: K, places: Readonly<Record<K, () => Place>>): Place {
  return places[backend]();
}

function inFile(file: string, digestOf: (path: string) => Promise<ProjectionDigest>): Place {
  return { file, digest: async () => (existsSync(file) ? await digestOf(file) : undefined) };
}

async function digestOfCatalogFile(path: string): Promise<ProjectionDigest> {
  const reader = new CatalogReader(path);
  try {
    return await reader.digest();
  } finally {
    reader.close();
  }
}

function inPostgres(
  db: Postgres | undefined,
  view: (db: Postgres) => Pick<Projection, 'digest'>,
): Place {
  if (db === undefined) throw new TypeError('A view lies in Postgres, which was not opened');
  // In one transaction that may only read; the schema is not touched.
  return { digest: async () => await view(db).digest() };
}

const COPIES_MAX = 5;
const PAUSE_MS = 500;
// Whoever opens the folder locks it, and the copy is another folder.
const NOT_COPIED = new Set(['lock.sqlite', 'owner']);

/**
 * A folder of documents is opened by one process, which carries out in it what was decided. So a copy is opened, which is
 * empty when it was made of a folder that is not whole: while a change was going on, or for good.
 */
function inFolder(
  folder: string,
  scratch: string,
  view: (options: {
    path: string;
    freeBytesMin: number;
  }) => Pick<Projection, 'open' | 'digest' | 'close'>,
): Place {
  const path = join(scratch, `copy-of-${basename(folder)}`);
  const look = async (): Promise<ProjectionDigest | undefined> => {
    await rm(path, { recursive: true, force: true });
    const filter = (source: string): boolean =>
      !NOT_COPIED.has(basename(source)) && !source.endsWith('.tmp');
    try {
      await cp(folder, path, { recursive: true, filter });
    } catch (error) {
      // A file went away while it was to be copied.
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
      throw error;
    }
    const copy = view({ path, freeBytesMin: 0 });
    try {
      const { position } = await copy.open();
      return position === START ? undefined : await copy.digest();
    } finally {
      await copy.close();
    }
  };
  return {
    async digest() {
      if (!existsSync(join(folder, 'checkpoint.json'))) return undefined;
      for (let copies = 0; copies < COPIES_MAX; copies += 1) {
        if (copies > 0) await systemClock.sleep(PAUSE_MS);
        const found = await look();
        if (found !== undefined) return found;
      }
      throw new RegistryError(
        'VIEW_UNAVAILABLE',
        `Cannot read view "${folder}": its files are not what its checkpoint says (want them sound, and the registry stopped or without much to do)`,
      );
    },
  };
}

function bucketView(setup: Setup, { opened, logs, signal }: LiveViewsFrom): LiveView {
  const valueBytesMax = messageBytesMax(opened.broker);
  return {
    name: 'contracts-kv',
    stream: 'REGISTRY',
    valueBytesMax,
    async digest() {
      const kv = await openBucketIfThere(bucketOptions(setup.config, opened.broker));
      return kv && (await digestOfBucket({ kv, log: logs.REGISTRY, valueBytesMax, signal }));
    },
  };
}
