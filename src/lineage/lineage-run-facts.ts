import { isJsonObject, type Json, type JsonObject } from '#domain/canonical-json';
import type { BoundedSet } from '#lineage/bounded-set';
import type { LineageRun, RunDataset, StampedFacet } from '#lineage/lineage-run';
import { parseLineageTime, timestampOf } from '#lineage/lineage-time';

/** Tells how many different events a run has; `isExact` is false when there were more than a run remembers. */
export interface LineageEventCount {
  readonly count: number;
  readonly isExact: boolean;
}

/** Names the run that started this one, as `ParentRunFacet` says. */
export interface LineageParent {
  readonly runId: string;
  readonly namespace: string;
  readonly name: string;
}

/** Sums what all outputs report of themselves. A sum that is no safe integer is left out. */
export interface LineageTotals {
  readonly rows?: number;
  readonly bytes?: number;
  readonly files?: number;
}

/** What the facets of a run say in the words of this registry. Times are RFC 3339, UTC, with milliseconds. */
export interface LineageRunFacts {
  readonly events: LineageEventCount;
  readonly totals: LineageTotals;
  readonly nominalStart?: string;
  readonly nominalEnd?: string;
  readonly parent?: LineageParent;
  readonly errorMessage?: string;
}

/** Reads the facets that this registry understands. A facet that is not as its schema wants it says nothing. */
export function lineageRunFacts(run: LineageRun): LineageRunFacts {
  const nominal = liveFacet(run.runFacets, 'nominalTime');
  const { message: errorMessage } = liveFacet(run.runFacets, 'errorMessage') ?? {};
  const nominalStart = timeOf(nominal?.['nominalStartTime']);
  const nominalEnd = timeOf(nominal?.['nominalEndTime']);
  const parent = parentOf(run);
  return {
    events: { count: run.events.items.length, isExact: !run.events.isCut },
    totals: totalsOf(run.outputs.items),
    ...(nominalStart === undefined ? {} : { nominalStart }),
    ...(nominalEnd === undefined ? {} : { nominalEnd }),
    ...(parent === undefined ? {} : { parent }),
    ...(typeof errorMessage === 'string' ? { errorMessage } : {}),
  };
}

/** Finds a facet that was not deleted by a newer event. */
export function liveFacet(facets: BoundedSet<StampedFacet>, name: string): JsonObject | undefined {
  const facet = facets.items.find((item) => item.name === name)?.facet;
  return facet?.['_deleted'] === true ? undefined : facet;
}

function parentOf({ runFacets }: LineageRun): LineageParent | undefined {
  // Producers before 1.0 called it `parentRun`.
  const facet = liveFacet(runFacets, 'parent') ?? liveFacet(runFacets, 'parentRun');
  const [run, job] = [facet?.['run'], facet?.['job']];
  if (!isJsonObject(run) || !isJsonObject(job)) return undefined;
  const [runId, namespace, name] = [run['runId'], job['namespace'], job['name']];
  if (typeof runId !== 'string' || typeof namespace !== 'string' || typeof name !== 'string') {
    return undefined;
  }
  return { runId, namespace, name };
}

function timeOf(value: Json | undefined): string | undefined {
  if (typeof value !== 'string') return undefined;
  const read = parseLineageTime(value);
  return 'time' in read ? timestampOf(read.time) : undefined;
}

const TOTALS = [
  ['rows', 'rowCount'],
  ['bytes', 'size'],
  ['files', 'fileCount'],
] as const;

function totalsOf(outputs: readonly RunDataset[]): LineageTotals {
  const statistics = outputs.map(({ runFacets }) => liveFacet(runFacets, 'outputStatistics'));
  const totals: { -readonly [Name in keyof LineageTotals]: LineageTotals[Name] } = {};
  for (const [total, member] of TOTALS) {
    const counts = statistics.map((facet) => facet?.[member]).filter(isCount);
    const sum = counts.reduce((left, right) => left + right, 0);
    if (counts.length > 0 && Number.isSafeInteger(sum)) totals[total] = sum;
  }
  return totals;
}

function isCount(value: Json | undefined): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
