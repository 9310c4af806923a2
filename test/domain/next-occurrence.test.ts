import { describe, expect, it } from 'vitest';
import { parseCron } from '#domain/cron';
import { nextOccurrence } from '#domain/next-occurrence';
import { parseTimeZone } from '#domain/time-zone';
import { HOSTILE } from '#test/support/hostile';
import { forSeeds, type Seeded } from '#test/support/seed';

const MINUTE = 60_000;

const ofCron = (cron: string, zone: string, after: string): string | undefined => {
  const next = nextOccurrence(parseCron(cron), parseTimeZone(zone), Date.parse(after));
  return next === undefined ? undefined : new Date(next).toISOString().slice(0, 16);
};

/** The next occurrences, one after the other. */
function series(cron: string, zone: string, after: string): string[] {
  const found: string[] = [];
  for (let at = after; found.length < 4; ) {
    const next = ofCron(cron, zone, at);
    if (next === undefined) break;
    found.push(next);
    at = `${next}Z`;
  }
  return found;
}

/** Tells of one field whether a value is in it, by a reading of its own. */
function isIn(field: string, value: number, names: readonly string[] = []): boolean {
  const number = (text: string): number => {
    const named = names.indexOf(text);
    return named < 0 ? Number(text) : named;
  };
  return field.split(',').some((item) => {
    const [span = '', step = '1'] = item.split('/');
    if (span === '*') return (value - (names[0] === 'first' ? 1 : 0)) % Number(step) === 0;
    const [from = '', to = from] = span.split('-');
    const low = number(from);
    return value >= low && value <= number(to) && (value - low) % Number(step) === 0;
  });
}

const WEEK = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];

/** What a clock shows, minute by minute, as if it were UTC. */
function clockOf(zone: string, start: number, minutes: number): readonly number[] {
  const parts = { year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit' } as const;
  const format = new Intl.DateTimeFormat('sv-SE', { timeZone: zone, ...parts, minute: '2-digit' });
  // Clocks are only ever changed at a quarter of an hour: asking for each minute takes 12 s a zone.
  let quarter = 0;
  return Array.from({ length: minutes }, (_, i) => {
    if (i % 15 === 0)
      quarter = Date.parse(`${format.format(start + i * MINUTE).replace(' ', 'T')}Z`);
    return quarter + (i % 15) * MINUTE;
  });
}

/** Makes a test of local minutes, from tables for each field. */
function fitting(cron: string): (shown: number) => boolean {
  const [minute = '', hour = '', day = '', month = '', weekDay = ''] = cron.split(' ');
  const table = (length: number, has: (value: number) => boolean) =>
    Array.from({ length }, (_, value) => has(value));
  const isMinute = table(60, (value) => isIn(minute, value));
  const isHour = table(24, (value) => isIn(hour, value));
  const isDay = table(32, (value) => isIn(day, value, ['first']));
  const isMonth = table(13, (value) => isIn(month, value, ['first']));
  const isWeekDay = table(7, (value) => isIn(weekDay, value, WEEK));
  if (/(^|,|-)7/.test(weekDay)) isWeekDay[0] = true;
  const isEither = !day.startsWith('*') && !weekDay.startsWith('*');
  return (shown) => {
    const ofDay = shown % 86_400_000;
    if (isMinute[(ofDay / MINUTE) % 60] !== true) return false;
    if (isHour[Math.floor(ofDay / 3_600_000)] !== true) return false;
    const date = new Date(shown);
    if (isMonth[date.getUTCMonth() + 1] !== true) return false;
    const onDay = isDay[date.getUTCDate()] === true;
    const onWeekDay = isWeekDay[date.getUTCDay()] === true;
    return isEither ? onDay || onWeekDay : onDay && onWeekDay;
  };
}

/** All occurrences within a stretch of time, found by looking at every minute of it. */
function walked(cron: string, clock: readonly number[], start: number): number[] {
  const isEveryHour = /^\S+ \* /.test(cron);
  const fits = fitting(cron);
  const seen = new Set<number>();
  const found: number[] = [];
  let before = (clock[0] ?? 0) - MINUTE;
  for (const [index, shown] of clock.entries()) {
    let isDue = fits(shown) && (isEveryHour || !seen.has(shown));
    if (isDue) seen.add(shown);
    if (!isEveryHour)
      for (let gap = before + MINUTE; gap < shown && !isDue; gap += MINUTE) isDue = fits(gap);
    before = shown;
    if (isDue) found.push(start + index * MINUTE);
  }
  return found;
}

function someCron(random: Seeded): string {
  const minute = random.pick(['0', '30', '*/15', '5,35', '59', '0-10/5', '*']);
  const hour = random.pick(['*', '*', '0', '1', '2', '1-3', '2,14', '0,23', '*/6', '3-5/2']);
  const day = random.pick(['*', '*', '*', '1', '31', '*/7', '10-20', '25-31']);
  const month = random.pick(['*', '*', '*', '3,4,10,11', '*/2', '1-3/2']);
  const weekDay = random.pick(['*', '*', '*', '0', '7', 'SUN', 'MON-FRI', '*/2', 'SAT,SUN', '5-7']);
  return `${minute} ${hour} ${day} ${month} ${weekDay}`;
}

describe('nextOccurrence()', () => {
  it('is what a walk over every minute of two years finds, over all changes of the clocks', async () => {
    const START = Date.UTC(2024, 0, 1);
    const MINUTES = (366 + 365) * 24 * 60;
    let compared = 0;
    for (const zone of ['America/New_York', 'Australia/Lord_Howe', 'Africa/Cairo']) {
      const clock = clockOf(zone, START, MINUTES);
      const changes = clock.flatMap((shown, i) =>
        shown - (clock[i - 1] ?? shown - MINUTE) === MINUTE ? [] : [START + i * MINUTE],
      );
      expect(changes).toHaveLength(4);
      await forSeeds(12, async (random) => {
        const cron = someCron(random);
        const all = walked(cron, clock, START);
        const parsed = parseCron(cron);
        const near = changes.flatMap((at) =>
          [-1_500, -90, -61, -31, -1, 0, 1, 29, 59, 61].map((m) => at + m * MINUTE),
        );
        const anywhere = Array.from(
          { length: 40 },
          () => START + random.int(MINUTES) * MINUTE + random.int(MINUTE),
        );
        const last = all.at(-1) ?? 0;
        for (const after of [...near, ...anywhere].filter((at) => at < last)) {
          const next = nextOccurrence(parsed, parseTimeZone(zone), after);
          const want = all.find((at) => at > after);
          expect([cron, zone, after, next], `${cron} ${zone} ${after}`).toEqual([
            cron,
            zone,
            after,
            want,
          ]);
          compared += 1;
        }
      });
    }
    console.info(`${compared} occurrences compared with a walk over two years in three zones`);
    expect(compared).toBeGreaterThan(2_000);
  });

  it('comes once on the day when its time is skipped, at the first minute after the gap', () => {
    expect(series('30 2 * * *', 'Europe/Berlin', '2025-03-28T12:00Z')).toEqual([
      '2025-03-29T01:30',
      '2025-03-30T01:00',
      '2025-03-31T00:30',
      '2025-04-01T00:30',
    ]);
    expect(series('0,30 2 30 3 *', 'Europe/Berlin', '2025-03-01T00:00Z').slice(0, 2)).toEqual([
      '2025-03-30T01:00',
      '2026-03-30T00:00',
    ]);
  });

  it('comes once on the day when its time comes twice, the first time', () => {
    expect(series('30 2 * * *', 'Europe/Berlin', '2025-10-25T12:00Z').slice(0, 2)).toEqual([
      '2025-10-26T00:30',
      '2025-10-27T01:30',
    ]);
  });

  it('comes in every hour that passes when every hour is wanted', () => {
    expect(series('30 * * * *', 'Europe/Berlin', '2025-10-26T00:00Z')).toEqual([
      '2025-10-26T00:30',
      '2025-10-26T01:30',
      '2025-10-26T02:30',
      '2025-10-26T03:30',
    ]);
    expect(series('30 * * * *', 'Europe/Berlin', '2025-03-30T00:00Z').slice(0, 2)).toEqual([
      '2025-03-30T00:30',
      '2025-03-30T01:30',
    ]);
  });

  it('comes on the day after when a whole day is skipped', () => {
    expect(series('0 12 30 12 *', 'Pacific/Apia', '2011-12-01T00:00Z').slice(0, 2)).toEqual([
      '2011-12-30T10:00',
      '2012-12-29T22:00',
    ]);
  });

  it('keeps to minutes where clocks are put back over midnight', () => {
    // From 24:00 back to 23:00: the day after has not begun yet.
    expect(series('15 * * * *', 'Africa/Cairo', '2024-10-31T19:30Z')).toEqual([
      '2024-10-31T20:15',
      '2024-10-31T21:15',
      '2024-10-31T22:15',
      '2024-10-31T23:15',
    ]);
  });

  it('is strictly after, to the millisecond', () => {
    expect(ofCron('0 12 * * *', 'UTC', '2025-01-01T12:00:00.000Z')).toBe('2025-01-02T12:00');
    expect(ofCron('0 12 * * *', 'UTC', '2025-01-01T11:59:59.999Z')).toBe('2025-01-01T12:00');
  });

  it('finds what is years away', () => {
    expect(ofCron('0 0 29 2 *', 'UTC', '2096-03-01T00:00Z')).toBe('2104-02-29T00:00');
    expect(ofCron('0 0 29 2 */7', 'UTC', '2025-01-01T00:00Z')).toBe('2032-02-29T00:00');
    expect(ofCron('0 0 29 2 */7', 'UTC', '2088-03-01T00:00Z')).toBe('2128-02-29T00:00');
  });
});

describe('parseTimeZone()', () => {
  it('takes names of the database and refuses everything else', () => {
    for (const name of ['UTC', 'Europe/Berlin', 'America/Argentina/Buenos_Aires', 'Etc/GMT+5'])
      expect(parseTimeZone(name)).toBe(name);
    const wrong = ['Mars/Olympus', '+01:00', '-05:00', 'Europe/Berlin ', 'UTC\u0000', ...HOSTILE];
    for (const name of wrong)
      expect(() => parseTimeZone(name), name).toThrow(
        expect.objectContaining({ code: 'INVALID_REQUEST' }) as Error,
      );
  });
});
