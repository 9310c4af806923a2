import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { backoffMs } from '#flow/backoff';

const BOUNDS = { baseMs: 100, capMs: 5_000 };
const NEARLY_ONE = 1 - Number.EPSILON / 2;

describe('backoffMs()', () => {
  it('at its longest doubles from the base to the cap and stays there', () => {
    const longest = [1, 2, 3, 4, 5, 6, 7, 8, 40].map((attempt) =>
      Math.round(backoffMs(attempt, { ...BOUNDS, random: () => NEARLY_ONE })),
    );
    expect(longest).toEqual([100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000, 5_000]);
  });

  it('is between 0 and the cap for every attempt, base and cap', () => {
    const positive = fc.integer({ min: 1, max: 1_000_000 });
    const random = fc.double({ min: 0, max: NEARLY_ONE, noNaN: true });
    fc.assert(
      fc.property(positive, positive, positive, random, (attempt, baseMs, capMs, drawn) => {
        const wait = backoffMs(attempt, { baseMs, capMs, random: () => drawn });
        expect(wait).toBeGreaterThanOrEqual(0);
        expect(wait).toBeLessThanOrEqual(capMs);
        expect(Number.isFinite(wait)).toBe(true);
      }),
    );
  });

  it('spreads over the whole span: full jitter, so that nobody comes back together', () => {
    const waits = Array.from({ length: 32 }, (_, i) =>
      backoffMs(3, { ...BOUNDS, random: () => i / 32 }),
    );
    expect(waits).toEqual(Array.from({ length: 32 }, (_, i) => i * 12.5));
  });

  it('draws anew for every wait when nothing else is said', () => {
    const waits = new Set(Array.from({ length: 50 }, () => backoffMs(5, BOUNDS)));
    expect(waits.size).toBeGreaterThan(1);
    for (const wait of waits) expect(wait).toBeLessThan(1_600);
  });
});
