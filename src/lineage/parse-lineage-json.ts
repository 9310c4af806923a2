import { parseStrictJson, type StrictJson } from '#contracts/json/parse-strict-json';
import { LINEAGE_DEPTH_MAX } from '#lineage/lineage-limits';

/**
 * Reads a JSON text strictly, but for numbers that a double cannot keep: they become texts with the same digits. Iceberg
 * reports snapshot ids of 64 bits as numbers, and neither a rounded id nor a refused event would serve anybody.
 */
export function parseLineageJson(text: string, bytesMax: number): StrictJson {
  const strict = parseStrictJson(text, { bytesMax, depthMax: LINEAGE_DEPTH_MAX });
  if (strict.kind === 'parsed') return strict;
  if (strict.faults.some(({ rule }) => rule !== 'json-number')) return strict;
  // The size was judged above; the added quotes are not the sender's.
  const sizes = { bytesMax: Number.POSITIVE_INFINITY, depthMax: LINEAGE_DEPTH_MAX };
  return parseStrictJson(quoteLongNumbers(text), sizes);
}

const NUMBER = /-?\d[\d.eE+-]*/y;
const INTEGER = /^-?\d+$/;

function quoteLongNumbers(text: string): string {
  const parts: string[] = [];
  let copied = 0;
  for (let at = 0; at < text.length; at += 1) {
    if (text[at] === '"') {
      at = endOfString(text, at);
      continue;
    }
    NUMBER.lastIndex = at;
    const literal = NUMBER.exec(text)?.[0];
    if (literal === undefined) continue;
    if (!isKept(literal)) {
      parts.push(text.slice(copied, at), `"${literal}"`);
      copied = at + literal.length;
    }
    at += literal.length - 1;
  }
  return parts.join('') + text.slice(copied);
}

function isKept(literal: string): boolean {
  const value = Number(literal);
  if (!Number.isFinite(value)) return false;
  if (!INTEGER.test(literal) || Number.isSafeInteger(value)) return true;
  return String(value) === literal || BigInt(value) === BigInt(literal);
}

/** Finds the quote that ends a string, or the end of the text. */
function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at += 1) {
    if (text[at] === '\\') at += 1;
    else if (text[at] === '"') return at;
  }
  return text.length;
}
