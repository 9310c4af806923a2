import { describe, expect, it } from 'vitest';
import { STANDBY } from '#compose/drills/standby';
import { type DrillRun, runDrillWith } from '#test/support/drill-bed';
import { tempFolder } from '#test/support/temp';

// Four starts of a registry on a machine that has other work.
const DRILL_MS = 180_000;

async function drill(flags: Readonly<Record<string, boolean>> = {}): Promise<DrillRun> {
  using folder = tempFolder();
  return await runDrillWith(STANDBY, { env: { ATLAS_DATA_DIR: folder.path }, flags });
}

describe('drill standby', () => {
  it(
    'loses nothing that was in step, and the old side takes no write when it comes back',
    async () => {
      const { outcome, text } = await drill();
      expect(text).toContain('acknowledged events lost: 0 events');
      expect([outcome, text]).toEqual(['succeeded', text]);
    },
    DRILL_MS,
  );

  it(
    'names what was acknowledged and not copied when it kills in the middle of writes',
    async () => {
      const { outcome, text } = await drill({ underWrites: true });
      expect(text).toMatch(/acknowledged events lost: \d+ events/);
      expect([outcome, text]).toEqual(['succeeded', text]);
    },
    DRILL_MS,
  );
});
