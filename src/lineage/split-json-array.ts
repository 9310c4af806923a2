import { endOfString } from '#lineage/parse-lineage-json';

/** Either the texts of the items of an array, or why the text is no array. */
export type JsonArrayItems =
  | { readonly kind: 'items'; readonly items: readonly string[] }
  | { readonly kind: 'refused'; readonly rule: 'syntax' | 'value'; readonly is: string };

const SPACE = /^[ \t\r\n]*$/;

/**
 * Cuts the text of a JSON array into the texts of its items by strings and the depth of brackets alone, so that what is
 * wrong inside one item is not the fault of the others. Items may be no JSON. Linear in the text.
 */
export function splitJsonArray(text: string, itemsMax: number): JsonArrayItems {
  const begin = text.indexOf('[');
  if (begin === -1 || !SPACE.test(text.slice(0, begin))) return refusedAs('begins with no "["');
  const items: string[] = [];
  let [start, depth] = [begin + 1, 1];
  for (let at = start; at < text.length; at += 1) {
    const unit = text.charAt(at);
    if (depth === 1 && (unit === ',' || unit === ']')) {
      const item = text.slice(start, at);
      const isNone = unit === ']' && items.length === 0 && SPACE.test(item);
      if (!isNone) items.push(item);
      start = at + 1;
    }
    if (items.length > itemsMax) {
      return { kind: 'refused', rule: 'value', is: `has more than ${itemsMax} items` };
    }
    if (unit === '"') at = endOfString(text, at);
    else if (unit === '[' || unit === '{') depth += 1;
    else if (unit === ']' || unit === '}') depth -= 1;
    if (depth === 0 && unit === '}') return refusedAs('has a "}" that closes nothing');
    if (depth === 0) {
      const isEnd = SPACE.test(text.slice(start));
      return isEnd ? { kind: 'items', items } : refusedAs('goes on after the array');
    }
  }
  return refusedAs('ends inside of the array');
}

function refusedAs(is: string): JsonArrayItems {
  return { kind: 'refused', rule: 'syntax', is };
}
