import { type FormatVerdict, verdictOf } from '#contracts/format/format-verdict';

// No `\d` with flags that widen it: other scripts have digits, and RFC 3339 has ten.
const DATE = /^(\d{4})-(\d{2})-(\d{2})$/;
const TIME = /^(\d{2}):(\d{2}):(\d{2})(?:\.\d+)?(?:[Zz]|([+-])(\d{2}):(\d{2}))$/;
const DURATION_DATE = /^(?:\d+D|\d+M(?:\d+D)?|\d+Y(?:\d+M(?:\d+D)?)?)$/;
const DURATION_TIME = /^(?:\d+S|\d+M(?:\d+S)?|\d+H(?:\d+M(?:\d+S)?)?)$/;
const MINUTES_A_DAY = 24 * 60;

/** Checks a `full-date` of RFC 3339. */
export function checkDate(text: string): FormatVerdict {
  return verdictOf(parseDate(text) !== undefined);
}

/** Checks a `full-time` of RFC 3339. A second of 60 is right at 23:59 UTC alone. */
export function checkTime(text: string): FormatVerdict {
  const time = parseTime(text);
  return verdictOf(time !== undefined && (!time.isLeap || isLastMinute(time.utcMinute)));
}

/**
 * Checks a `date-time` of RFC 3339. Whether a day other than the last of a month may have a leap second is `unknown`: the
 * standard says it never has, and few who check look.
 */
export function checkDateTime(text: string): FormatVerdict {
  const date = /[Tt]/.test(text.charAt(10)) ? parseDate(text.slice(0, 10)) : undefined;
  const time = parseTime(text.slice(11));
  if (date === undefined || time === undefined) return 'invalid';
  if (!time.isLeap) return 'valid';
  if (!isLastMinute(time.utcMinute)) return 'invalid';
  // With an offset the last minute of the month in UTC may fall on the day before or after.
  const utcDay = date.day + Math.floor(time.utcMinute / MINUTES_A_DAY);
  return utcDay === 0 || utcDay === daysIn(date) ? 'valid' : 'unknown';
}

/** Checks a `duration` of appendix A of RFC 3339, which unlike ISO 8601 lets no unit in the middle be left out. */
export function checkDuration(text: string): FormatVerdict {
  if (/^P\d+W$/.test(text)) return 'valid';
  if (!text.startsWith('P')) return 'invalid';
  const [date = '', time, ...more] = text.slice(1).split('T');
  if (more.length > 0) return 'invalid';
  const isTimeRight = time === undefined || DURATION_TIME.test(time);
  const isDateRight = DURATION_DATE.test(date) || (date === '' && time !== undefined);
  return verdictOf(isTimeRight && isDateRight);
}

function parseDate(text: string) {
  const [, year = '', month = '', day = ''] = DATE.exec(text) ?? [];
  const date = { year: Number(year), month: Number(month), day: Number(day) };
  const isRight = date.month >= 1 && date.month <= 12 && date.day >= 1 && date.day <= daysIn(date);
  return isRight ? date : undefined;
}

function daysIn({ year, month }: { readonly year: number; readonly month: number }): number {
  const isLeapYear = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  if (month === 2) return isLeapYear ? 29 : 28;
  return [4, 6, 9, 11].includes(month) ? 30 : 31;
}

/** `utcMinute` counts from midnight of the local date, and may be before it or a day later. */
function parseTime(text: string): { isLeap: boolean; utcMinute: number } | undefined {
  const found = TIME.exec(text);
  if (found === null) return undefined;
  const [hour = 0, minute = 0, second = 0] = found.slice(1, 4).map(Number);
  const [offsetHour = 0, offsetMinute = 0] = found.slice(5, 7).map((part) => Number(part ?? 0));
  if (hour > 23 || minute > 59 || second > 60 || offsetHour > 23 || offsetMinute > 59) {
    return undefined;
  }
  const offset = (offsetHour * 60 + offsetMinute) * (found[4] === '-' ? -1 : 1);
  return { isLeap: second === 60, utcMinute: hour * 60 + minute - offset };
}

function isLastMinute(utcMinute: number): boolean {
  return (utcMinute + MINUTES_A_DAY) % MINUTES_A_DAY === MINUTES_A_DAY - 1;
}
