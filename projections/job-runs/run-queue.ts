import type { JobRunId } from '#domain/job-run';
import type { Scope } from '#domain/scope';

/** Names a run over all scopes. */
export interface RunRef {
  readonly scope: Scope;
  readonly id: JobRunId;
}

/** Runs that need somebody to act, over all scopes, those that have waited longest first. */
export interface RunQueue {
  /** Lists running runs whose deadline is over at a time (RFC 3339, UTC, milliseconds). @throws VIEW_UNAVAILABLE */
  overdue(now: string, limit: number): Promise<readonly RunRef[]>;

  /** Lists ended runs with an action that is due at a time. @throws VIEW_UNAVAILABLE */
  actionable(now: string, limit: number): Promise<readonly RunRef[]>;
}
