import { join } from 'node:path';
import { versionOf } from '#clients/nats';
import { isAtLeast, type NatsVersion } from '#clients/nats-version';
import type { OpenedBroker } from '#clients/open-broker';
import { Postgres } from '#clients/postgres';
import { type Logs, messageBytesMax } from '#compose/logs';
import type { Setup } from '#compose/setup';
import { isRegistryError, RegistryError } from '#domain/errors';
import { systemClock } from '#flow/clock';
import type { PositionedView } from '#http/dependencies';
import type { EventLog } from '#log/event-log';
import { CatalogProjection } from '#projections/catalog/catalog-projection';
import { ContractKv } from '#projections/contract-kv/contract-kv';
import type { JobRunView } from '#projections/job-runs/job-run-view';
import { PostgresJobRuns } from '#projections/job-runs/postgres-job-runs';
import { SqliteJobRuns } from '#projections/job-runs/sqlite-job-runs';
import { type FileStore, ManifestFiles } from '#projections/manifest-files/manifest-files';
import type { Projection } from '#projections/projection';
import { Projector } from '#projections/projector';
import { SharedView } from '#projections/shared-view';

const SHARED_VIEW_POLL_MS = 10;
const FLUSH_LATER_VERSION_MIN: NatsVersion = [2, 12];

/** A view that this node keeps or watches. */
export interface KeptView {
  readonly view: Projector | SharedView;
  /** Whether its storage is another process: then the node can do without it for a while. */
  readonly isRemote: boolean;
  /** Whether nothing on this node reads it: then the node never waits for it. */
  readonly isOptional?: boolean;
}

/** The read models of this node. */
export interface Views {
  readonly catalog: CatalogProjection;
  readonly catalogView: PositionedView;
  readonly jobRuns: JobRunView;
  readonly jobRunsView: PositionedView;
  readonly kept: readonly KeptView[];
  /** Why a view that commands decide on has halted. */
  readonly halted: () => string | undefined;
  readonly description: string;
}

interface ViewsFrom {
  readonly opened: OpenedBroker;
  readonly logs: Logs;
  readonly folder: string;
  /** Where this node keeps manifests as files; `undefined` where it does not. */
  readonly files: FileStore | undefined;
}

/**
 * Opens the views that the role asks for and starts to keep them. The catalog is local to every node; the KV bucket and
 * Postgres are shared, and kept by the roles `all` and `projector`.
 */
export async function openViews(setup: Setup, from: ViewsFrom): Promise<Views> {
  const { config, releases } = setup;
  const { broker } = from.opened;
  const sharesViews = config.role === 'all' || config.role === 'projector';
  const catalog = new CatalogProjection(join(from.folder, 'catalog.sqlite'));
  const { projectionBatchMax, jobRunBatchMax } = config;
  const registry = { log: from.logs.REGISTRY, batchMax: projectionBatchMax };
  const catalogView = project(setup, catalog, registry);
  const kept: KeptView[] = [{ view: catalogView, isRemote: false }];
  if (sharesViews) {
    const { js, jsm } = broker;
    const { kvBucket: bucket, streamReplicas: replicas } = config;
    // What a power cut takes from it is projected again: every reconnect begins at the checkpoint that is still there.
    const flushLater = replicas === 1 && isAtLeast(versionOf(broker.nc), FLUSH_LATER_VERSION_MIN);
    const shared = { bucket, replicas, flushLater };
    const kv = new ContractKv({ js, jsm, ...shared, valueBytesMax: messageBytesMax(broker) });
    const kvView = project(setup, kv, registry);
    kept.push({ view: kvView, isRemote: true });
    releases.add(
      'contract bucket watch',
      broker.onReconnect(() => kvView.restart()),
    );
  }
  const filesPerSecondMax = config.manifestFilesPerSecond;
  if (from.files !== undefined && filesPerSecondMax > 0) {
    const manifests = new ManifestFiles({
      files: from.files,
      checkpointPath: join(from.folder, 'manifest-files.json'),
      clock: systemClock,
      filesPerSecondMax,
    });
    const batchMax = Math.min(projectionBatchMax, filesPerSecondMax);
    const view = project(setup, manifests, { log: from.logs.REGISTRY, batchMax });
    kept.push({ view, isRemote: true, isOptional: true });
  }
  const postgres = await openPostgres(setup);
  const jobRuns: JobRunView =
    postgres === undefined
      ? new SqliteJobRuns(join(from.folder, 'job-runs.sqlite'))
      : new PostgresJobRuns(postgres);
  let jobRunsView: Projector | SharedView;
  if (postgres === undefined || sharesViews) {
    jobRunsView = project(setup, jobRuns, { log: from.logs.JOBS, batchMax: jobRunBatchMax });
  } else {
    const watched = { view: jobRuns, log: from.logs.JOBS, clock: systemClock };
    jobRunsView = new SharedView({ ...watched, pollMs: SHARED_VIEW_POLL_MS });
    const stop = new AbortController();
    releases.add(jobRuns.name, () => stop.abort());
    await jobRunsView.start(stop.signal);
  }
  kept.push({ view: jobRunsView, isRemote: postgres !== undefined });
  const description = postgres === undefined ? 'SQLite' : 'Postgres (job runs) and SQLite';
  const deciding = [catalogView, jobRunsView];
  const halted = (): string | undefined => deciding.map(haltOf).find((why) => why !== undefined);
  return { catalog, catalogView, jobRuns, jobRunsView, kept, halted, description };
}

function haltOf(view: Projector | SharedView): string | undefined {
  if (!(view instanceof Projector) || view.status.state !== 'halted') return undefined;
  return `view "${view.name}" has halted: ${view.status.reason}`;
}

function project(
  { logger, releases }: Setup,
  projection: Projection,
  from: { readonly log: EventLog; readonly batchMax: number },
): Projector {
  let told = '';
  const projector = new Projector({
    projection,
    clock: systemClock,
    ...from,
    onStatus: (status) => {
      const trouble = 'reason' in status ? status.reason : '';
      // The same trouble again is not news; its end is.
      const isNews = trouble !== told && (trouble !== '' || status.state === 'live');
      if (!isNews) return;
      told = trouble;
      const level = status.state === 'halted' ? 'error' : trouble === '' ? 'info' : 'warn';
      logger[level]({ view: projection.name, ...status }, `view is ${status.state}`);
    },
  });
  releases.add(projection.name, () => projector.stop());
  projector.start();
  return projector;
}

/**
 * Opens Postgres. Wrong credentials or a missing database end the start; a server that does not answer does not, because
 * everything else can be served without it.
 */
async function openPostgres({ config, logger, releases }: Setup): Promise<Postgres | undefined> {
  if (config.databaseUrl === undefined) return undefined;
  const postgres = new Postgres({
    url: config.databaseUrl,
    connectionsMax: config.databaseConnectionsMax,
    connectTimeoutMs: config.databaseConnectTimeoutMs,
    statementTimeoutMs: config.databaseTimeoutMs,
    onIdleError: (error) => logger.warn({ err: error }, 'a connection to Postgres broke'),
  });
  releases.add('postgres', () => postgres.close());
  try {
    await postgres.query('SELECT 1');
  } catch (error) {
    if (!isRegistryError(error, 'VIEW_UNAVAILABLE')) {
      const is = error instanceof Error ? error.message : String(error);
      throw new RegistryError(
        'CANNOT_START',
        `Cannot use Postgres: ${is} (want another DATABASE_URL)`,
        {
          cause: error,
        },
      );
    }
    logger.warn({ part: 'postgres' }, error.message);
  }
  return postgres;
}
