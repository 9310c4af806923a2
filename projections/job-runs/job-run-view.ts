import type { AggregateSource } from '#domain/aggregate';
import type { JobRun, JobRunId, JobRunState, JobStatus } from '#domain/job-run';
import type { Position, Revision } from '#domain/position';
import type { Scope } from '#domain/scope';
import type { Projection } from '#projections/projection';

/** One run as the view shows it. */
export interface JobRunRow {
  readonly run: JobRun;
  readonly revision: Revision;
}

/** The last run of a page: the next one begins behind it. Newest first, then by id. */
export interface JobRunCursor {
  readonly startedAt: string;
  readonly id: string;
}

export interface JobRunQuery {
  readonly status?: JobStatus;
  readonly job?: string;
  /** Started at this time or later; RFC 3339, UTC, milliseconds. */
  readonly startedFrom?: string;
  /** Started before this time. */
  readonly startedBefore?: string;
  readonly after?: JobRunCursor;
  readonly limit: number;
}

/** What a read found, and the position that it shows: both from one snapshot. */
export interface Shown<T> {
  readonly position: Position;
  readonly found: T;
}

/** Job runs by scope. One port, two backends: Postgres and SQLite. */
export interface JobRunView extends Projection, AggregateSource<JobRunState> {
  /** Finds one run. @throws VIEW_UNAVAILABLE when the backend does not answer */
  find(scope: Scope, id: JobRunId): Promise<Shown<JobRunRow | undefined>>;

  /** Lists runs, the newest first. @throws VIEW_UNAVAILABLE when the backend does not answer */
  list(scope: Scope, query: JobRunQuery): Promise<Shown<readonly JobRunRow[]>>;
}
