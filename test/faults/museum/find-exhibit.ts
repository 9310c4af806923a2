import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { programCopy } from '#test/faults/bed/program-copy';
import type { Violation } from '#test/faults/check/violation';
import type { Exhibit } from '#test/faults/museum/exhibit';
import { FAULTS } from '#test/faults/nemesis/nemesis';
import { runFaults } from '#test/faults/run-faults';

/** How much the harness may spend on one exhibit: so many runs, each so long and with so many faults. */
const BUDGET = { seconds: 3, faults: 2, runs: 6 } as const;
const PATIENCE_MS = 8_000;
const UNKNOWN_MS = 4_000;

export interface Found {
  /** The seed of the run that found it; `undefined`: none did. */
  readonly seed: number | undefined;
  readonly violations: readonly Violation[];
}

/** Runs clients and faults on a registry with the exhibit in it, until a rule is broken that tells of it. */
export async function findExhibit(exhibit: Exhibit, folder: string): Promise<Found> {
  const program = programCopy(join(folder, 'program'), exhibit.patches);
  let violations: readonly Violation[] = [];
  for (let seed = 1; seed <= BUDGET.runs; seed += 1) {
    const run = join(folder, `seed-${seed}`);
    const report = await runFaults({
      folder: run,
      bed: {
        brokers: 1,
        roles: ['all', 'writer', 'reader'],
        postgres: false,
        program,
        env: exhibit.env ?? {},
      },
      seed,
      seconds: BUDGET.seconds,
      faults: FAULTS.filter(({ name }) => exhibit.faults.some((part) => name.includes(part))),
      clients: 6,
      pacePerSecond: 40,
      lastsMs: 800,
      restMs: 700,
      withDisk: exhibit.withDisk ?? false,
      ...(exhibit.bytesPercent === undefined ? {} : { bytesPercent: exhibit.bytesPercent }),
      faultsMin: exhibit.faults.length === 0 ? 0 : BUDGET.faults,
      oneAtATime: true,
      patienceMs: PATIENCE_MS,
      unknownMs: UNKNOWN_MS,
    });
    ({ violations } = report);
    rmSync(run, { recursive: true, force: true });
    if (violations.some(({ rule }) => exhibit.rules.includes(rule))) return { seed, violations };
  }
  return { seed: undefined, violations };
}
