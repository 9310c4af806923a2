import type { JsonObject } from '#domain/canonical-json';
import type { Sha256 } from '#domain/digest';
import type { BoundedSet } from '#lineage/bounded-set';
import type { LineageEventType } from '#lineage/lineage-event';
import type { LineageTime } from '#lineage/lineage-time';

/**
 * Says how new a statement is: the time of its event, then the event's fingerprint, joined by a space. The order of
 * texts is the order of stamps, and only statements of one event have the same.
 */
export type LineageStamp = `${LineageTime} ${Sha256}`;

/** A facet as the newest event that had it said it. */
export interface StampedFacet {
  readonly name: string;
  readonly stamp: LineageStamp;
  readonly facet: JsonObject;
}

/** An input or output with what all events of the run said of it. */
export interface RunDataset {
  readonly namespace: string;
  readonly name: string;
  readonly facets: BoundedSet<StampedFacet>;
  /** `inputFacets` or `outputFacets`. */
  readonly runFacets: BoundedSet<StampedFacet>;
}

/** Who reported the run, as its newest event says. */
export interface RunSource {
  readonly stamp: LineageStamp;
  readonly namespace: string;
  readonly name: string;
  readonly producer: string;
}

/** A run as the events so far say, in whatever order they came. Plain JSON. */
export interface LineageRun {
  /** A UUID in lower case. */
  readonly runId: string;
  readonly source: RunSource;
  readonly status: LineageEventType;
  /** The time of the first event of any type. */
  readonly firstEventAt: LineageTime;
  /** The time of the first `START` or `RUNNING`. */
  readonly startedAt?: LineageTime;
  /** The time of the event that gave the status, when that is a terminal one. */
  readonly endedAt?: LineageTime;
  readonly runFacets: BoundedSet<StampedFacet>;
  readonly jobFacets: BoundedSet<StampedFacet>;
  readonly inputs: BoundedSet<RunDataset>;
  readonly outputs: BoundedSet<RunDataset>;
  /** The fingerprints of the events. When it is cut there were more. */
  readonly events: BoundedSet<Sha256>;
}
