import { openDataFolder } from '#clients/data-folder';
import { buildCommands } from '#compose/commands';
import { DRAINING, logHealth, untilReady, viewHealth } from '#compose/health';
import { openLogBroker, openLogs } from '#compose/logs';
import type { Setup } from '#compose/setup';
import { openViews } from '#compose/views';
import { systemClock } from '#flow/clock';
import { newId } from '#flow/new-id';
import { buildApp, type HttpObserver } from '#http/app';
import type { PartHealth } from '#http/dependencies';
import { listen } from '#http/server';
import type { Config } from '#ops/config/settings';
import type { Logger } from '#ops/logger';
import { packageInfo } from '#ops/package-root';
import { ReleaseStack } from '#ops/release-stack';
import { EventFeed } from '#projections/event-feed';
import { LocalfsPublisher } from '#stores/localfs/localfs-publisher';

/** A registry that runs in this process. */
export interface RunningRegistry {
  readonly url: string;
  /** Which parts it uses, for people. */
  readonly parts: readonly (readonly [name: string, description: string])[];
  readonly health: () => readonly PartHealth[];
  /** Waits until every view has reached the log's position of the start, at most so long. */
  readonly ready: (timeoutMs: number) => Promise<void>;
  /** Takes no new requests, ends the running ones, and releases everything. */
  readonly close: () => Promise<void>;
}

function observerOf(logger: Logger): HttpObserver {
  return {
    onRequest: (request) => logger.info(request, 'request'),
    onError: (error, requestId) => logger.error({ err: error, requestId }, 'unexpected error'),
  };
}

/** Assembles and starts a registry. @throws CANNOT_START with one line that says what to do */
export async function startRegistry(config: Config, logger: Logger): Promise<RunningRegistry> {
  const onError = (part: string, error: unknown): void => {
    logger.error({ part, err: error }, 'could not be released');
  };
  const setup = { config, logger, releases: new ReleaseStack(onError) };
  try {
    return await assemble(setup);
  } catch (error) {
    await setup.releases.releaseAll();
    throw error;
  }
}

async function assemble(setup: Setup): Promise<RunningRegistry> {
  const { config, logger, releases } = setup;
  const folder = openDataFolder(config.dataDir, config.diskFreeBytesMin);
  releases.add('data folder', () => folder.release());
  const opened = await openLogBroker(setup, folder);
  const publisher = new LocalfsPublisher(folder.folder('store'));
  await publisher.removeLeftovers();
  const logs = openLogs(setup, opened, publisher);
  releases.add('logs', () => {
    logs.REGISTRY.close();
    logs.JOBS.close();
  });
  const views = await openViews(setup, { opened, logs, folder: folder.folder('views') });
  const closing = new AbortController();
  const health = (): PartHealth[] => [
    logHealth(opened),
    ...views.kept.map(viewHealth),
    ...(closing.signal.aborted ? [DRAINING] : []),
  ];
  const commands =
    config.role === 'all' || config.role === 'writer'
      ? buildCommands(config, { logs, views, publisher })
      : undefined;
  const app = buildApp(
    {
      commands,
      catalog: () => views.catalog.reader,
      catalogView: views.catalogView,
      jobRuns: views.jobRuns,
      jobRunsView: views.jobRunsView,
      artifacts: publisher,
      feed: new EventFeed(logs),
      health,
      frozen: views.halted,
      clock: systemClock,
      newId,
      limits: config,
      version: packageInfo().version,
      closing: closing.signal,
    },
    observerOf(logger),
  );
  const server = await listen(app, config.bind);
  releases.add('http', async () => {
    closing.abort();
    await server.close(config.shutdownGraceMs);
  });
  return {
    url: server.url,
    parts: [
      ['role', config.role],
      ['broker', opened.description],
      ['views', `${views.description} in ${folder.path}/views`],
      ['artifacts', `${folder.path}/store`],
    ],
    health,
    ready: (timeoutMs) => untilReady(health, timeoutMs),
    close: () => releases.releaseAll(),
  };
}
