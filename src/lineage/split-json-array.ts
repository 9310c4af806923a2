import { setImmediate } from 'node:timers/promises';

/** Either the texts of the items of an array, or why the text is no array. */
export type JsonArrayItems =
  | { readonly kind: 'items'; readonly items: readonly string[] }
  | { readonly kind: 'refused'; readonly rule: 'syntax' | 'value'; readonly is: string };

const SPACE = /^[ \t\r\n]*$/;

/** What is looked at in one turn of the event loop: some 10 ms. */
const TURN_UNITS = 1_048_576;

/**
 * Cuts the text of a JSON array into the texts of its items by strings and the depth of brackets alone, so that what is
 * wrong inside one item is not the fault of the others. Items may be no JSON. Linear in the text; lets others have their turn
 * in long texts.
 */
export async function splitJsonArray(text: string, itemsMax: number): Promise<JsonArrayItems> {
  const turns = splitting(text, itemsMax);
  for (;;) {
    const turn = turns.next();
    if (turn.done === true) return turn.value;
    await setImmediate();
  }
}

/** Yields whenever a turn is over. */
function* splitting(text: string, itemsMax: number): Generator<undefined, JsonArrayItems> {
  const begin = text.indexOf('[');
  if (begin === -1 || !SPACE.test(text.slice(0, begin))) return refusedAs('begins with no "["');
  const items: string[] = [];
  let [start, depth, isInText] = [begin + 1, 1, false];
  let turnEnd = start + TURN_UNITS;
  for (let at = start; at < text.length; at += 1) {
    if (at >= turnEnd) {
      turnEnd = at + TURN_UNITS;
      yield;
    }
    const unit = text.charAt(at);
    if (isInText) {
      if (unit === '\\') at += 1;
      else if (unit === '"') isInText = false;
      continue;
    }
    if (depth === 1 && (unit === ',' || unit === ']')) {
      const item = text.slice(start, at);
      const isNone = unit === ']' && items.length === 0 && SPACE.test(item);
      if (!isNone) items.push(item);
      start = at + 1;
    }
    if (items.length > itemsMax) {
      return { kind: 'refused', rule: 'value', is: `has more than ${itemsMax} items` };
    }
    if (unit === '"') isInText = true;
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
