import type { Evolution } from '#domain/aggregate';
import { sha256Of } from '#domain/digest';
import type { DomainEvent, Kind } from '#domain/event';
import { nextActionDue } from '#domain/job-action';
import { deadlineOf, type JobRun, type JobRunState, jobRunEvolution } from '#domain/job-run';
import { type RunRequestState, runRequestEvolution } from '#domain/run-request';
import {
  type LineageDocumentState,
  type LineageRunState,
  lineageDocumentEvolution,
  lineageRunEvolution,
} from '#lineage/lineage-evolution';
import type { LineageTime } from '#lineage/lineage-time';
import { timestampOf } from '#lineage/lineage-time';
import { type LineageJobRun, toJobRun } from '#lineage/to-job-run';

/** The kinds of aggregates that this view keeps. */
export const RUN_KINDS = ['job-run', 'run-request', 'lineage-run', 'lineage-document'] as const;
export type RunKind = (typeof RUN_KINDS)[number];

/** The state of an aggregate of a kind. */
export interface RunStates {
  readonly 'job-run': JobRunState;
  readonly 'run-request': RunRequestState;
  readonly 'lineage-run': LineageRunState;
  readonly 'lineage-document': LineageDocumentState;
}

/** Whatever the view keeps of one aggregate, by what it is asked for. Times are RFC 3339, UTC, milliseconds. */
export interface RunColumns {
  /** `runs`, or `documents`: statements apart from runs are listed for themselves. Nobody lists requests. */
  readonly list: 'runs' | 'documents' | 'requests';
  readonly job: string;
  readonly kind: string;
  readonly status: string;
  /** Empty where there is none. */
  readonly definition: string;
  readonly parent: string;
  readonly correlation: string;
  readonly submittedAt: string;
  /** When a running run counts as lost. */
  readonly deadlineAt: string | undefined;
  /** When the next action is due. */
  readonly dueAt: string | undefined;
  /** The run as lists show it, where that is not the state itself. */
  readonly shown: LineageJobRun | undefined;
}

// An entry of an index in Postgres may have 2,704 bytes, and a text there no NUL.
const SHORT_AND_PLAIN = /^[\x20-\x7E]{0,200}$/;
const KEPT_UNITS = 100;

/**
 * Makes the text by which a run is listed: what is not short printable ASCII is cut and named by its SHA-256, so that any
 * backend can hold it in an index. Filters go the same way.
 */
export function indexedText(text: string): string {
  if (SHORT_AND_PLAIN.test(text)) return text;
  const plain = text.replaceAll(/[^\x20-\x7E]/g, '_').slice(0, KEPT_UNITS);
  return `${plain}~${sha256Of(text)}`;
}

// What a timestamp of Postgres can hold, and four digits of a year can say.
const TIMES = { first: '0001-01-01T00:00:00.000Z', last: '9999-12-31T23:59:59.999Z' };

/** Keeps a time within what any backend can hold. */
function storableTime(time: string): string {
  if (time < TIMES.first) return TIMES.first;
  return time > TIMES.last ? TIMES.last : time;
}

/** The namespace by which lineage events name datasets of this registry. */
export const REGISTRY_NAMESPACE = 'atlas';

interface KindOfRun<S> {
  readonly evolution: Evolution<S, DomainEvent>;
  columnsOf(state: NonNullable<S>): RunColumns;
}

const KINDS: { readonly [K in RunKind]: KindOfRun<RunStates[K]> } = {
  'job-run': {
    evolution: jobRunEvolution,
    columnsOf: (run) => ({
      ...columnsOfRun(run),
      definition: run.definition?.id ?? '',
      parent: run.parentRunId ?? '',
      correlation: indexedText(run.correlationId ?? ''),
      deadlineAt: deadlineOf(run),
      dueAt: nextActionDue(run.actions ?? []),
    }),
  },
  'run-request': {
    evolution: runRequestEvolution,
    columnsOf: ({ run: { job, kind }, requestedAt }) => ({
      ...NOTHING_ELSE,
      list: 'requests',
      job: indexedText(job),
      kind,
      status: 'requested',
      submittedAt: requestedAt,
    }),
  },
  'lineage-run': {
    evolution: lineageRunEvolution,
    columnsOf(run) {
      const told = toJobRun(run, { registryNamespace: REGISTRY_NAMESPACE });
      const shown = { ...told, submittedAt: storableTime(told.submittedAt) };
      const parent = indexedText(shown.metadata['lineage.parent_run_id'] ?? '');
      return { ...columnsOfRun(shown), parent, shown };
    },
  },
  'lineage-document': {
    evolution: lineageDocumentEvolution,
    columnsOf: ({ kind, namespace, name, time }) => ({
      ...NOTHING_ELSE,
      list: 'documents',
      job: indexedText(`${namespace}/${name}`),
      kind,
      status: 'stated',
      submittedAt: storableTime(timestampOf(time as LineageTime)),
    }),
  },
};

const NOTHING_ELSE = {
  definition: '',
  parent: '',
  correlation: '',
  deadlineAt: undefined,
  dueAt: undefined,
  shown: undefined,
} as const;

function columnsOfRun({ job, kind, status, submittedAt }: JobRun): RunColumns {
  return { ...NOTHING_ELSE, list: 'runs', job: indexedText(job), kind, status, submittedAt };
}

/** Gives how aggregates of a kind change. The state of another kind must not be folded with it. */
export function evolutionOf(kind: RunKind): Evolution<unknown, DomainEvent> {
  return KINDS[kind].evolution;
}

/** Gives the columns of an aggregate that has begun. */
export function columnsOf(kind: RunKind, state: object): RunColumns {
  return (KINDS[kind] as KindOfRun<unknown>).columnsOf(state);
}

/** Tells whether a kind is kept here. */
export function isRunKind(kind: Kind): kind is RunKind {
  return (RUN_KINDS as readonly Kind[]).includes(kind);
}
