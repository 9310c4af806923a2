import type { Setup } from '#compose/setup';
import { systemClock } from '#flow/clock';
import type { EventLog } from '#log/event-log';
import { WAY_BACK } from '#projections/log-continuity';
import { behindMsOf } from '#projections/log-watch';
import type { Projection } from '#projections/projection';
import { Projector } from '#projections/projector';
import { SharedView } from '#projections/shared-view';
import { tracedProjection } from '#projections/traced-projection';

const SHARED_VIEW_POLL_MS = 10;
const START_POLL_MS = 5;
const RECHECK_MS = 5_000;

/** A view that this node keeps or watches. */
export interface KeptView {
  readonly view: Projector | SharedView;
  /** Whether its storage is another process: then the node can do without it for a while. */
  readonly isRemote: boolean;
  /** Whether nothing on this node reads it: then the node never waits for it. */
  readonly isOptional?: boolean;
}

/** What a view is kept from. */
interface ViewSource {
  readonly log: EventLog;
  /** The most events in one transaction. */
  readonly batchMax: number;
  /** See `ProjectorOptions`. */
  readonly recheckMs?: number;
  /** The view that is to catch up first. */
  readonly behind?: Projector;
}

/** Keeps a view by itself, or watches the one that other nodes keep. */
export async function keepOrWatch(
  setup: Setup,
  projection: Projection,
  { isRemote, ...from }: ViewSource & { readonly isRemote: boolean },
): Promise<Projector | SharedView> {
  if (!isRemote) return project(setup, projection, from);
  if (keepsShared(setup)) return project(setup, projection, { ...from, recheckMs: RECHECK_MS });
  const watched = { view: projection, log: from.log, clock: systemClock };
  const view = new SharedView({ ...watched, pollMs: SHARED_VIEW_POLL_MS });
  const stop = new AbortController();
  setup.releases.add(projection.name, () => stop.abort());
  await view.start(stop.signal);
  return view;
}

/** Tells whether this node keeps the views that nodes share. */
export function keepsShared({ config: { role } }: Setup): boolean {
  return role === 'all' || role === 'projector';
}

/** Starts to keep a view, and writes into the log what becomes of it. */
export function project(
  { config, logger, releases, tracer }: Setup,
  given: Projection,
  { behind, ...from }: ViewSource,
): Projector {
  const projection =
    tracer?.isOn === true ? tracedProjection(given, { tracer, clock: systemClock }) : given;
  let told = '';
  const projector = new Projector({
    projection,
    clock: systemClock,
    behindMs: behindMsOf(config.logCheckMs),
    ...from,
    onStatus: (status) => {
      const trouble = 'reason' in status ? status.reason : '';
      // The same trouble again is not news; its end is.
      const isNews = trouble !== told && (trouble !== '' || status.state === 'live');
      if (!isNews) return;
      told = trouble;
      const level = status.state === 'halted' ? 'error' : trouble === '' ? 'info' : 'warn';
      const todo = status.state === 'halted' ? `: ${WAY_BACK}` : '';
      logger[level]({ view: projection.name, ...status }, `view is ${status.state}${todo}`);
    },
  });
  const stop = new AbortController();
  releases.add(projection.name, () => {
    stop.abort();
    return projector.stop();
  });
  if (behind === undefined) projector.start();
  else void startBehind(projector, behind, stop.signal);
  return projector;
}

/** Two views that read one long log at the same time took 60 MB more than one after the other, for 100,000 datasets. */
async function startBehind(
  projector: Projector,
  first: Projector,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted && !first.wasCaughtUp && first.status.state !== 'halted')
    await systemClock.sleep(START_POLL_MS, signal).catch(() => undefined);
  if (!signal.aborted) projector.start();
}
