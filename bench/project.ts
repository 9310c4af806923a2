import { toPosition } from '#domain/position';
import { systemClock } from '#flow/clock';
import type { EventLog } from '#log/event-log';
import { SETTINGS } from '#ops/config/settings';
import type { Projection } from '#projections/projection';
import { Projector } from '#projections/projector';

/** As the registry has it where nobody sets anything. */
export const BATCH_MAX = {
  REGISTRY: Number(SETTINGS.projectionBatchMax.default),
  JOBS: Number(SETTINGS.jobRunBatchMax.default),
};

const TIMEOUT_MS = 600_000;

/** Projects a whole log from position 1; gives events per second. */
export async function project(
  projection: Projection,
  log: EventLog,
  events: number,
): Promise<number> {
  const started = performance.now();
  const projector = new Projector({
    projection,
    log,
    clock: systemClock,
    batchMax: BATCH_MAX[log.name as keyof typeof BATCH_MAX],
  });
  projector.start();
  if (!(await projector.reached(toPosition(events), TIMEOUT_MS)))
    throw new Error(`Projected only ${projector.position}: ${JSON.stringify(projector.status)}`);
  const perSecond = (events * 1_000) / (performance.now() - started);
  await projector.stop();
  return perSecond;
}
