import type { Json } from '#domain/canonical-json';

const QUOTE = 34;
const COLON = 58;
const OPEN_ARRAY = 91;
const OPEN_OBJECT = 123;
const CLOSE_ARRAY = 93;
const CLOSE_OBJECT = 125;
const LOWER_E = 101;
const UPPER_E = 69;
const ZERO = 48;
const NINE = 57;
/** A double keeps every integer of so many digits. */
const SAFE_DIGITS = 15;
const SURROGATE_ESCAPE = /\\u[dD][89a-fA-F]/;

/**
 * Reads a JSON text in which nothing can be wrong that only a strict reader sees; `undefined` for every other text. Five
 * times as fast as the strict reader, and most texts are such.
 */
export function parsePlainJson(text: string, depthMax: number): Json | undefined {
  if (!text.isWellFormed() || SURROGATE_ESCAPE.test(text)) return undefined;
  const members = countMembers(text, depthMax);
  if (members === undefined) return undefined;
  try {
    const value = JSON.parse(text) as Json;
    // A key that comes twice is one member less.
    return countKeys(value) === members ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Counts the colons outside of strings; `undefined` for long or exponential numbers and too deep nesting. */
function countMembers(text: string, depthMax: number): number | undefined {
  let [members, depth, digits] = [0, 0, 0];
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code >= ZERO && code <= NINE) {
      digits += 1;
      if (digits > SAFE_DIGITS) return undefined;
      continue;
    }
    if ((code === LOWER_E || code === UPPER_E) && digits > 0) return undefined;
    digits = 0;
    if (code === QUOTE) at = endOfString(text, at);
    else if (code === COLON) members += 1;
    else if (code === OPEN_OBJECT || code === OPEN_ARRAY) depth += 1;
    else if (code === CLOSE_OBJECT || code === CLOSE_ARRAY) depth -= 1;
    if (depth > depthMax) return undefined;
  }
  return members;
}

/** Finds the quote that ends a string. */
function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let escapes = 0;
    while (text[end - 1 - escapes] === '\\') escapes += 1;
    if (escapes % 2 === 0) return end;
  }
  return text.length;
}

function countKeys(value: Json): number {
  if (typeof value !== 'object' || value === null) return 0;
  const inner = Object.values(value);
  let count = Array.isArray(value) ? 0 : inner.length;
  for (const one of inner) if (typeof one === 'object') count += countKeys(one);
  return count;
}
