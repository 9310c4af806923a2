import { describe, expect, it } from 'vitest';
import { toPosition } from '#domain/position';
import type { DeliveryRecord } from '#domain/webhook-delivery';
import { afterFailure } from '#workers/webhooks/after-failure';
import type { SendResult } from '#workers/webhooks/send-event';

const LIMITS = {
  retryMaxMs: 60_000,
  retryDelayMaxMs: 5_000,
  failingMaxMs: 600_000,
  deadLettersMax: 10,
  leaseMs: 15_000,
};
const position = toPosition(7);
const failed: SendResult = { outcome: 'failed', detail: 'HTTP 503', status: 503 };
const refused: SendResult = { outcome: 'refused', detail: 'HTTP 400', status: 400 };

/** Tries one event again and again, a second apart. Gives what followed from each attempt. */
function afterAll(results: readonly SendResult[]): readonly string[] {
  let record: DeliveryRecord = { owner: 'one', after: toPosition(6), handled: toPosition(1) };
  return results.map((result, index) => {
    const answer = afterFailure({ record, position, result, nowMs: index * 1_000 }, LIMITS);
    record = answer.record;
    return answer.next.kind;
  });
}

describe('what follows from an attempt that failed', () => {
  it('is a dead letter at the third refusal, whatever else went wrong before', () => {
    expect(afterAll([refused, refused, refused])).toEqual(['again', 'again', 'bury']);
    expect(afterAll([failed, failed, failed, refused, refused, failed, refused])).toEqual([
      'again',
      'again',
      'again',
      'again',
      'again',
      'again',
      'bury',
    ]);
  });

  it('is a dead letter when it was tried for as long as events are, and a stop when nothing is taken for long', () => {
    const minute = Array.from({ length: 61 }, () => failed);
    expect(afterAll(minute).at(-2)).toBe('again');
    expect(afterAll(minute).at(-1)).toBe('bury');
    const record: DeliveryRecord = {
      owner: 'one',
      after: toPosition(6),
      handled: toPosition(1),
      failingSinceMs: 0,
    };
    const attempt = { record, position, result: failed, nowMs: 600_000 };
    expect(afterFailure(attempt, LIMITS).next.kind).toBe('stop');
  });
});
