import type { Broker } from '#clients/nats';
import type { KeptView } from '#compose/kept-view';
import { LogHeads } from '#compose/log-heads';
import type { Logs } from '#compose/logs';
import type { Setup } from '#compose/setup';
import type { SideWatch } from '#compose/side-watch';
import type { Position } from '#domain/position';
import { systemClock } from '#flow/clock';
import { STREAM_NAMES, type StreamName } from '#log/streams';
import type { CatalogProjection } from '#projections/catalog/catalog-projection';
import { LogWatch } from '#projections/log-watch';

interface WatchLogsFrom {
  readonly broker: Broker;
  readonly logs: Logs;
  readonly kept: readonly KeptView[];
  readonly catalog: CatalogProjection;
  readonly sides: SideWatch;
}

/**
 * Holds the views of a node against their logs for as long as it lives. Appends wait while a log is in doubt. Gives how far each
 * log was when it was last looked at.
 */
export function watchLogs(
  { config, releases }: Setup,
  { broker, logs, kept, catalog, sides }: WatchLogsFrom,
): Readonly<Record<StreamName, LogHeads>> {
  const heads = { REGISTRY: new LogHeads(systemClock), JOBS: new LogHeads(systemClock) };
  const stop = new AbortController();
  const { signal } = stop;
  const watches = STREAM_NAMES.map((stream) => {
    const [log, seen] = [logs[stream], heads[stream]];
    const views = kept.map(({ view }) => view).filter(({ stream }) => stream === log.name);
    const onLook = (last: Position | undefined): void =>
      last === undefined ? seen.noteSilence() : seen.note(last);
    const options = { log, views, clock: systemClock, intervalMs: config.logCheckMs, onLook };
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
  return heads;
}
