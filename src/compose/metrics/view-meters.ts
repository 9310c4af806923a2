import type { KeptView } from '#compose/kept-view';
import type { Logs } from '#compose/logs';
import { LogHeads } from '#compose/metrics/log-heads';
import type { Setup } from '#compose/setup';
import { systemClock } from '#flow/clock';
import type { EventLog } from '#log/event-log';
import type { Sample } from '#ops/metrics/family';

const LOOK_MS = 2_000;
const HEAD_MS = 1_000;

/** Shows how far the views are, and how far behind their logs. */
export function meterViews({ meters, releases }: Setup, { logs, kept, frozen }: ViewMeters): void {
  const heads = new Map(Object.values(logs).map((log) => [log.name, new LogHeads(systemClock)]));
  const look = async (): Promise<void> => {
    await Promise.all(
      Object.values(logs).map(async (log: EventLog) => {
        const last = await headOf(log);
        if (last !== undefined) heads.get(log.name)?.note(last);
      }),
    );
  };
  const timer = setInterval(() => void look(), LOOK_MS).unref();
  releases.add('view metrics', () => clearInterval(timer));
  meters.beforeScrape(look);
  const lags = (): { readonly name: string; readonly events: number; readonly seconds: number }[] =>
    kept.map(({ view }) => ({
      name: view.name,
      ...(heads.get(view.stream)?.lagOf(view.position) ?? { events: 0, seconds: 0 }),
    }));
  meters.watch('atlas_log_position', () =>
    [...heads].map(([stream, { newest }]): Sample => [newest, stream]),
  );
  meters.watch('atlas_projection_position', () =>
    kept.map(({ view }): Sample => [view.position, view.name, view.stream]),
  );
  meters.watch('atlas_projection_lag_events', () =>
    lags().map(({ name, events }): Sample => [events, name]),
  );
  meters.watch('atlas_projection_lag_seconds', () =>
    lags().map(({ name, seconds }): Sample => [seconds, name]),
  );
  meters.watch('atlas_projection_halted', () =>
    kept.map(({ view }): Sample => [view.haltedBy === undefined ? 0 : 1, view.name]),
  );
  meters.watch('atlas_writes_frozen', () => frozen() !== undefined);
}

interface ViewMeters {
  readonly logs: Logs;
  readonly kept: readonly KeptView[];
  readonly frozen: () => string | undefined;
}

/** A log that does not answer in time says nothing: what was heard last stays. */
async function headOf(log: EventLog): Promise<number | undefined> {
  const late = new AbortController();
  try {
    return await Promise.race([
      log.head().then(({ last }) => last),
      systemClock.sleep(HEAD_MS, late.signal).then(() => undefined),
    ]);
  } catch {
    return undefined;
  } finally {
    late.abort();
  }
}
