import type { Logs } from '#compose/logs';
import type { Setup } from '#compose/setup';
import type { Views } from '#compose/views';
import { systemClock } from '#flow/clock';
import { withDeadline } from '#flow/deadline';
import type { EventLog } from '#log/event-log';
import type { Sample } from '#ops/metrics/family';

const HEAD_MS = 1_000;

/** Shows how far the views are, and how far behind their logs. */
export function meterViews(
  { meters }: Setup,
  { logs, views: { kept, heads, halted } }: ViewMeters,
): void {
  const all = new Map(Object.entries(heads));
  // The regular looks are seconds apart: what is shown is as of now.
  meters.beforeScrape(async () => {
    await Promise.all(
      Object.values(logs).map(async (log: EventLog) => {
        const last = await headOf(log);
        if (last !== undefined) all.get(log.name)?.note(last);
      }),
    );
  });
  const lags = (): { readonly name: string; readonly events: number; readonly seconds: number }[] =>
    kept.map(({ view }) => ({
      name: view.name,
      ...(all.get(view.stream)?.lagOf(view.position) ?? { events: 0, seconds: 0 }),
    }));
  meters.watch('atlas_log_position', () =>
    [...all].map(([stream, { newest }]): Sample => [newest, stream]),
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
  meters.watch('atlas_writes_frozen', () => halted() !== undefined);
}

interface ViewMeters {
  readonly logs: Logs;
  readonly views: Views;
}

/** A log that does not answer in time says nothing: what was heard last stays. */
async function headOf(log: EventLog): Promise<number | undefined> {
  const error = (): Error => new Error('The log does not answer');
  try {
    const { last } = await withDeadline(() => log.head(), {
      ms: HEAD_MS,
      clock: systemClock,
      error,
    });
    return last;
  } catch {
    return undefined;
  }
}
