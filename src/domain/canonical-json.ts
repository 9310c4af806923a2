import { RegistryError } from '#domain/errors';

/** A value that JSON can hold. */
export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [key: string]: Json };

/** A JSON object. */
export type JsonObject = { readonly [key: string]: Json };

/** Tells whether a JSON value is an object. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The deepest nesting that is written. */
export const JSON_DEPTH_MAX = 200;

/**
 * Writes a value as canonical JSON (RFC 8785): keys in UTF-16 order, no white space, shortest numbers.
 * Equal values give equal bytes, on every node and for ever. Keys whose value is `undefined` are left out.
 * @throws INVALID_JSON for what JSON cannot hold: NaN, infinities, lone surrogates, functions, nesting deeper than 200
 */
export function canonicalJson(value: unknown): string {
  return write(value, 0);
}

function write(value: unknown, depth: number): string {
  switch (typeof value) {
    case 'string':
      return writeText(value);
    case 'number':
      // ECMAScript writes numbers as RFC 8785 wants them; -0 becomes 0.
      if (!Number.isFinite(value)) throw invalid(`${value} is not a JSON number`);
      return String(value === 0 ? 0 : value);
    case 'boolean':
      return value ? 'true' : 'false';
    case 'object':
      if (value === null) return 'null';
      if (depth >= JSON_DEPTH_MAX) throw invalid(`it is nested deeper than ${JSON_DEPTH_MAX}`);
      return Array.isArray(value) ? writeArray(value, depth) : writeObject(value, depth);
    default:
      throw invalid(`a ${typeof value} is not JSON`);
  }
}

const PLAIN = /^[A-Za-z0-9 ,./:_+-]*$/;

function writeText(text: string): string {
  // Most texts need no escapes, and asking costs less than escaping.
  if (PLAIN.test(text)) return `"${text}"`;
  if (!text.isWellFormed()) throw invalid('a text holds a lone surrogate');
  return JSON.stringify(text);
}

function writeArray(items: readonly unknown[], depth: number): string {
  let out = '[';
  for (let i = 0; i < items.length; i += 1)
    out += (i === 0 ? '' : ',') + write(items[i], depth + 1);
  return `${out}]`;
}

function writeObject(value: object, depth: number): string {
  const entries = value as Readonly<Record<string, unknown>>;
  let out = '{';
  // The default order of sort is that of UTF-16 code units, as section 3.2.3 wants.
  // oxlint-disable-next-line typescript/require-array-sort-compare
  for (const key of Object.keys(entries).sort()) {
    const member = entries[key];
    if (member === undefined) continue;
    out += `${out === '{' ? '' : ','}${writeText(key)}:${write(member, depth + 1)}`;
  }
  return `${out}}`;
}

function invalid(is: string): RegistryError {
  return new RegistryError('INVALID_JSON', `Cannot write canonical JSON: ${is}`);
}
