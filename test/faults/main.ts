import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { canCutPower } from '#test/faults/bed/power-disk';
import { BEDS, type BedName } from '#test/faults/beds';
import { checkRun, loadRun } from '#test/faults/check/check-run';
import { describeViolations } from '#test/faults/check/violation';
import { type DamageCase, DamagedStreams } from '#test/faults/damage/damage-stream';
import { FAULTS } from '#test/faults/nemesis/nemesis';
import { reportOf } from '#test/faults/report';
import { runFaults } from '#test/faults/run-faults';

/*
 * `main.js run <folder> <minutes> <seed> [beds] [faults]` goes round the beds until the time is over, and keeps the files of
 * every run in which a promise was broken. Beds and faults are parts of their names with commas between, all where none is
 * given; `damage` is a bed here too.
 * `main.js check <folder>` holds the files of a run against every rule once more.
 */

const RUN_SECONDS = 240;
const CASES_PER_ROUND = 60;
const [what = 'run', folder = '.atlas-faults', minutes = '4', seed = '1', onBeds = '', only = ''] =
  process.argv.slice(2);

function among(parts: string, name: string): boolean {
  return parts.split(',').some((part) => name.includes(part));
}

/** What all runs have come to. */
interface Totals {
  readonly startedAt: string;
  readonly firstSeed: number;
  runs: number;
  seconds: number;
  acknowledged: number;
  unknown: number;
  reads: number;
  readonly faults: Record<string, number>;
  readonly damaged: Record<string, number>;
  violations: number;
  /** Runs that ended before anything could be checked. */
  unjudged: number;
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** Runs on one bed. One that ends early is told, and the next goes on: what it did until then is not counted. */
async function runBed(name: BedName, at: number, totals: Totals): Promise<void> {
  try {
    await judged(name, at, totals);
  } catch (error) {
    totals.unjudged += 1;
    say(`  could not be judged: ${error instanceof Error ? error.stack : String(error)}`);
  }
}

async function judged(name: BedName, at: number, totals: Totals): Promise<void> {
  const own = join(folder, `${name}-${at}`);
  say(`${name}, seed ${at}`);
  const began = performance.now();
  const report = await runFaults({
    ...BEDS[name],
    folder: own,
    seed: at,
    seconds: Math.min(RUN_SECONDS, Number(minutes) * 20),
    faults: FAULTS.filter((fault) => among(only, fault.name)),
    onFault: (fault, target, hadEffect) => {
      const second = Math.round((performance.now() - began) / 1_000);
      say(`  ${second} s: ${fault} (${target})${hadEffect ? '' : ', without effect'}`);
    },
  });
  const { acknowledged, violations, outcomes, reads, seconds } = report;
  writeFileSync(join(own, 'report.json'), `${JSON.stringify(report, undefined, 2)}\n`);
  totals.runs += 1;
  totals.seconds += seconds;
  totals.acknowledged += acknowledged;
  totals.unknown += outcomes.unknown;
  totals.reads += reads;
  totals.violations += violations.length;
  for (const [fault, { effective }] of Object.entries(report.faults))
    totals.faults[fault] = (totals.faults[fault] ?? 0) + effective;
  say(`  ${acknowledged} acknowledged, ${violations.length} violations`);
  if (violations.length === 0) rmSync(own, { recursive: true, force: true });
  else say(`${describeViolations(violations)}\n  kept in ${own}`);
}

async function damage(first: number, totals: Totals): Promise<void> {
  const own = join(folder, `damage-${first}`);
  mkdirSync(own, { recursive: true });
  await using streams = await DamagedStreams.write(own);
  for (let at = first; at < first + CASES_PER_ROUND; at += 1) {
    const { verdict, damage: done, said }: DamageCase = await streams.damage(at);
    totals.damaged[verdict] = (totals.damaged[verdict] ?? 0) + 1;
    if (verdict !== 'unnoticed') continue;
    totals.violations += 1;
    say(`  seed ${at}: ${done}: ${said}`);
  }
  await streams[Symbol.asyncDispose]();
  rmSync(own, { recursive: true, force: true });
}

async function run(): Promise<number> {
  mkdirSync(folder, { recursive: true });
  const firstSeed = Number(seed);
  const totals: Totals = {
    startedAt: new Date().toISOString(),
    firstSeed,
    runs: 0,
    seconds: 0,
    acknowledged: 0,
    unknown: 0,
    reads: 0,
    violations: 0,
    unjudged: 0,
    faults: {},
    damaged: {},
  };
  const beds = (Object.keys(BEDS) as BedName[])
    .filter((name) => name !== 'power' || canCutPower())
    .filter((name) => among(onBeds, name));
  const deadline = performance.now() + Number(minutes) * 60_000;
  for (let at = firstSeed; performance.now() < deadline; at += 1) {
    for (const name of beds) {
      if (performance.now() < deadline) await runBed(name, at, totals);
      writeFileSync(join(folder, 'totals.json'), `${JSON.stringify(totals, undefined, 2)}\n`);
    }
    if (among(onBeds, 'damage')) await damage((at - 1) * CASES_PER_ROUND + 1, totals);
    writeFileSync(join(folder, 'totals.json'), `${JSON.stringify(totals, undefined, 2)}\n`);
  }
  say(JSON.stringify(totals, undefined, 2));
  return totals.violations + totals.unjudged === 0 ? 0 : 1;
}

function check(): number {
  const files = loadRun(folder);
  const violations = checkRun(files);
  const {
    faults,
    violations: all,
    ...counts
  } = reportOf({ seed: 0, seconds: 1, files, violations });
  say(JSON.stringify({ ...counts, faults, violations: all.length }, undefined, 2));
  say(describeViolations(violations));
  return violations.length === 0 ? 0 : 1;
}

process.exit(what === 'check' ? check() : await run());
