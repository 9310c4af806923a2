import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseCron } from '#domain/cron';
import { isRegistryError } from '#domain/errors';
import { HOSTILE } from '#test/support/hostile';

const range = (from: number, to: number, step = 1): number[] =>
  Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, i) => from + i * step);

/** What a parser says of a text: its code, or `taken`. */
function verdict(text: string): string {
  try {
    parseCron(text);
    return 'taken';
  } catch (error) {
    return isRegistryError(error) ? error.code : `no refusal: ${String(error)}`;
  }
}

describe('parseCron()', () => {
  it('reads numbers, names, ranges, steps and lists', () => {
    const cron = parseCron('*/20,7 8-18/5,23 1,15-17 jan-Mar,DEC MON-fri');
    expect(cron.minutes).toEqual([0, 7, 20, 40]);
    expect(cron.hours).toEqual([8, 13, 18, 23]);
    expect([...cron.daysOfMonth]).toEqual([1, 15, 16, 17]);
    expect([...cron.months]).toEqual([1, 2, 3, 12]);
    expect([...cron.daysOfWeek]).toEqual([1, 2, 3, 4, 5]);
    const every = parseCron('* * * * *');
    expect(every.minutes).toEqual(range(0, 59));
    expect(every.hours).toEqual(range(0, 23));
    expect([...every.daysOfMonth]).toEqual(range(1, 31));
    expect([...every.months]).toEqual(range(1, 12));
    expect([...every.daysOfWeek].toSorted((a, b) => a - b)).toEqual(range(0, 6));
  });

  it('takes Sunday as 0 and as 7', () => {
    for (const sunday of ['0', '7', 'SUN', '0,7', '7,sun'])
      expect([...parseCron(`0 0 * * ${sunday}`).daysOfWeek], sunday).toEqual([0]);
    expect([...parseCron('0 0 * * 5-7').daysOfWeek]).toEqual([5, 6, 0]);
  });

  it('takes either kind of day only when neither field begins with a star', () => {
    const table = { '1 * ': false, '* 1': false, '*/2 1': false, '1 */2': false, '1 1': true };
    for (const [days, isEither] of Object.entries(table)) {
      const [dayOfMonth, dayOfWeek] = days.split(' ');
      expect(parseCron(`0 0 ${dayOfMonth} * ${dayOfWeek}`).isEitherDay, days).toBe(isEither);
    }
  });

  it.each([
    '',
    '* * * *',
    '* * * * * *',
    ' * * * * *',
    '* * * * * ',
    '*  * * * *',
    '*\t* * * *',
    '60 * * * *',
    '-1 * * * *',
    '* 24 * * *',
    '* * 0 * *',
    '* * 32 * *',
    '* * * 0 *',
    '* * * 13 *',
    '* * * * 8',
    '5-1 * * * *',
    '* * * * FRI-MON',
    '* * * * SUN-8',
    '*/0 * * * *',
    '*/ * * * *',
    '5/10 * * * *',
    '1-5/ * * * *',
    '1- * * * *',
    '-5 * * * *',
    '1,,2 * * * *',
    ',1 * * * *',
    '1, * * * *',
    '1-2-3 * * * *',
    '** * * * *',
    '*-5 * * * *',
    '001 * * * *',
    '1.5 * * * *',
    '0x1 * * * *',
    '１ * * * *',
    '* * L * *',
    '* * ? * *',
    '* * * * 1#2',
    '* * 15W * *',
    '* * * JANUARY *',
    '* * * * MONDAY',
    'JAN * * * *',
    '@daily',
    `${'1,'.repeat(200)}1 * * * *`,
    '0 0 30 2 *',
    '0 0 31 4,6,9,11 *',
    '0 0 31 2,4 */2',
  ])('refuses %j', (text) => {
    expect(verdict(text)).toBe('INVALID_REQUEST');
  });

  it('takes 29 February, and an impossible day beside a day of the week', () => {
    expect(verdict('0 0 29 2 *')).toBe('taken');
    expect(verdict('0 0 30 2 MON')).toBe('taken');
  });

  it('says which field is wrong and what it may hold', () => {
    expect(() => parseCron('0 24 * * *')).toThrow(
      'Cannot use schedule "0 24 * * *": hour "24" is not one (want 0 to 23, "*", ascending ranges "a-b", steps "*/n" or "a-b/n", joined by ",")',
    );
    expect(() => parseCron('0 0 * FEBR *')).toThrow(
      /month "FEBR" is not one \(want 1 to 12, JAN to DEC,/,
    );
  });

  it('takes any text or refuses it, and nothing else', () => {
    for (const text of HOSTILE) expect(verdict(text)).toBe('INVALID_REQUEST');
    const piece = fc.constantFrom('*', '1', '59', '/', '-', ',', 'MON', 'jan', ' ', '0', '\u0000');
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
        expect(verdict(pieces.join(''))).toMatch(/^(taken|INVALID_REQUEST)$/);
      }),
    );
  });
});
