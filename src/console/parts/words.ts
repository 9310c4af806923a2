import { indentedJson } from '#console/parts/json-indent';

const NUMBER = new Intl.NumberFormat('en');
const METRIC = new Intl.NumberFormat('en', { maximumSignificantDigits: 12 });
const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const;
const STEPS: readonly (readonly [seconds: number, name: string])[] = [
  [86_400, 'day'],
  [3_600, 'hour'],
  [60, 'minute'],
  [1, 'second'],
];

/** Writes a count with separators. */
export function countText(count: number | null | undefined): string {
  return count === null || count === undefined ? 'unknown' : NUMBER.format(count);
}

/** Writes what was measured, small shares too. */
export function metricText(value: number): string {
  return METRIC.format(value);
}

/** Writes how many rows there are. */
export function rowsText(count: number | null): string {
  return count === null ? '' : `${NUMBER.format(count)} ${count === 1 ? 'row' : 'rows'}`;
}

/** Writes bytes in the largest unit that keeps them above 1. */
export function bytesText(bytes: number): string {
  const unit = Math.min(UNITS.length - 1, Math.floor(Math.log2(Math.max(1, bytes)) / 10));
  const value = bytes / 1_024 ** unit;
  return `${unit === 0 ? value : value.toFixed(1)} ${UNITS[unit] ?? 'B'}`;
}

/** Writes how long something took. */
export function durationText(ms: number): string {
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  if (ms < 59_950) return `${(ms / 1_000).toFixed(1)} s`;
  // Rounded before it is split, so that no minute has 60 seconds.
  const seconds = Math.round(ms / 1_000);
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${seconds % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** Writes how long ago a moment was. */
export function agoText(time: string, nowMs: number): string {
  const seconds = Math.max(0, (nowMs - Date.parse(time)) / 1_000);
  const [size, name] = STEPS.find(([size]) => seconds >= size) ?? [1, 'second'];
  const count = Math.floor(seconds / size);
  return count === 0 ? 'just now' : `${count} ${name}${count === 1 ? '' : 's'} ago`;
}

/** Writes a value as JSON for people. A text that is JSON is indented; any other stays as it is. */
export function prettyJson(value: unknown): string {
  return typeof value === 'string' ? indentedJson(value) : (JSON.stringify(value, null, 2) ?? '');
}
