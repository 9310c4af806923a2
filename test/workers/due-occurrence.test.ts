import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseCron } from '#domain/cron';
import { nextOccurrence } from '#domain/next-occurrence';
import { parseTimeZone } from '#domain/time-zone';
import { dueOccurrence } from '#workers/due-occurrence';

describe('dueOccurrence()', () => {
  it('finds what a walk over every occurrence finds', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('* * * * *', '*/9 * * * *', '17 * * * *', '30 2 * * *', '0 0 1 1 *'),
        fc.constantFrom('UTC', 'Europe/Berlin', 'America/New_York'),
        fc.integer({
          min: Date.parse('2024-03-30T00:00:00Z'),
          max: Date.parse('2024-04-01T00:00:00Z'),
        }),
        fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 3_600_000 })),
        (text, name, afterMs, leadMs) => {
          const [cron, timeZone] = [parseCron(text), parseTimeZone(name)];
          const nowMs = afterMs + leadMs;
          let dueMs: number | undefined;
          let nextMs = nextOccurrence(cron, timeZone, afterMs);
          while (nextMs !== undefined && nextMs <= nowMs) {
            dueMs = nextMs;
            nextMs = nextOccurrence(cron, timeZone, nextMs);
          }
          expect(dueOccurrence({ cron, timeZone, afterMs }, nowMs)).toEqual({ dueMs, nextMs });
        },
      ),
      { numRuns: 200 },
    );
  });
});
