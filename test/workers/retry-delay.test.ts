import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEFAULT_SCOPE } from '#domain/scope';
import { actionOf } from '#test/support/action-bed';
import { everyAction, someTarget } from '#test/support/jobs';
import { attemptLimits } from '#workers/action-attempt';
import { Lanes, laneOf } from '#workers/lanes';
import { retryDelayMs } from '#workers/retry-delay';

describe('retryDelayMs()', () => {
  it('doubles its ceiling from 2 s to 10 min, never below half a second', () => {
    const ceiling = (attempt: number) =>
      retryDelayMs(attempt, { random: () => 1 - Number.EPSILON });
    expect([1, 2, 3, 10, 20].map(ceiling)).toEqual([2_500, 4_500, 8_500, 600_500, 600_500]);
    expect(retryDelayMs(20, { random: () => 0 })).toBe(500);
  });

  it('adds what the receiver asked for, no more than an hour, and is always within its bounds', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1_000 }),
        fc.double({ min: -1e9, max: 1e12, noNaN: true }),
        (attempt, askedMs) => {
          const delay = retryDelayMs(attempt, { askedMs });
          expect(Number.isInteger(delay)).toBe(true);
          expect(delay).toBeGreaterThanOrEqual(500);
          expect(delay).toBeLessThanOrEqual(4_200_500);
        },
      ),
    );
    expect(retryDelayMs(1, { askedMs: 30_000, random: () => 0 })).toBe(30_500);
    expect(retryDelayMs(1, { askedMs: Number.MAX_VALUE, random: () => 0 })).toBe(3_600_500);
  });
});

describe('Lanes', () => {
  it('has so many places for each lane, which are free again once each', () => {
    const lanes = new Lanes(2);
    const [first, second] = [lanes.take('a'), lanes.take('a')];
    expect([lanes.take('a'), lanes.isFull('a'), lanes.isFull('b')]).toEqual([
      undefined,
      true,
      false,
    ]);
    first?.();
    expect(lanes.isFull('a')).toBe(false);
    lanes.take('a');
    expect(lanes.isFull('a')).toBe(true);
    second?.();
    expect(lanes.take('a')).toBeDefined();
  });

  it('tells actions apart by where they go', () => {
    const lanes = everyAction.map(({ type, parameters }) =>
      laneOf(DEFAULT_SCOPE, actionOf(type, parameters)),
    );
    const host = 'host hooks.example';
    expect(lanes).toEqual(['store', host, 'mail', host, 'secret default/dev hooks/url', host]);
    expect(laneOf(DEFAULT_SCOPE, actionOf('EMIT_LINEAGE', { namespace: 'a' }))).toBe('lineage');
  });
});

describe('attemptLimits()', () => {
  it('are those of the webhook, and named ones for everything else', () => {
    const webhook = { target: someTarget, timeoutMs: 500, attemptsMax: 3 };
    expect(attemptLimits(actionOf('CALL_WEBHOOK', webhook))).toEqual({
      timeoutMs: 500,
      attemptsMax: 3,
    });
    const store = actionOf('STORE_RESULTS', { prefix: 'a' });
    expect(attemptLimits(store)).toEqual({ timeoutMs: 15_000, attemptsMax: 12 });
  });
});
