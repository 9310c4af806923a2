import type { Evolution } from '#domain/aggregate';
import type { Brand } from '#domain/brand';
import { quote, RegistryError } from '#domain/errors';
import { unknownEventType } from '#domain/upcast';

/** The id of one run of a job. */
export type JobRunId = Brand<string, 'JobRunId'>;

const RUN_ID = /^[A-Za-z0-9][A-Za-z0-9_-]{0,127}$/;

/** Parses a run's id: 1 to 128 of `A-Z a-z 0-9 _ -`. @throws INVALID_NAME */
export function parseJobRunId(text: string): JobRunId {
  if (!RUN_ID.test(text)) {
    throw new RegistryError(
      'INVALID_NAME',
      `Cannot use job run id ${quote(text)}: it does not match ${RUN_ID.source} (want 1 to 128 of A-Z, a-z, 0-9, "_", "-")`,
      { details: { field: 'id' } },
    );
  }
  return text as JobRunId;
}

export const JOB_KINDS = ['validation', 'cleansing', 'profiling', 'load'] as const;
export type JobKind = (typeof JOB_KINDS)[number];

export const JOB_OUTCOMES = ['succeeded', 'failed', 'cancelled'] as const;
export type JobOutcome = (typeof JOB_OUTCOMES)[number];
export type JobStatus = 'running' | JobOutcome;

/** What the submitter says when a run starts. */
export type JobRunStart = {
  readonly id: JobRunId;
  /** The name of the job, such as `load-dataset`. */
  readonly job: string;
  readonly kind: JobKind;
  /** Names of the datasets or files that the run reads. */
  readonly inputs: readonly string[];
  readonly submittedBy?: string;
  readonly metadata: Readonly<Record<string, string>>;
};

/** What is known when a run ends. Counts are whole numbers by name, such as `rows`. */
export type JobRunEnd = {
  readonly outcome: JobOutcome;
  readonly counts: Readonly<Record<string, number>>;
  readonly message?: string;
  readonly reportUri?: string;
};

export type JobRunEvent =
  | { readonly type: 'JobRunStarted'; readonly data: { readonly run: JobRunStart } }
  | { readonly type: 'JobRunFinished'; readonly data: { readonly end: JobRunEnd } };

/** One run as it stands. Times are RFC 3339, UTC. */
export type JobRun = JobRunStart & {
  readonly status: JobStatus;
  readonly startedAt: string;
  readonly completedAt?: string;
  readonly end?: JobRunEnd;
};

/** `undefined` until the run has started. */
export type JobRunState = JobRun | undefined;

/** How a run changes: it starts once and finishes once. */
export const jobRunEvolution: Evolution<JobRunState, JobRunEvent> = {
  initial: undefined,
  evolve(state, event, time) {
    switch (event.type) {
      case 'JobRunStarted':
        return { ...event.data.run, status: 'running', startedAt: time };
      case 'JobRunFinished': {
        if (state === undefined) return state;
        const { end } = event.data;
        return { ...state, status: end.outcome, completedAt: time, end };
      }
      default:
        return event satisfies never;
    }
  },
  parse(event) {
    if (event.type !== 'JobRunStarted' && event.type !== 'JobRunFinished') {
      throw unknownEventType('job-run', event.type);
    }
    return event as unknown as JobRunEvent;
  },
};
