import { canonicalJson, type Json } from '#domain/canonical-json';

/** How much of a value a sentence shows, in UTF-16 units. */
export const SHOWN_UNITS_MAX = 120;

const PLAIN_POINTER = /^[\w$./~-]+$/;

/** Writes a value as JSON, cut to `SHOWN_UNITS_MAX`. */
export function show(value: Json): string {
  return cut(canonicalJson(value), SHOWN_UNITS_MAX);
}

/** Writes where something stands, with a space before it; nothing at the root. */
export function placed(pointer: string): string {
  if (pointer === '') return '';
  const text = PLAIN_POINTER.test(pointer) ? pointer : JSON.stringify(pointer.toWellFormed());
  return ` of ${cut(text, 2 * SHOWN_UNITS_MAX)}`;
}

function cut(text: string, unitsMax: number): string {
  if (text.length <= unitsMax) return text;
  // Half of a surrogate pair is no character.
  return `${text.slice(0, unitsMax - 1).replace(/[\ud800-\udbff]$/, '')}…`;
}
