import type { AggregateSource } from '#domain/aggregate';
import type { JobRun, JobRunId } from '#domain/job-run';
import type { JobStatus } from '#domain/job-run-step';
import type { Revision } from '#domain/position';
import type { Scope } from '#domain/scope';
import type { LineageRun } from '#lineage/lineage-run';
import type { LineageJobRun } from '#lineage/to-job-run';
import type { RunQueue } from '#projections/job-runs/run-queue';
import type { RunKind, RunStates } from '#projections/job-runs/run-row';
import type { Projection } from '#projections/projection';
import type { Shown } from '#projections/shown';

/** One run as lists show it: one of this registry, or one that another system reported. */
export type JobRunRow = { readonly revision: Revision } & (
  | { readonly origin: 'registry'; readonly run: JobRun }
  | { readonly origin: 'openlineage'; readonly run: LineageJobRun }
);

/** One run with all that is known of it. */
export type FoundRun = JobRunRow & {
  /** What events have reported; absent for a run of this registry. */
  readonly lineage?: LineageRun;
};

/** A statement about a job or a dataset apart from any run, without what it says: that may be large. */
export interface LineageDocumentRow {
  /** Its fingerprint. */
  readonly id: string;
  readonly kind: 'job' | 'dataset';
  /** Whom it is about, see `indexedText`. */
  readonly job: string;
  readonly submittedAt: string;
  /** What is kept of it. */
  readonly bytes: number;
}

/** The last row of a page: the next one begins behind it. Newest first, then by id. */
export interface JobRunCursor {
  readonly submittedAt: string;
  readonly id: string;
}

/** Which runs a page shows. Filters that are absent let everything pass; the others all have to hold. */
export interface JobRunQuery {
  readonly status?: JobStatus;
  readonly job?: string;
  /** The id of a job definition. */
  readonly definition?: string;
  readonly parent?: string;
  readonly correlation?: string;
  /** Submitted at this time or later; RFC 3339, UTC, milliseconds. */
  readonly submittedFrom?: string;
  /** Submitted before this time. */
  readonly submittedBefore?: string;
  readonly after?: JobRunCursor;
  readonly limit: number;
}

/** Job runs by scope: what the seeds call the store of job runs. One port, several backends. */
export interface JobRunStore {
  /** Finds one run; of two with one id that of this registry. @throws VIEW_UNAVAILABLE when the backend does not answer */
  find(scope: Scope, id: JobRunId): Promise<Shown<FoundRun | undefined>>;

  /** Lists runs, the newest first. @throws VIEW_UNAVAILABLE when the backend does not answer */
  list(scope: Scope, query: JobRunQuery): Promise<Shown<readonly JobRunRow[]>>;

  /** Lists statements apart from runs, the newest first. @throws VIEW_UNAVAILABLE when the backend does not answer */
  documents(
    scope: Scope,
    query: Pick<JobRunQuery, 'job' | 'after' | 'limit'>,
  ): Promise<Shown<readonly LineageDocumentRow[]>>;

  /** Finds one such statement as it came. @throws VIEW_UNAVAILABLE when the backend does not answer */
  document(scope: Scope, id: string): Promise<Shown<unknown>>;
}

/** The store of job runs, and what keeps it up to date and works from it. */
export interface JobRunView extends JobRunStore, RunQueue, Projection {
  /** Gives what decisions about aggregates of a kind know. */
  source<K extends RunKind>(kind: K): AggregateSource<RunStates[K]>;
}
