import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DrillReport } from '#cli/drill/drill-report';

/** The report of the drill that failed. */
export const FAILED_DRILL = 'rot-2026-01-31T12-00-00-000Z';

const SUCCEEDED: DrillReport = {
  drill: 'replay',
  registryVersion: '0.1.0',
  startedAt: '2026-02-01T03:30:00.000Z',
  seconds: 256.4,
  outcome: 'succeeded',
  steps: [
    { name: 'rebuild', outcome: 'succeeded', detail: '1,000,000 events in 250 s', seconds: 250 },
    { name: 'compare', outcome: 'succeeded', detail: 'every digest is equal', seconds: 6.4 },
  ],
  figures: [{ name: 'events replayed per second', value: 4_000, unit: '1/s' }],
};

const FAILED: DrillReport = {
  drill: 'rot',
  registryVersion: '0.1.0',
  startedAt: '2026-01-31T12:00:00.000Z',
  seconds: 19.8,
  outcome: 'failed',
  steps: [
    { name: 'damage the head', outcome: 'succeeded', detail: 'found by the query', seconds: 2 },
    {
      name: 'damage a row',
      outcome: 'failed',
      detail: 'not found within 10 s (want the scrub to find it)',
      seconds: 10.2,
    },
  ],
  figures: [{ name: 'time to find damage', value: 10.2, unit: 's' }],
};

/** Leaves reports of drills in a data folder, as `atlas-registry drill` does: of the same drill twice, and one that failed. */
export function leaveDrillReports(dataFolder: string): void {
  const folder = join(dataFolder, 'drills');
  mkdirSync(folder, { recursive: true });
  const earlier = { ...SUCCEEDED, startedAt: '2026-01-25T03:30:00.000Z' };
  for (const report of [SUCCEEDED, earlier, FAILED]) {
    const id = `${report.drill}-${report.startedAt.replaceAll(/[:.]/g, '-')}`;
    writeFileSync(join(folder, `${id}.json`), JSON.stringify(report));
  }
}
