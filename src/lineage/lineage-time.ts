import { checkFormat } from '#contracts/format/check-format';
import type { Brand } from '#domain/brand';

/**
 * A point in time as RFC 3339, UTC, with nine digits of the second, such as `2026-01-31T12:00:00.000000000Z`. The order
 * of texts is the order of times.
 */
export type LineageTime = Brand<string, 'LineageTime'>;

const MILLISECONDS = /\.\d{3}Z$/;
const FRACTION = /\.(\d+)/;
const LEAP_SECOND = /:60(?=[.Zz+-])/;
const DIGITS = 9;

/** Says why a text is no time: it is not RFC 3339, or its year in UTC is not one of 0000 to 9999. */
export type LineageTimeFault = 'format' | 'range';

/**
 * Parses a `date-time` of RFC 3339. Digits beyond the nanosecond are dropped, and a leap second is the second after it.
 */
export function parseLineageTime(
  text: string,
): { readonly time: LineageTime } | { readonly fault: LineageTimeFault } {
  if (checkFormat('date-time', text) === 'invalid') return { fault: 'format' };
  const fraction = (FRACTION.exec(text)?.[1] ?? '').padEnd(DIGITS, '0').slice(0, DIGITS);
  // A Date knows neither leap seconds nor more than milliseconds.
  const whole = text.replace(FRACTION, '').replace(LEAP_SECOND, ':59').toUpperCase();
  const seconds = Date.parse(whole) / 1_000 + (LEAP_SECOND.test(text) ? 1 : 0);
  const instant = new Date(seconds * 1_000);
  const isInRange = Number.isFinite(seconds) && /^\d{4}-/.test(isoOf(instant));
  if (!isInRange) return { fault: 'range' };
  return { time: isoOf(instant).replace(MILLISECONDS, `.${fraction}Z`) as LineageTime };
}

/** Writes a time as the rest of the registry does, with milliseconds; finer digits are dropped. */
export function timestampOf(time: LineageTime): string {
  return time.replace(/(\.\d{3})\d{6}Z$/, '$1Z');
}

function isoOf(instant: Date): string {
  return Number.isNaN(instant.getTime()) ? '' : instant.toISOString();
}
