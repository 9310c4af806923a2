import type { CronExpression } from '#domain/cron';
import {
  type TimeZone,
  type ZoneOffset,
  type ZoneSegment,
  zoneOffset,
  zoneSegments,
} from '#domain/time-zone';

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
// Local time is at most so far from UTC, with room for a change of the clocks.
const REACH_MS = 27 * HOUR_MS;
// 29 February falls on each day of the week within 40 years, also across 2100.
const DAYS_MAX = 41 * 366;
const HOURS_OF_DAY = 24;

/**
 * Computes when a schedule comes next, strictly after a moment; milliseconds since 1970, from 1972 on, when the last zone
 * gave up its odd seconds. A schedule of every hour follows the clock on the wall: what is skipped does not happen, what
 * comes twice happens twice. Any other one happens once for each time that it names: a time that is skipped counts at
 * the first minute after the gap, one that comes twice counts the first time.
 * @returns `undefined` when nothing comes within 41 years
 */
export function nextOccurrence(
  cron: CronExpression,
  zone: TimeZone,
  afterMs: number,
): number | undefined {
  const offsetAt = zoneOffset(zone);
  const localMs = afterMs + offsetAt(afterMs);
  // A day before: what it names in a gap at midnight comes on the day itself.
  const firstDay = Math.floor(localMs / DAY_MS) - 1;
  for (let day = firstDay; day <= firstDay + DAYS_MAX; day += 1) {
    const found = earliestOn(cron, { offsetAt, day, afterMs });
    if (found === undefined) continue;
    // Where clocks are put back over midnight, minutes of the day after come between those of this one.
    const other = earliestOn(cron, { offsetAt, day: day + 1, afterMs });
    return other === undefined ? found : Math.min(found, other);
  }
  return undefined;
}

interface LocalDay {
  readonly offsetAt: ZoneOffset;
  /** Days since 1970, by the local calendar. */
  readonly day: number;
  readonly afterMs: number;
}

/** Finds the first moment of one local day's schedule that is after a moment. */
function earliestOn(cron: CronExpression, at: LocalDay): number | undefined {
  if (!isDay(cron, at.day)) return undefined;
  const midnight = at.day * DAY_MS;
  const segments = zoneSegments(at.offsetAt, midnight - REACH_MS, midnight + DAY_MS + REACH_MS);
  let earliest: number | undefined;
  for (const hour of cron.hours) {
    for (const minute of cron.minutes) {
      const local = midnight + hour * HOUR_MS + minute * MINUTE_MS;
      const next = momentsOf(local, segments, cron.hours.length === HOURS_OF_DAY).find(
        (moment) => moment > at.afterMs,
      );
      if (next !== undefined && next < (earliest ?? Infinity)) earliest = next;
    }
  }
  return earliest;
}

/** Gives the moments that one local time stands for, ascending. */
function momentsOf(
  local: number,
  segments: readonly ZoneSegment[],
  isEveryHour: boolean,
): readonly number[] {
  const shown = segments
    .filter(({ startMs, endMs, offsetMs }) => {
      const moment = local - offsetMs;
      return moment >= startMs && moment < endMs;
    })
    .map(({ offsetMs }) => local - offsetMs);
  if (isEveryHour) return shown;
  if (shown.length > 0) return shown.slice(0, 1);
  // No clock shows it: the gap ends where the segment begins before whose first local time it is.
  const after = segments.find(({ startMs, offsetMs }) => startMs + offsetMs > local);
  return after === undefined ? [] : [after.startMs];
}

function isDay(cron: CronExpression, day: number): boolean {
  const date = new Date(day * DAY_MS);
  if (!cron.months.has(date.getUTCMonth() + 1)) return false;
  const fitsMonth = cron.daysOfMonth.has(date.getUTCDate());
  const fitsWeek = cron.daysOfWeek.has(date.getUTCDay());
  return cron.isEitherDay ? fitsMonth || fitsWeek : fitsMonth && fitsWeek;
}
