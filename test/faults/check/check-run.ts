import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ComparedView } from '#compose/drills/compare-kept-views';
import { checkLinear } from '#test/faults/check/check-linear';
import { checkLog, checkOutcomes } from '#test/faults/check/check-log';
import {
  checkBytes,
  checkFollowers,
  checkReads,
  checkStarts,
} from '#test/faults/check/check-reads';
import { type LoggedEvent, loadLogged, writeLogged } from '#test/faults/check/logged-event';
import type { Violation } from '#test/faults/check/violation';
import { type Entry, readHistory } from '#test/faults/history';

/** What was seen at the end of a run, beside the history. */
export interface RunEnd {
  /** What did not come back when the faults were over. */
  readonly stuck: readonly Violation[];
  readonly views: readonly ComparedView[];
}

/** Everything that a run left: the files of its folder. */
export interface RunFiles extends RunEnd {
  readonly entries: readonly Entry[];
  readonly registry: readonly LoggedEvent[];
  readonly jobs: readonly LoggedEvent[];
}

const FILES = {
  history: 'history.jsonl',
  registry: 'registry.jsonl',
  jobs: 'jobs.jsonl',
  end: 'end.json',
} as const;

/** Where the history of a run is recorded. */
export function historyPath(folder: string): string {
  return join(folder, FILES.history);
}

/** Keeps what the checks need beside the history. */
export function keepRun(folder: string, { registry, jobs, stuck, views }: RunFiles): void {
  writeLogged(join(folder, FILES.registry), registry);
  writeLogged(join(folder, FILES.jobs), jobs);
  writeFileSync(join(folder, FILES.end), JSON.stringify({ stuck, views }, undefined, 2));
}

/** Reads a run that was kept, to check it again. */
export function loadRun(folder: string): RunFiles {
  return {
    entries: readHistory(historyPath(folder)),
    registry: loadLogged(join(folder, FILES.registry)),
    jobs: loadLogged(join(folder, FILES.jobs)),
    ...(JSON.parse(readFileSync(join(folder, FILES.end), 'utf8')) as RunEnd),
  };
}

/** Holds a run against every rule. */
export function checkRun({ entries, registry, jobs, stuck, views }: RunFiles): Violation[] {
  const of = <K extends Entry['kind']>(...kinds: readonly K[]): Extract<Entry, { kind: K }>[] =>
    entries.filter((entry): entry is Extract<Entry, { kind: K }> =>
      kinds.includes(entry.kind as K),
    );
  const writes = of('register', 'publish', 'run');
  return [
    ...checkLog(registry),
    ...checkLog(jobs),
    ...checkOutcomes(writes, [...registry, ...jobs]),
    ...checkLinear(writes),
    ...checkReads(of('read'), registry),
    ...checkStarts(of('read'), of('start'), writes),
    ...checkBytes(of('bytes')),
    ...checkFollowers(of('event'), registry),
    ...differingViews(views),
    ...stuck,
  ];
}

function differingViews(views: readonly ComparedView[]): Violation[] {
  return views
    .filter(({ found, wanted }) => JSON.stringify(found) !== JSON.stringify(wanted))
    .map(({ where, found, wanted }) => ({
      rule: 'views equal the fold of the log',
      seen: `${where} is ${found.digest} at ${found.position} (want ${wanted.digest} at ${wanted.position})`,
    }));
}
