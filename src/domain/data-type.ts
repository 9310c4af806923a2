import type { Json } from '#domain/canonical-json';
import { describeValue, type Part } from '#domain/definition-reader';

/** What the values of a column are. `decimal` is exact, `number` is not; both are numbers in JSON. */
export const DATA_TYPES = [
  'string',
  'integer',
  'number',
  'decimal',
  'boolean',
  'date',
  'time',
  'timestamp',
  'uuid',
  'binary',
  'array',
  'object',
] as const;
export type DataType = (typeof DATA_TYPES)[number];

const TEXT_MAX = 1_000;
const DATE = /^\d{4}-\d{2}-\d{2}$/;
const TIME = /^(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,9})?$/;
const TIMESTAMP =
  /^(\d{4}-\d{2}-\d{2})T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,9})?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

const WANTED: Readonly<Record<DataType, string>> = {
  string: `a text of at most ${TEXT_MAX} characters`,
  integer: 'a whole number',
  number: 'a number',
  decimal: 'a number',
  boolean: 'true or false',
  date: 'a date such as "2026-01-31"',
  time: 'a time such as "13:30:00"',
  timestamp: 'a time of RFC 3339 such as "2026-01-31T13:30:00Z"',
  uuid: 'a UUID',
  binary: `a text of at most ${TEXT_MAX} characters`,
  array: 'a list',
  object: 'an object',
};

/** Reads a value of a data type. */
export function readTyped({ value, path, faults }: Part, dataType: DataType): Json | undefined {
  if (isOf(value, dataType)) return value;
  faults.add(path, `is ${describeValue(value)} (want ${WANTED[dataType]})`);
  return undefined;
}

/** Tells whether a JSON value is of a data type. */
function isOf(value: unknown, dataType: DataType): value is Json {
  switch (dataType) {
    case 'string':
    case 'binary':
      return typeof value === 'string' && value.length <= TEXT_MAX && value.isWellFormed();
    case 'integer':
      return Number.isSafeInteger(value);
    case 'number':
    case 'decimal':
      return Number.isFinite(value);
    case 'boolean':
      return typeof value === 'boolean';
    case 'date':
      return typeof value === 'string' && isDate(value);
    case 'time':
      return typeof value === 'string' && TIME.test(value);
    case 'timestamp':
      return typeof value === 'string' && isDate(TIMESTAMP.exec(value)?.[1] ?? '');
    case 'uuid':
      return typeof value === 'string' && UUID.test(value);
    case 'array':
      return Array.isArray(value);
    case 'object':
      return typeof value === 'object' && value !== null && !Array.isArray(value);
    default:
      return dataType satisfies never;
  }
}

// A parser of dates takes the 30th of February for the 1st of March.
function isDate(text: string): boolean {
  if (!DATE.test(text)) return false;
  const time = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text);
}

/**
 * Gives where a value of a data type stands among the others, as a number; `undefined` for types without an order and for
 * values of another type. Times are compared to the millisecond.
 */
export function orderOf(value: Json, dataType: DataType): number | undefined {
  if (!isOf(value, dataType) || typeof value === 'object') return undefined;
  switch (dataType) {
    case 'integer':
    case 'number':
    case 'decimal':
      return Number(value);
    case 'date':
    case 'timestamp':
      return Date.parse(String(value));
    case 'time':
      return Date.parse(`1970-01-01T${String(value)}Z`);
    case 'string':
    case 'boolean':
    case 'uuid':
    case 'binary':
    case 'array':
    case 'object':
      return undefined;
    default:
      return dataType satisfies never;
  }
}

/** Tells whether values of a type have a length: characters, bytes, or items. */
export function hasLength(dataType: DataType): boolean {
  return dataType === 'string' || dataType === 'binary' || dataType === 'array';
}

/** Tells whether values of a type have an order. */
export function hasOrder(dataType: DataType): boolean {
  return ['integer', 'number', 'decimal', 'date', 'time', 'timestamp'].includes(dataType);
}
