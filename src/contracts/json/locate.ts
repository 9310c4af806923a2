import { parsePointer } from '#contracts/json/pointer';
import { placesOf, type TextPlace } from '#contracts/json/text-place';

/** What is looked for below one value: the pointers that end here, and the members that lead on. */
interface Wanted {
  readonly pointers: string[];
  readonly below: Map<string, Wanted>;
}

/** Finds where the value at a JSON Pointer begins in a JSON text; `undefined` when there is none. */
export function locateInJson(text: string, pointer: string): TextPlace | undefined {
  return locateAllInJson(text, [pointer]).get(pointer);
}

/**
 * Finds where the values at several JSON Pointers begin in a JSON text, in one pass. Pointers that lead nowhere are left
 * out. The text must be one that `parseStrictJson` reads; of another one whatever comes before its fault is found.
 */
export function locateAllInJson(
  text: string,
  pointers: Iterable<string>,
): ReadonlyMap<string, TextPlace> {
  const root: Wanted = { pointers: [], below: new Map() };
  for (const pointer of pointers) {
    const tokens = parsePointer(pointer);
    if (tokens !== undefined) want(root, tokens).pointers.push(pointer);
  }
  const offsets = new Map<string, number>();
  new Locator(text, offsets).value(root);
  const placeAt = placesOf(text);
  return new Map([...offsets].map(([pointer, offset]) => [pointer, placeAt(offset)]));
}

function want(root: Wanted, tokens: readonly string[]): Wanted {
  let node = root;
  for (const token of tokens) {
    const next = node.below.get(token) ?? { pointers: [], below: new Map() };
    node.below.set(token, next);
    node = next;
  }
  return node;
}

const SPACE = /[ \t\r\n]*/y;
const STRING_REST = /[^"\\]*/y;
const SCALAR = /[^\s,\]}]*/y;
/** Everything up to the next mark that opens, closes or quotes. */
const INNER = /[^[\]{}"]*/y;

/** Walks one text, and steps over every value below which nothing is looked for. */
class Locator {
  readonly #text: string;
  readonly #found: Map<string, number>;
  #offset = 0;

  constructor(text: string, found: Map<string, number>) {
    this.#text = text;
    this.#found = found;
  }

  /** Notes the value at the offset, and goes past it. */
  value(wanted: Wanted | undefined): void {
    const first = this.#peek();
    if (first === '') return;
    for (const pointer of wanted?.pointers ?? []) this.#found.set(pointer, this.#offset);
    if (wanted === undefined || wanted.below.size === 0) this.#stepOver(first);
    else if (first === '{') this.#object(wanted);
    else if (first === '[') this.#array(wanted);
    else this.#stepOver(first);
  }

  #object(wanted: Wanted): void {
    this.#offset += 1;
    while (this.#peek() === '"') {
      const start = this.#offset;
      this.#string();
      const key = decode(this.#text.slice(start, this.#offset));
      this.#pass(':');
      this.value(wanted.below.get(key));
      this.#pass(',');
    }
    this.#pass('}');
  }

  #array(wanted: Wanted): void {
    this.#offset += 1;
    for (let index = 0; this.#peek() !== ']' && this.#peek() !== ''; index += 1) {
      const before = this.#offset;
      this.value(wanted.below.get(String(index)));
      this.#pass(',');
      // A text that is not JSON may hold nothing that counts as an item.
      if (this.#offset === before) return;
    }
    this.#pass(']');
  }

  #stepOver(first: string): void {
    if (first === '"') this.#string();
    else if (first === '{' || first === '[') this.#bracketed();
    else this.#skip(SCALAR);
  }

  #bracketed(): void {
    let depth = 0;
    do {
      this.#skip(INNER);
      const mark = this.#text.charAt(this.#offset);
      if (mark === '"') this.#string();
      else {
        depth += mark === '{' || mark === '[' ? 1 : -1;
        this.#offset += 1;
      }
    } while (depth > 0 && this.#offset < this.#text.length);
  }

  #string(): void {
    this.#offset += 1;
    for (;;) {
      this.#skip(STRING_REST);
      if (this.#text.charAt(this.#offset) !== '\\') break;
      this.#offset += 2;
    }
    this.#offset += 1;
  }

  #peek(): string {
    this.#skip(SPACE);
    return this.#text.charAt(this.#offset);
  }

  #pass(mark: string): void {
    if (this.#peek() === mark) this.#offset += 1;
  }

  #skip(pattern: RegExp): void {
    pattern.lastIndex = this.#offset;
    this.#offset += pattern.exec(this.#text)?.[0].length ?? 0;
  }
}

function decode(literal: string): string {
  try {
    return String(JSON.parse(literal));
  } catch {
    return '';
  }
}
