import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { canCutPower } from '#test/faults/bed/power-disk';
import { BEDS, type BedName } from '#test/faults/beds';
import { describeViolations } from '#test/faults/check/violation';
import { DISK_FAULTS } from '#test/faults/nemesis/disk-faults';
import { FAULTS } from '#test/faults/nemesis/nemesis';
import type { FaultReport } from '#test/faults/report';
import { runFaults } from '#test/faults/run-faults';
import { tempFolder } from '#test/support/temp';

const SEED = Number(process.env['SEED'] ?? '1');
// Other tests run beside it on two cores.
const ACKNOWLEDGED_PER_SECOND_MIN = 4;
const TIMEOUT_MS = 600_000;

/** Runs a bed and says everything that is needed to run it again. */
async function run(bed: BedName, seconds: number, names: readonly string[]): Promise<FaultReport> {
  using folder = tempFolder();
  const report = await runFaults({
    ...BEDS[bed],
    folder: join(folder.path, bed),
    seed: SEED,
    seconds,
    faults: FAULTS.filter(({ name }) => names.includes(name)),
    faultsMin: names.length,
  });
  const counts = JSON.stringify({ ...report, violations: report.violations.length });
  process.stdout.write(`${bed}, SEED=${SEED}: ${counts}\n`);
  return report;
}

/** The names of the faults that need nothing but a user's rights. */
const ORDINARY = FAULTS.filter((fault) => !DISK_FAULTS.includes(fault)).map(({ name }) => name);

function expectSound(report: FaultReport): void {
  expect(describeViolations(report.violations)).toBe('');
  expect(report.acknowledgedPerSecond).toBeGreaterThan(ACKNOWLEDGED_PER_SECOND_MIN);
}

describe('beside faults, every promise holds', () => {
  it(
    'with three brokers, five nodes and Postgres: killed, paused, parted, clogged, with wrong clocks',
    async () => {
      const report = await run('cluster', 150, ORDINARY);
      expectSound(report);
      const without = Object.entries(report.faults).filter(([, { effective }]) => effective === 0);
      // A pause or a parting may meet a moment in which nothing is said; most faults have an effect every time.
      expect(without.length).toBeLessThan(4);
    },
    TIMEOUT_MS,
  );

  it(
    'with one broker and three nodes',
    async () => {
      expectSound(await run('single', 60, ORDINARY));
    },
    TIMEOUT_MS,
  );

  it.runIf(canCutPower())(
    'with the power cut, and the disk full',
    async () => {
      const report = await run('power', 30, ['cut the power', 'fill the disk']);
      expect(describeViolations(report.violations)).toBe('');
      expect(report.faults['cut the power']?.effective).toBeGreaterThan(1);
    },
    TIMEOUT_MS,
  );
});
