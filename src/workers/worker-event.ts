import type { JobActionStatus } from '#domain/job-action';
import type { JobRunId } from '#domain/job-run';
import type { Scope } from '#domain/scope';

/** The workers of a node. */
export type WorkerName = 'actions' | 'timeouts' | 'schedules';

/** What workers tell whoever listens. */
export type WorkerEvent =
  /** It cannot work for now, and goes on by itself. Told once until it is over. */
  | { readonly type: 'stuck'; readonly worker: WorkerName; readonly error: unknown }
  | { readonly type: 'recovered'; readonly worker: WorkerName }
  /** One thing among others could not be done; it is tried again later. */
  | {
      readonly type: 'left';
      readonly worker: WorkerName;
      readonly scope: Scope;
      readonly id: string;
      readonly error: unknown;
    }
  | {
      readonly type: 'action-ended';
      readonly scope: Scope;
      readonly id: JobRunId;
      readonly action: number;
      readonly attempt: number;
      readonly outcome: JobActionStatus;
      readonly detail?: string;
    }
  | { readonly type: 'run-expired'; readonly scope: Scope; readonly id: JobRunId }
  | {
      readonly type: 'run-submitted';
      readonly scope: Scope;
      readonly definition: string;
      readonly occurrence: string;
    };

/** Hears of what workers do. Must not throw. */
export type OnWorkerEvent = (event: WorkerEvent) => void;
