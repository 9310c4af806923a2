import type { Evolution } from '#domain/aggregate';
import type { JobRunStart } from '#domain/job-run';
import { unknownEventType } from '#domain/upcast';

/** A submission as it was resolved when it came first. */
export type ResolvedRun = {
  readonly run: JobRunStart;
  /** Whether others may submit the same run: then the one that is there is the answer. */
  readonly isShared: boolean;
};

/** What a submission with a key was resolved to. Its retries ask for the same, whatever has changed since. */
export type RunRequested = { readonly type: 'JobRunRequested'; readonly data: ResolvedRun };

/** `undefined` until the request is known. Times are RFC 3339, UTC. */
export type RunRequestState = (ResolvedRun & { readonly requestedAt: string }) | undefined;

/** A request is made once and stays. */
export const runRequestEvolution: Evolution<RunRequestState, RunRequested> = {
  initial: undefined,
  evolve(state, { data: { run, isShared } }, time) {
    return state ?? { run, isShared, requestedAt: time };
  },
  parse(event) {
    if (event.type !== 'JobRunRequested') throw unknownEventType('run-request', event.type);
    return event as unknown as RunRequested;
  },
};
