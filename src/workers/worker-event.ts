import type { JobActionStatus } from '#domain/job-action';
import type { JobRunId } from '#domain/job-run';
import type { Scope } from '#domain/scope';
import type { WebhookId, WebhookStop } from '#domain/webhook';

/** The workers of a node. */
export type WorkerName = 'actions' | 'timeouts' | 'schedules' | 'webhooks';

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
    }
  | {
      readonly type: 'webhook-stopped';
      readonly scope: Scope;
      readonly id: WebhookId;
      readonly reason: WebhookStop;
      readonly detail: string;
    }
  | {
      readonly type: 'webhook-dead-letter';
      readonly scope: Scope;
      readonly id: WebhookId;
      readonly position: number;
      readonly detail: string;
    };

/** Hears of what workers do. Must not throw. */
export type OnWorkerEvent = (event: WorkerEvent) => void;
