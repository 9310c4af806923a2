import type { JsonObject } from '#domain/canonical-json';
import type { Sha256 } from '#domain/digest';
import type { LineageTime } from '#lineage/lineage-time';

/** Lists the states that an event can report. An event without one counts as `OTHER`. */
export const LINEAGE_EVENT_TYPES = [
  'START',
  'RUNNING',
  'COMPLETE',
  'ABORT',
  'FAIL',
  'OTHER',
] as const;
export type LineageEventType = (typeof LINEAGE_EVENT_TYPES)[number];

/** Facets by their names, as they were sent. A name may be any text, `__proto__` too. */
export type LineageFacets = Readonly<Record<string, JsonObject>>;

export interface LineageJob {
  readonly namespace: string;
  readonly name: string;
  readonly facets: LineageFacets;
}

export interface LineageDataset {
  readonly namespace: string;
  readonly name: string;
  readonly facets: LineageFacets;
  /** `inputFacets` of an input, `outputFacets` of an output: what holds for this run alone. */
  readonly runFacets: LineageFacets;
}

interface LineageEventBase {
  readonly time: LineageTime;
  readonly producer: string;
  readonly schemaUrl: string;
  /** The event as it was sent, with every member that the specification does not know. */
  readonly document: JsonObject;
  readonly fingerprint: Sha256;
  /** Of its canonical JSON. */
  readonly bytes: number;
}

/** What happened to a run. */
export interface LineageRunEvent extends LineageEventBase {
  readonly kind: 'run';
  readonly type: LineageEventType;
  /** A UUID in lower case. */
  readonly runId: string;
  readonly runFacets: LineageFacets;
  readonly job: LineageJob;
  readonly inputs: readonly LineageDataset[];
  readonly outputs: readonly LineageDataset[];
}

/** What is known of a job apart from any run. */
export interface LineageJobEvent extends LineageEventBase {
  readonly kind: 'job';
  readonly job: LineageJob;
  readonly inputs: readonly LineageDataset[];
  readonly outputs: readonly LineageDataset[];
}

/** What is known of a dataset apart from any run. */
export interface LineageDatasetEvent extends LineageEventBase {
  readonly kind: 'dataset';
  /** `runFacets` is empty. */
  readonly dataset: LineageDataset;
}

/** One event of OpenLineage, read and bounded. */
export type LineageEvent = LineageRunEvent | LineageJobEvent | LineageDatasetEvent;
