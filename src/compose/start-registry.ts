import { join } from 'node:path';
import { type DataFolder, openDataFolder } from '#clients/data-folder';
import type { OpenedBroker } from '#clients/open-broker';
import type { ContractChecks } from '#commands/check-contract';
import { type ArtifactStore, openArtifactStore } from '#compose/artifact-store';
import { openCacheUpkeep } from '#compose/cache-upkeep';
import { openClientLimits, openServerGuard } from '#compose/client-limits';
import { buildCommands } from '#compose/commands';
import { openContractChecks } from '#compose/contract-checks';
import { openDrillReports } from '#compose/drill-reports';
import { openGuard, pageRules } from '#compose/guard';
import { DRAINING, logHealth, untilReady, viewHealth } from '#compose/health';
import { lineageWarnerOf } from '#compose/lineage-warner';
import { LoadHealth } from '#compose/load-health';
import { bodiesIn, type Logs, openLogBroker, openLogs } from '#compose/logs';
import { httpMeter } from '#compose/metrics/http-meters';
import { openMetrics } from '#compose/metrics/open-metrics';
import { openServing } from '#compose/serving';
import { newSetup, type Setup } from '#compose/setup';
import { debugOf, openSources, type Sources, sourcesText } from '#compose/sources';
import { followCatalog, keepsFiles } from '#compose/store-catalog';
import { openTier2, type Tier2 } from '#compose/tier2';
import { openTls, tlsHealth } from '#compose/tls';
import { openTracer } from '#compose/tracing';
import { openViews, type Views } from '#compose/views';
import { openWebhooks } from '#compose/webhooks';
import { startWorkers } from '#compose/workers';
import { systemClock } from '#flow/clock';
import { newId } from '#flow/new-id';
import { buildApp } from '#http/app';
import type { HttpObserver, RequestLine } from '#http/boundary';
import { loadConsole } from '#http/console-files';
import type { HttpCommands, HttpDependencies, PartHealth, Serving } from '#http/dependencies';
import { type HttpServer, listen } from '#http/server';
import { asyncApiDocument } from '#log/asyncapi';
import type { Config } from '#ops/config/settings';
import type { Logger } from '#ops/logger';
import { packageInfo } from '#ops/package-root';
import { RequestLog } from '#ops/request-log';
import { AuditTrail } from '#projections/audit-trail';
import { EventFeed } from '#projections/event-feed';
import { findRunAsOf } from '#projections/job-runs/run-as-of';
import { LocalfsPublisher } from '#stores/localfs/localfs-publisher';

/** A registry that runs in this process. */
export interface RunningRegistry {
  readonly url: string;
  /** Which parts it uses, for people. */
  readonly parts: readonly (readonly [name: string, description: string])[];
  readonly health: () => readonly PartHealth[];
  /** Whether requests must say who sends them. */
  readonly asksForTokens: boolean;
  /** Waits until every view has reached the log's position of the start, at most so long. */
  readonly ready: (timeoutMs: number) => Promise<void>;
  /** Takes no new requests, ends the running ones, and releases everything. */
  readonly close: () => Promise<void>;
}

function observerOf({ config, logger, meters }: Setup, load: LoadHealth): HttpObserver {
  const count = config.metrics ? httpMeter(meters) : undefined;
  // A line that nobody writes is not made.
  const requests = logger.isLevelEnabled('info')
    ? new RequestLog<RequestLine>({
        shares: config.logShares,
        slowMs: config.logSlowMs,
        write: (line) => logger.info(line, 'request'),
      })
    : undefined;
  return {
    onRequest: (request) => {
      count?.(request);
      load.note(request);
      requests?.note(request);
    },
    onError: (error, requestId) => logger.error({ err: error, requestId }, 'unexpected error'),
  };
}

/** Assembles and starts a registry. @throws CANNOT_START with one line that says what to do */
export async function startRegistry(config: Config, logger: Logger): Promise<RunningRegistry> {
  const setup = newSetup(config, logger, 'error');
  try {
    return await assemble(setup);
  } catch (error) {
    await setup.releases.releaseAll();
    throw error;
  }
}

/** Everything of a node but its HTTP side. */
interface Parts {
  readonly folder: DataFolder;
  readonly opened: OpenedBroker;
  readonly artifacts: ArtifactStore;
  readonly logs: Logs;
  readonly views: Views;
  readonly sources: Sources | undefined;
  readonly serving: Serving;
  readonly tier2: Tier2;
}

async function openParts(setup: Setup): Promise<Parts> {
  const { config, releases } = setup;
  const folder = openDataFolder(config.dataDir, config.diskFreeBytesMin);
  releases.add('data folder', () => folder.release());
  const opened = await openLogBroker(setup, folder);
  const artifacts = await openArtifactStore(setup, folder);
  const logs = openLogs(setup, opened, bodiesIn(opened, artifacts));
  const views = await openViews(setup, {
    opened,
    logs,
    folder: folder.folder('views'),
    files: keepsFiles(config, artifacts.isShared) ? artifacts.publisher.files : undefined,
    anchors: { files: artifacts.publisher.files, dataFolder: folder.path },
    snapshots: {
      files: artifacts.publisher.files,
      isShared: artifacts.isShared,
      folder: join(folder.path, 'snapshots'),
    },
  });
  followCatalog(setup, views, artifacts);
  const cache = folder.folder('cache');
  await new LocalfsPublisher(cache).removeLeftovers();
  const sources = await openSources(setup, cache);
  const tier2 = openTier2(setup);
  const serving = await openServing(setup, { folder: cache, views, artifacts, sources, tier2 });
  return { folder, opened, artifacts, logs, views, sources, serving, tier2 };
}

async function assemble(given: Setup): Promise<RunningRegistry> {
  const { config, releases } = given;
  const tracer = await openTracer(given);
  const setup = { ...given, tracer };
  const tls = await openTls(setup);
  const parts = await openParts(setup);
  const { opened, artifacts, logs, views, sources } = parts;
  const draining = new AbortController();
  const closing = new AbortController();
  const load = new LoadHealth(systemClock);
  const health = (): PartHealth[] => [
    ...healthOf(parts),
    load.health,
    ...(tls === undefined ? [] : [tlsHealth(tls)]),
    ...(draining.signal.aborted ? [DRAINING] : []),
  ];
  const contractChecks = openContractChecks(setup, views);
  const guard = openGuard(setup, views);
  const clientLimits = openClientLimits(setup, { guard, buckets: parts.tier2.buckets });
  const app = buildApp(
    {
      commands: openCommands(setup, parts, contractChecks),
      guard,
      pages: pageRules(config),
      clientLimits,
      contractChecks,
      ...readModels(parts),
      lineageWarner: lineageWarnerOf(packageInfo().root),
      artifacts: artifacts.publisher,
      serving: parts.serving,
      health,
      debug: debugOf(config, sources),
      console: loadConsole(join(packageInfo().root, 'dist/console')),
      cacheUpkeep: openCacheUpkeep(setup, parts.serving),
      drillReports: openDrillReports(config),
      ...(await openMetrics(setup, { tls, opened, logs, views, health })),
      clock: systemClock,
      newId,
      tracer,
      limits: config,
      version: packageInfo().version,
      describeEvents: () => asyncApiDocument(packageInfo().version),
      closing: closing.signal,
    },
    observerOf(setup, load),
  );
  const bounds = openServerGuard(setup, clientLimits);
  const server = await listen(app, { ...config.bind, tls }, bounds);
  releases.add('http', () => endServer(server, config, { draining, closing }));
  return {
    url: server.url,
    parts: describe(config, parts),
    health,
    asksForTokens: config.auth !== 'off',
    ready: (timeoutMs) => untilReady(health, timeoutMs),
    close: () => releases.releaseAll(),
  };
}

/** What reads are answered from. */
function readModels({ logs, views }: Parts) {
  return {
    catalog: () => views.catalog.reader,
    catalogView: views.catalogView,
    registryStores: views.registryStores,
    registryStoresView: views.registryStoresView,
    jobRuns: views.jobRuns,
    jobRunsView: views.jobRunsView,
    jobRunAsOf: async (scope, id, at) => findRunAsOf(logs.JOBS, scope, { id, at }),
    feed: new EventFeed(logs),
    auditTrail: new AuditTrail(logs),
    frozen: views.halted,
  } satisfies Partial<HttpDependencies>;
}

/**
 * Ends the HTTP side: first it says that it is not ready and goes on, so that whoever sends requests here learns it before any
 * is refused; then it lets the running ones end.
 */
async function endServer(
  server: HttpServer,
  { drainDelayMs, shutdownGraceMs }: Config,
  { draining, closing }: Readonly<Record<'draining' | 'closing', AbortController>>,
): Promise<void> {
  draining.abort();
  server.drain();
  await systemClock.sleep(drainDelayMs);
  closing.abort();
  await server.close(shutdownGraceMs);
}

function healthOf({ opened, views, sources }: Parts): PartHealth[] {
  return [
    logHealth(opened, views),
    ...views.kept.map(viewHealth),
    ...(sources === undefined ? [] : [sources.health()]),
  ];
}

/** Gives the commands of a node whose role writes, and starts what follows from them by itself. */
function openCommands(
  setup: Setup,
  { folder, opened, logs, views, artifacts }: Parts,
  contractChecks: ContractChecks,
): HttpCommands | undefined {
  const { config } = setup;
  if (config.role !== 'all' && config.role !== 'writer') return undefined;
  const webhooks = openWebhooks(setup, { broker: opened.broker, folder, logs, views });
  const from = { logs, views, artifacts, contractChecks, webhookPort: webhooks.port };
  const commands = buildCommands(setup, from);
  if (!config.workers) return commands;
  webhooks.start(commands.webhooks);
  return startWorkers(setup, { commands, views, artifacts });
}

/** Says which parts a node uses, for people. */
function describe(config: Config, parts: Parts): RunningRegistry['parts'] {
  const { folder, opened, artifacts, views, sources } = parts;
  return [
    ['role', config.role],
    ['broker', opened.description],
    ['views', `${views.description} in ${folder.path}/views`],
    ['artifacts', artifacts.description],
    ...(sources === undefined ? [] : [['sources', sourcesText(config)] as const]),
  ];
}
