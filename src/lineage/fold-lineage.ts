import { type BoundedSet, compareTexts, EMPTY_SET, unite } from '#lineage/bounded-set';
import type {
  LineageDataset,
  LineageEventType,
  LineageFacets,
  LineageRunEvent,
} from '#lineage/lineage-event';
import {
  LINEAGE_FACETS_MAX,
  LINEAGE_RUN_DATASETS_MAX,
  LINEAGE_RUN_EVENTS_MAX,
} from '#lineage/lineage-limits';
import type { LineageRun, LineageStamp, RunDataset, StampedFacet } from '#lineage/lineage-run';
import type { LineageTime } from '#lineage/lineage-time';

// Events come late, twice and in any order, so every member of a run is a join: commutative, associative, idempotent.
//
//   status      OTHER < START < RUNNING < COMPLETE | ABORT | FAIL
//   terminals   the later time wins; at the same time COMPLETE < ABORT < FAIL
//   times       the earliest START or RUNNING; the time of the terminal that won
//   statements  the greatest stamp (time, then fingerprint) for the job and for each facet
//   sets        united; beyond their maximum the first ones in their order stay

/** At the same time a failure wins, then an abort: who is told of a failure looks, who is told of a success does not. */
const RANK: Readonly<Record<LineageEventType, number>> = {
  OTHER: 0,
  START: 1,
  RUNNING: 2,
  COMPLETE: 3,
  ABORT: 4,
  FAIL: 5,
};

/**
 * Adds an event to what is known of its run. The result is the same for every order and number of deliveries of the same
 * events: an event that is known changes nothing, and no event takes a terminal status back.
 * @throws RangeError when the event is of another run
 */
export function foldLineage(run: LineageRun | undefined, event: LineageRunEvent): LineageRun {
  if (run !== undefined && run.runId !== event.runId) {
    throw new RangeError(
      `Cannot fold lineage event "${event.fingerprint}": it is of run ${event.runId} (want ${run.runId})`,
    );
  }
  if (run?.events.items.includes(event.fingerprint) === true) return run;
  const stamp: LineageStamp = `${event.time} ${event.fingerprint}`;
  const { namespace, name } = event.job;
  const source = { stamp, namespace, name, producer: event.producer };
  const known = run ?? emptyRun(event);
  return {
    runId: event.runId,
    source: run === undefined || stamp > run.source.stamp ? source : run.source,
    ...joinStatus(known, event),
    firstEventAt: earliest(known.firstEventAt, event.time),
    ...joinStart(known, event),
    runFacets: uniteFacets(known.runFacets, event.runFacets, stamp),
    jobFacets: uniteFacets(known.jobFacets, event.job.facets, stamp),
    inputs: uniteDatasets(known.inputs, event.inputs, stamp),
    outputs: uniteDatasets(known.outputs, event.outputs, stamp),
    events: unite(known.events, [event.fingerprint], {
      itemsMax: LINEAGE_RUN_EVENTS_MAX,
      compare: compareTexts,
      join: (left) => left,
    }),
  };
}

/** Says whether a status ends a run. */
export function isTerminal(status: LineageEventType): status is 'COMPLETE' | 'ABORT' | 'FAIL' {
  return RANK[status] >= RANK.COMPLETE;
}

type KnownRun = Omit<LineageRun, 'runId' | 'source'>;

function emptyRun({ time }: LineageRunEvent): KnownRun {
  return {
    status: 'OTHER',
    firstEventAt: time,
    runFacets: EMPTY_SET,
    jobFacets: EMPTY_SET,
    inputs: EMPTY_SET,
    outputs: EMPTY_SET,
    events: EMPTY_SET,
  };
}

function joinStatus(
  { status, endedAt }: KnownRun,
  { type, time }: LineageRunEvent,
): Pick<LineageRun, 'status' | 'endedAt'> {
  const told = isTerminal(type) ? { status: type, endedAt: time } : { status: type };
  const known = endedAt === undefined ? { status } : { status, endedAt };
  const isSame = told.endedAt === endedAt;
  const isNewer = isSame ? RANK[type] > RANK[status] : (told.endedAt ?? '') > (endedAt ?? '');
  return isNewer ? told : known;
}

function joinStart(
  { startedAt }: KnownRun,
  { type, time }: LineageRunEvent,
): Pick<LineageRun, 'startedAt'> {
  const told = type === 'START' || type === 'RUNNING' ? time : undefined;
  if (told === undefined) return startedAt === undefined ? {} : { startedAt };
  return { startedAt: earliest(startedAt ?? told, told) };
}

function earliest(left: LineageTime, right: LineageTime): LineageTime {
  return left < right ? left : right;
}

function uniteFacets(
  set: BoundedSet<StampedFacet>,
  facets: LineageFacets,
  stamp: LineageStamp,
): BoundedSet<StampedFacet> {
  const told = Object.entries(facets).map(([name, facet]) => ({ name, stamp, facet }));
  return unite(set, told, FACETS);
}

const FACETS = {
  itemsMax: LINEAGE_FACETS_MAX,
  compare: (left: StampedFacet, right: StampedFacet) => compareTexts(left.name, right.name),
  // Stamps are equal only where one event names a dataset twice: what it says last holds.
  join: (left: StampedFacet, right: StampedFacet) => (right.stamp >= left.stamp ? right : left),
};

function uniteDatasets(
  set: BoundedSet<RunDataset>,
  datasets: readonly LineageDataset[],
  stamp: LineageStamp,
): BoundedSet<RunDataset> {
  const told = datasets.map(({ namespace, name, facets, runFacets }) => ({
    namespace,
    name,
    facets: uniteFacets(EMPTY_SET, facets, stamp),
    runFacets: uniteFacets(EMPTY_SET, runFacets, stamp),
  }));
  return unite(set, told, {
    itemsMax: LINEAGE_RUN_DATASETS_MAX,
    compare: (left, right) =>
      compareTexts(left.namespace, right.namespace) || compareTexts(left.name, right.name),
    join: joinDataset,
  });
}

/** `right` is of one event, whose facets are fewer than a run keeps. */
function joinDataset(left: RunDataset, right: RunDataset): RunDataset {
  return {
    namespace: left.namespace,
    name: left.name,
    facets: unite(left.facets, right.facets.items, FACETS),
    runFacets: unite(left.runFacets, right.runFacets.items, FACETS),
  };
}
