import type { Broker } from '#clients/nats';
import type { KeptView } from '#compose/kept-view';
import type { Logs } from '#compose/logs';
import type { Setup } from '#compose/setup';
import type { SideWatch } from '#compose/side-watch';
import { systemClock } from '#flow/clock';
import type { CatalogProjection } from '#projections/catalog/catalog-projection';
import { LogWatch } from '#projections/log-watch';

interface WatchLogsFrom {
  readonly broker: Broker;
  readonly logs: Logs;
  readonly kept: readonly KeptView[];
  readonly catalog: CatalogProjection;
  readonly sides: SideWatch;
}

/** Holds the views of a node against their logs for as long as it lives. Appends wait while a log is in doubt. */
export function watchLogs(
  { config, releases }: Setup,
  { broker, logs, kept, catalog, sides }: WatchLogsFrom,
): void {
  const stop = new AbortController();
  const { signal } = stop;
  const watches = Object.values(logs).map((log) => {
    const views = kept.map(({ view }) => view).filter(({ stream }) => stream === log.name);
    const options = { log, views, clock: systemClock, intervalMs: config.logCheckMs };
    // The catalog has the hash of every event of its stream, also from before the process began.
    const known = log === logs.REGISTRY ? { witness: () => catalog.newestEvent() } : {};
    const watch = new LogWatch({ ...options, ...known });
    log.holdAppends(() => watch.isSuspect || sides.isSuspect);
    return watch;
  });
  const running = watches.map((watch) => watch.run(signal));
  // Whoever was away may come back as another.
  const forget = [
    broker.onDisconnect(() => watches.forEach((watch) => watch.doubt())),
    broker.onReconnect(() => watches.forEach((watch) => void watch.lookUntilSure(signal))),
  ];
  releases.add('log watch', async () => {
    for (const one of forget) one();
    stop.abort();
    await Promise.all(running);
  });
}
