import type { Brand } from '#domain/brand';
import { quote, RegistryError } from '#domain/errors';

/** The name of a time zone in the IANA database, such as `Europe/Berlin`. */
export type TimeZone = Brand<string, 'TimeZone'>;

/** A stretch of time in which a zone keeps its distance from UTC. All in milliseconds. */
export interface ZoneSegment {
  readonly startMs: number;
  /** The first moment that is no longer in it. */
  readonly endMs: number;
  /** What local time is ahead of UTC. */
  readonly offsetMs: number;
}

/** Tells how far local time is ahead of UTC at a moment, in milliseconds. */
export type ZoneOffset = (atMs: number) => number;

const NAME = /^[A-Za-z][A-Za-z0-9_+/-]{0,63}$/;
const MINUTE_MS = 60_000;
// No zone has changed twice within so short a time.
const PROBE_MS = 6 * 3_600_000;

/** Parses the name of a time zone that this node knows. @throws INVALID_REQUEST */
export function parseTimeZone(text: string): TimeZone {
  if (NAME.test(text)) {
    try {
      formatOf(text);
      return text as TimeZone;
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
    }
  }
  throw new RegistryError(
    'INVALID_REQUEST',
    `Cannot use time zone ${quote(text)}: it is unknown (want a name of the IANA database such as "Europe/Berlin")`,
    { details: { field: 'timeZone' }, outcome: 'not-applied' },
  );
}

/** Gives the distance of a zone from UTC as a function: making it costs more than a hundred calls of it. */
export function zoneOffset(zone: TimeZone): ZoneOffset {
  const format = formatOf(zone);
  return (atMs) => {
    const local: Partial<Record<Intl.DateTimeFormatPartTypes, number>> = {};
    for (const { type, value } of format.formatToParts(atMs)) local[type] = Number(value);
    const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = local;
    return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(atMs / 1_000) * 1_000;
  };
}

/** Splits a stretch of time where the distance changes. The segments touch and cover it. */
export function zoneSegments(
  offsetAt: ZoneOffset,
  fromMs: number,
  untilMs: number,
): readonly ZoneSegment[] {
  const segments: ZoneSegment[] = [];
  let startMs = fromMs;
  let offsetMs = offsetAt(fromMs);
  for (let low = fromMs; low < untilMs; low += PROBE_MS) {
    const high = Math.min(low + PROBE_MS, untilMs);
    const next = offsetAt(high);
    if (next === offsetMs) continue;
    const endMs = changeWithin(offsetAt, { low, high, before: offsetMs });
    segments.push({ startMs, endMs, offsetMs });
    startMs = endMs;
    offsetMs = next;
  }
  return [...segments, { startMs, endMs: untilMs, offsetMs }];
}

/** Finds the first minute that no longer has the distance which held before. */
function changeWithin(
  offsetAt: ZoneOffset,
  { low, high, before }: { readonly low: number; readonly high: number; readonly before: number },
): number {
  let [last, first] = [low, high];
  while (first - last > MINUTE_MS) {
    const middle = Math.floor((last + first) / 2 / MINUTE_MS) * MINUTE_MS;
    if (offsetAt(middle) === before) last = middle;
    else first = middle;
  }
  return first;
}

function formatOf(zone: string): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    calendar: 'gregory',
    numberingSystem: 'latn',
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
}
