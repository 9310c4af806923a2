import type { Evolution } from '#domain/aggregate';
import type { Brand } from '#domain/brand';
import type { ContractName, ContractVersion } from '#domain/contract-name';
import type { JobDefinitionId } from '#domain/definition';
import type { Sha256 } from '#domain/digest';
import { quote, RegistryError } from '#domain/errors';
import {
  type ActionClaim,
  type ActionResult,
  beginActions,
  claimAction,
  type JobAction,
  type PlannedAction,
  settleAction,
} from '#domain/job-action';
import type { JobOutcome, JobStatus } from '#domain/job-run-step';
import type { Findings } from '#domain/severity';
import { unknownEventType } from '#domain/upcast';

/** The id of one run of a job. */
export type JobRunId = Brand<string, 'JobRunId'>;

const RUN_ID = /^[A-Za-z0-9][A-Za-z0-9_-]{0,127}$/;

/** Parses a run's id: 1 to 128 of `A-Z a-z 0-9 _ -`. Errors name the field that it came in. @throws INVALID_NAME */
export function parseJobRunId(text: string, field: 'id' | 'parent_run_id' = 'id'): JobRunId {
  if (!RUN_ID.test(text)) {
    const noun = field === 'id' ? 'job run id' : field;
    throw new RegistryError(
      'INVALID_NAME',
      `Cannot use ${noun} ${quote(text)}: it does not match ${RUN_ID.source} (want 1 to 128 of A-Z, a-z, 0-9, "_", "-")`,
      { details: { field }, outcome: 'not-applied' },
    );
  }
  return text as JobRunId;
}

export const JOB_KINDS = ['validation', 'cleansing', 'profiling', 'load'] as const;
export type JobKind = (typeof JOB_KINDS)[number];

/** What made a run begin. */
export type RunCause =
  | { readonly type: 'MANUAL' }
  /** The time that the schedule names, RFC 3339, UTC. */
  | { readonly type: 'SCHEDULED'; readonly occurrence: string }
  | { readonly type: 'EXTERNAL_EVENT'; readonly source: string; readonly eventId: string };

/** What the submitter says when a run begins. */
export type JobRunStart = {
  readonly id: JobRunId;
  /** The name of the job, such as `load-dataset`; of a defined job its id. */
  readonly job: string;
  readonly kind: JobKind;
  /** Names of the datasets or files that the run reads. */
  readonly inputs: readonly string[];
  readonly submittedBy?: string;
  readonly metadata: Readonly<Record<string, string>>;
  /** The definition that it runs, as it was resolved then. */
  readonly definition?: { readonly id: JobDefinitionId; readonly version: ContractVersion };
  /** The contract that it checks against, as it was resolved then. */
  readonly contract?: { readonly name: ContractName; readonly version: ContractVersion };
  readonly cause?: RunCause;
  readonly parentRunId?: JobRunId;
  /** Ties runs of one undertaking together; any text of the submitter. */
  readonly correlationId?: string;
  /** How long a running run may go without a sign of life. Absent: for ever. */
  readonly timeoutMs?: number;
};

/** An artifact that belongs to a run. Where it is found depends on who asks. */
export type RunReport = {
  readonly sha256: Sha256;
  readonly bytes: number;
};

/** What is known when a run ends. Counts are whole numbers by name, such as `rows`; metrics any finite ones. */
export type JobRunEnd = {
  readonly outcome: JobOutcome;
  readonly counts: Readonly<Record<string, number>>;
  readonly metrics?: Readonly<Record<string, number>>;
  readonly findings?: Findings;
  readonly message?: string;
  readonly reportUri?: string;
  readonly reportSha256?: Sha256;
  /** The results, kept by their digest. */
  readonly results?: RunReport;
};

/** How far a run has come, as it says itself. */
export type JobProgress = {
  readonly done: number;
  readonly total?: number;
  readonly message?: string;
};

/** A run that gave no sign of life in time. */
export type LostRun = { readonly lastSignAt: string; readonly timeoutMs: number };

export type JobRunEvent =
  /** It waits for somebody to begin it. */
  | { readonly type: 'JobRunSubmitted'; readonly data: { readonly run: JobRunStart } }
  /** It runs from the first moment on. */
  | { readonly type: 'JobRunStarted'; readonly data: { readonly run: JobRunStart } }
  | { readonly type: 'JobRunBegan'; readonly data: { readonly by?: string } }
  /** A sign of life, and perhaps how far it is. */
  | { readonly type: 'JobRunProgressed'; readonly data: { readonly progress?: JobProgress } }
  | {
      readonly type: 'JobRunFinished';
      readonly data: { readonly end: JobRunEnd; readonly actions?: readonly PlannedAction[] };
    }
  | {
      readonly type: 'JobRunTimedOut';
      readonly data: LostRun & { readonly actions?: readonly PlannedAction[] };
    }
  | { readonly type: 'JobActionClaimed'; readonly data: ActionClaim }
  | { readonly type: 'JobActionEnded'; readonly data: ActionResult };

/** One run as it stands. Times are RFC 3339, UTC. */
export type JobRun = JobRunStart & {
  readonly status: JobStatus;
  readonly submittedAt: string;
  /** Absent while it is pending, and where it never began. */
  readonly startedAt?: string;
  /** The last sign of life. */
  readonly lastSignAt: string;
  readonly progress?: JobProgress;
  readonly completedAt?: string;
  readonly end?: JobRunEnd;
  readonly actions?: readonly JobAction[];
};

/** `undefined` until the run is known. */
export type JobRunState = JobRun | undefined;

/** Signs of life that say nothing new are recorded no more often than this many to one time-out. */
const SIGNS_PER_TIMEOUT = 10;
const SIGN_INTERVAL_MAX_MS = 60_000;

/** Gives for how many milliseconds after a recorded sign of life those that say nothing new are not recorded. */
export function signIntervalMs(timeoutMs: number = Number.POSITIVE_INFINITY): number {
  return Math.min(Math.floor(timeoutMs / SIGNS_PER_TIMEOUT), SIGN_INTERVAL_MAX_MS);
}

/** Gives when a run counts as lost (RFC 3339, UTC, milliseconds); `undefined` where it never does. */
export function deadlineOf({ status, timeoutMs, lastSignAt }: JobRun): string | undefined {
  if (status !== 'running' || timeoutMs === undefined) return undefined;
  // The last sign that counts may be one that was not recorded.
  const lastSignMs = Date.parse(lastSignAt) + signIntervalMs(timeoutMs);
  return new Date(lastSignMs + timeoutMs).toISOString();
}

/** How a run changes, see `JOB_RUN_STEPS`. An event that does not fit what is there changes nothing. */
export const jobRunEvolution: Evolution<JobRunState, JobRunEvent> = {
  initial: undefined,
  evolve(state, event, time) {
    if (event.type === 'JobRunSubmitted') {
      return { ...event.data.run, status: 'pending', submittedAt: time, lastSignAt: time };
    }
    if (event.type === 'JobRunStarted') {
      const times = { submittedAt: time, startedAt: time, lastSignAt: time };
      return { ...event.data.run, status: 'running', ...times };
    }
    return state === undefined ? state : evolveKnown(state, event, time);
  },
  parse(event) {
    if (!Object.hasOwn(KNOWN, event.type)) throw unknownEventType('job-run', event.type);
    return event as unknown as JobRunEvent;
  },
};

const KNOWN: Readonly<Record<JobRunEvent['type'], true>> = {
  JobRunSubmitted: true,
  JobRunStarted: true,
  JobRunBegan: true,
  JobRunProgressed: true,
  JobRunFinished: true,
  JobRunTimedOut: true,
  JobActionClaimed: true,
  JobActionEnded: true,
};

function evolveKnown(
  run: JobRun,
  event: Exclude<JobRunEvent, { readonly type: 'JobRunSubmitted' | 'JobRunStarted' }>,
  time: string,
): JobRun {
  switch (event.type) {
    case 'JobRunBegan':
      return { ...run, status: 'running', startedAt: time, lastSignAt: time };
    case 'JobRunProgressed': {
      const { progress } = event.data;
      return { ...run, lastSignAt: time, ...(progress === undefined ? {} : { progress }) };
    }
    case 'JobRunFinished': {
      const { end, actions = [] } = event.data;
      return ended({ ...run, status: end.outcome, lastSignAt: time, end }, actions, time);
    }
    case 'JobRunTimedOut': {
      const { lastSignAt, timeoutMs, actions = [] } = event.data;
      const message = `No sign of life since ${lastSignAt}, for longer than ${timeoutMs} ms`;
      const end: JobRunEnd = { outcome: 'failed', counts: {}, message };
      return ended({ ...run, status: 'failed', end }, actions, time);
    }
    case 'JobActionClaimed':
      return { ...run, actions: claimAction(run.actions ?? [], event.data) };
    case 'JobActionEnded':
      return { ...run, actions: settleAction(run.actions ?? [], event.data) };
    default:
      return event satisfies never;
  }
}

function ended(run: JobRun, planned: readonly PlannedAction[], time: string): JobRun {
  const actions = beginActions(planned, time);
  return { ...run, completedAt: time, ...(actions.length === 0 ? {} : { actions }) };
}
