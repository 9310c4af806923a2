import { join } from 'node:path';
import type { OpenedBroker } from '#clients/open-broker';
import { Postgres } from '#clients/postgres';
import { type Logs, messageBytesMax } from '#compose/logs';
import type { Setup } from '#compose/setup';
import { systemClock } from '#flow/clock';
import type { PositionedView } from '#http/dependencies';
import type { EventLog } from '#log/event-log';
import { CatalogProjection } from '#projections/catalog/catalog-projection';
import { ContractKv } from '#projections/contract-kv';
import type { JobRunView } from '#projections/job-runs/job-run-view';
import { PostgresJobRuns } from '#projections/job-runs/postgres-job-runs';
import { SqliteJobRuns } from '#projections/job-runs/sqlite-job-runs';
import type { Projection } from '#projections/projection';
import { Projector } from '#projections/projector';
import { SharedView } from '#projections/shared-view';

const SHARED_VIEW_POLL_MS = 10;

/** The read models of this node. */
export interface Views {
  readonly catalog: CatalogProjection;
  readonly catalogView: PositionedView;
  readonly jobRuns: JobRunView;
  readonly jobRunsView: PositionedView;
  readonly projectors: readonly (Projector | SharedView)[];
  readonly description: string;
}

/**
 * Opens the views that the role asks for and starts to keep them. The catalog is local to every node; the KV bucket and
 * Postgres are shared, and kept by the roles `all` and `projector`.
 */
export async function openViews(
  setup: Setup,
  from: { readonly opened: OpenedBroker; readonly logs: Logs; readonly folder: string },
): Promise<Views> {
  const { config, releases } = setup;
  const { broker } = from.opened;
  const sharesViews = config.role === 'all' || config.role === 'projector';
  const catalog = new CatalogProjection(join(from.folder, 'catalog.sqlite'));
  const catalogView = project(setup, catalog, from.logs.REGISTRY);
  const projectors: (Projector | SharedView)[] = [catalogView];
  if (sharesViews) {
    const { js } = broker;
    const shared = { bucket: config.kvBucket, replicas: config.streamReplicas };
    const kv = new ContractKv({ js, ...shared, valueBytesMax: messageBytesMax(broker) });
    projectors.push(project(setup, kv, from.logs.REGISTRY));
  }
  const postgres = openPostgres(setup);
  const jobRuns: JobRunView =
    postgres === undefined
      ? new SqliteJobRuns(join(from.folder, 'job-runs.sqlite'))
      : new PostgresJobRuns(postgres);
  let jobRunsView: Projector | SharedView;
  if (postgres === undefined || sharesViews) {
    jobRunsView = project(setup, jobRuns, from.logs.JOBS);
  } else {
    const watched = { view: jobRuns, log: from.logs.JOBS, clock: systemClock };
    jobRunsView = new SharedView({ ...watched, pollMs: SHARED_VIEW_POLL_MS });
    const stop = new AbortController();
    releases.add(jobRuns.name, () => stop.abort());
    await jobRunsView.start(stop.signal);
  }
  projectors.push(jobRunsView);
  const description = postgres === undefined ? 'SQLite' : 'Postgres (job runs) and SQLite';
  return { catalog, catalogView, jobRuns, jobRunsView, projectors, description };
}

function project(
  { config, logger, releases }: Setup,
  projection: Projection,
  log: EventLog,
): Projector {
  const projector = new Projector({
    projection,
    log,
    clock: systemClock,
    batchMax: config.projectionBatchMax,
    onStatus: (status) => {
      const level =
        status.state === 'halted' ? 'error' : status.state === 'retrying' ? 'warn' : 'debug';
      logger[level]({ view: projection.name, ...status }, `view is ${status.state}`);
    },
  });
  releases.add(projection.name, () => projector.stop());
  projector.start();
  return projector;
}

function openPostgres({ config, logger, releases }: Setup): Postgres | undefined {
  if (config.databaseUrl === undefined) return undefined;
  const postgres = new Postgres({
    url: config.databaseUrl,
    connectionsMax: config.databaseConnectionsMax,
    connectTimeoutMs: config.databaseTimeoutMs,
    statementTimeoutMs: config.databaseTimeoutMs,
    onIdleError: (error) => logger.warn({ err: error }, 'a connection to Postgres broke'),
  });
  releases.add('postgres', () => postgres.close());
  return postgres;
}
