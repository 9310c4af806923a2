import { join } from 'node:path';
import type { Postgres } from '#clients/postgres';
import { type KeptView, keepOrWatch } from '#compose/kept-view';
import type { Logs } from '#compose/logs';
import type { Setup } from '#compose/setup';
import { openPostgres } from '#compose/view-postgres';
import type { ViewSnapshots } from '#compose/view-snapshots';
import type { Config } from '#ops/config/settings';
import type { ViewBackend } from '#ops/config/view-settings';
import { FileJobRuns } from '#projections/job-runs/file-job-runs';
import type { JobRunView } from '#projections/job-runs/job-run-view';
import { PostgresJobRuns } from '#projections/job-runs/postgres-job-runs';
import { SqliteJobRuns } from '#projections/job-runs/sqlite-job-runs';
import { JOB_RUN_SCHEMA } from '#projections/job-runs/sqlite-schema';
import { Projector } from '#projections/projector';
import type { DocumentBackend } from '#projections/registry-stores/document-backend';
import { FileDocuments } from '#projections/registry-stores/file-documents';
import type { FolderOptions } from '#projections/registry-stores/folder-documents';
import { PostgresDocuments } from '#projections/registry-stores/postgres-documents';
import { RegistryStores } from '#projections/registry-stores/registry-stores';
import { STORE_FILE_SCHEMA } from '#projections/registry-stores/sqlite-document-schema';
import { SqliteDocuments } from '#projections/registry-stores/sqlite-documents';

/** The views whose place an installation chooses. */
interface StoredViews {
  readonly registryStores: RegistryStores;
  readonly registryStoresView: KeptView['view'];
  readonly jobRuns: JobRunView;
  readonly jobRunsView: KeptView['view'];
  readonly kept: readonly KeptView[];
  /** Where they are, for people. */
  readonly description: string;
}

interface StoredViewsFrom {
  readonly logs: Logs;
  readonly folder: string;
  /** The other reader of the same log. */
  readonly catalogView: Projector;
  readonly snapshots: ViewSnapshots;
}

/** Where one view lies. */
interface Place {
  readonly backend: ViewBackend;
  readonly postgres: Postgres | undefined;
  /** Of those that lie in files. */
  readonly folder: FolderOptions;
  readonly file: string;
}

/**
 * Opens the stores of the registries and of job runs where the settings say. Local ones are kept by every node; those in
 * Postgres by the roles that keep what nodes share, and watched by the others.
 */
export async function openStoredViews(setup: Setup, from: StoredViewsFrom): Promise<StoredViews> {
  const { config } = setup;
  const places = placesOf(config);
  const { databaseUrl } = config;
  const needsPostgres = Object.values(places).includes('postgres');
  const postgres =
    databaseUrl === undefined || !needsPostgres
      ? undefined
      : await openPostgres(setup, { url: databaseUrl, pool: 'views' });
  const stores = await openRegistryStores(setup, from, postgres);
  const runs = await openJobRuns(setup, from, postgres);
  return {
    registryStores: stores.projection,
    registryStoresView: stores.kept.view,
    jobRuns: runs.projection,
    jobRunsView: runs.kept.view,
    kept: [stores.kept, runs.kept],
    description: `registries in ${NAMES[places.registryStore]}, job runs in ${NAMES[places.jobRunStore]}`,
  };
}

const NAMES: Readonly<Record<ViewBackend, string>> = {
  sqlite: 'SQLite',
  postgres: 'Postgres',
  filesystem: 'files',
};

/** Says where the views lie whose place is chosen. */
export function placesOf(
  config: Config,
): Readonly<Record<'registryStore' | 'jobRunStore', ViewBackend>> {
  const usual = config.databaseUrl === undefined ? 'sqlite' : 'postgres';
  const { registryStore = usual, jobRunStore = usual } = config;
  return { registryStore, jobRunStore };
}

interface Opened<P> {
  readonly projection: P;
  readonly kept: KeptView;
}

async function openRegistryStores(
  setup: Setup,
  { logs, folder, catalogView, snapshots }: StoredViewsFrom,
  postgres: Postgres | undefined,
): Promise<Opened<RegistryStores>> {
  const { config } = setup;
  const backend = placesOf(config).registryStore;
  const damage = new Restarts();
  const place = placeIn(folder, 'registry-stores', { backend, postgres, config, damage });
  const projection = new RegistryStores(documentsAt(place));
  const isRemote = backend === 'postgres';
  const batchMax = config.projectionBatchMax;
  const from = { log: logs.REGISTRY, batchMax, isRemote, behind: catalogView };
  const name = 'registry-stores';
  const file = { view: name, path: place.file, schema: STORE_FILE_SCHEMA, log: from.log } as const;
  const isFile = backend === 'sqlite';
  const kept = isFile ? snapshots.startOf(projection, file) : projection;
  const view = await keepOrWatch(setup, kept, from);
  if (isFile) snapshots.keep(view, file);
  damage.restarts(view);
  return { projection, kept: { view, isRemote } };
}

async function openJobRuns(
  setup: Setup,
  { logs, folder, snapshots }: StoredViewsFrom,
  postgres: Postgres | undefined,
): Promise<Opened<JobRunView>> {
  const { config } = setup;
  const backend = placesOf(config).jobRunStore;
  const damage = new Restarts();
  const place = placeIn(folder, 'job-runs', { backend, postgres, config, damage });
  const projection = jobRunsAt(place);
  const isRemote = backend === 'postgres';
  const { jobRunBatchMax, projectionBatchMax } = config;
  // A change of a folder is written whole into its journal first: what a database takes at once would be too much.
  const batchMax =
    backend === 'filesystem' ? Math.min(jobRunBatchMax, projectionBatchMax) : jobRunBatchMax;
  const { JOBS: log } = logs;
  const file = { view: 'job-runs', path: place.file, schema: JOB_RUN_SCHEMA, log } as const;
  const isFile = backend === 'sqlite';
  const kept = isFile ? snapshots.startOf(projection, file) : projection;
  const view = await keepOrWatch(setup, kept, { log, batchMax, isRemote });
  if (isFile) snapshots.keep(view, file);
  damage.restarts(view);
  return { projection, kept: { view, isRemote } };
}

function placeIn(
  folder: string,
  name: string,
  from: Pick<Place, 'backend' | 'postgres'> & {
    readonly config: Config;
    readonly damage: Restarts;
  },
): Place {
  const { backend, postgres, config, damage } = from;
  const path = join(folder, name);
  const freeBytesMin = config.diskFreeBytesMin;
  const files = { path, freeBytesMin, onDamage: () => damage.tell() };
  return { backend, postgres, folder: files, file: `${path}.sqlite` };
}

function documentsAt(place: Place): DocumentBackend {
  switch (place.backend) {
    case 'postgres':
      return new PostgresDocuments(opened(place));
    case 'sqlite':
      return new SqliteDocuments(place.file);
    case 'filesystem':
      return new FileDocuments(place.folder);
    default:
      return place.backend satisfies never;
  }
}

function jobRunsAt(place: Place): JobRunView {
  switch (place.backend) {
    case 'postgres':
      return new PostgresJobRuns(opened(place));
    case 'sqlite':
      return new SqliteJobRuns(place.file);
    case 'filesystem':
      return new FileJobRuns(place.folder);
    default:
      return place.backend satisfies never;
  }
}

function opened({ postgres }: Place): Postgres {
  if (postgres !== undefined) return postgres;
  throw new TypeError('A view is to lie in Postgres, which was not opened');
}

/** Starts the projector of a damaged folder again, which then builds it anew. The folder is there before its projector. */
class Restarts {
  #projector: Projector | undefined;

  restarts(view: KeptView['view']): void {
    if (view instanceof Projector) this.#projector = view;
  }

  tell(): void {
    this.#projector?.restart();
  }
}
