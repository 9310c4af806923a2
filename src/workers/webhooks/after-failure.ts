import type { Position } from '#domain/position';
import type { DeadLetter, DeliveryRecord } from '#domain/webhook-delivery';
import { retryDelayMs } from '#workers/retry-delay';
import type { SendResult } from '#workers/webhooks/send-event';
import type { WebhookLimits } from '#workers/webhooks/webhook-limits';

/** What follows from an attempt that was not a success. */
export type NextStep =
  | { readonly kind: 'again'; readonly waitMs: number }
  | { readonly kind: 'bury'; readonly reason: DeadLetter['reason'] }
  | { readonly kind: 'stop' };

/** An attempt, and what the record said before it. */
export interface FailedAttempt {
  readonly record: DeliveryRecord;
  readonly position: Position;
  readonly result: SendResult;
  readonly nowMs: number;
}

/** A receiver that does not take an event is asked so often whether it means it. */
const REFUSALS_MAX = 3;

/** Decides what follows from an attempt that failed, and gives the record that says so. */
export function afterFailure(
  { record, position, result, nowMs }: FailedAttempt,
  limits: WebhookLimits,
): { readonly record: DeliveryRecord; readonly next: NextStep } {
  const same = record.trial?.position === position ? record.trial : undefined;
  const attempts = (same?.attempts ?? 0) + 1;
  const sinceMs = same?.sinceMs ?? nowMs;
  const failingSinceMs = record.failingSinceMs ?? nowMs;
  const isRefused = result.outcome === 'refused';
  const refusals = (same?.refusals ?? 0) + (isRefused ? 1 : 0);
  const noted = {
    ...withoutTrouble(record),
    // A receiver that says what it does not take is there.
    ...(isRefused ? {} : { failingSinceMs }),
    trial: { position, attempts, refusals, sinceMs, detail: result.detail },
  };
  return { record: noted, next: nextStep() };

  function nextStep(): NextStep {
    if (refusals >= REFUSALS_MAX) return { kind: 'bury', reason: 'refused' };
    if (!isRefused && nowMs - failingSinceMs >= limits.failingMaxMs) return { kind: 'stop' };
    if (!isRefused && nowMs - sinceMs >= limits.retryMaxMs)
      return { kind: 'bury', reason: 'expired' };
    const waitMs = retryDelayMs(attempts, { askedMs: result.retryAfterMs });
    return { kind: 'again', waitMs: Math.min(waitMs, limits.retryDelayMaxMs) };
  }
}

/** Gives a record that says nothing of failures. */
export function withoutTrouble(record: DeliveryRecord): DeliveryRecord {
  const { trial: _, failingSinceMs: __, ...rest } = record;
  return rest;
}

/** Gives a record that says nothing of the event that was tried. */
export function withoutTrial(record: DeliveryRecord): DeliveryRecord {
  const { trial: _, ...rest } = record;
  return rest;
}
