import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseLineageTime, timestampOf } from '#lineage/lineage-time';

function timeOf(text: string): string {
  const read = parseLineageTime(text);
  return 'time' in read ? read.time : read.fault;
}

describe('parseLineageTime()', () => {
  it.each([
    ['2026-01-31T12:00:00Z', '2026-01-31T12:00:00.000000000Z'],
    ['2026-01-31t12:00:00.5z', '2026-01-31T12:00:00.500000000Z'],
    ['2020-12-28T19:52:00.001+10:00', '2020-12-28T09:52:00.001000000Z'],
    ['2024-11-26T13:05:23.809955+00:00', '2024-11-26T13:05:23.809955000Z'],
    ['2024-02-29T23:30:00.1234567899-01:30', '2024-03-01T01:00:00.123456789Z'],
    ['2016-12-31T23:59:60.25Z', '2017-01-01T00:00:00.250000000Z'],
    ['0000-01-01T00:00:00Z', '0000-01-01T00:00:00.000000000Z'],
    ['1969-12-31T23:59:59.9Z', '1969-12-31T23:59:59.900000000Z'],
  ])('reads %s as %s', (text, time) => {
    expect(timeOf(text)).toBe(time);
  });

  it.each([
    ['2026-01-31T12:00:00', 'format'],
    ['2026-01-31 12:00:00Z', 'format'],
    ['2026-01-31', 'format'],
    ['1706702400', 'format'],
    ['', 'format'],
    ['0000-01-01T00:00:00+00:01', 'range'],
    ['9999-12-31T23:59:59-00:01', 'range'],
  ])('refuses %j by its %s', (text, fault) => {
    expect(timeOf(text)).toBe(fault);
  });

  it('orders texts as their times, and keeps every millisecond', () => {
    const date = fc.date({ min: new Date(0), max: new Date('9999-01-01'), noInvalidDate: true });
    fc.assert(
      fc.property(date, date, (left, right) => {
        const [one, two] = [timeOf(left.toISOString()), timeOf(right.toISOString())];
        expect(one < two).toBe(left < right);
        const read = parseLineageTime(left.toISOString());
        if ('time' in read) expect(timestampOf(read.time)).toBe(left.toISOString());
      }),
    );
  });
});
