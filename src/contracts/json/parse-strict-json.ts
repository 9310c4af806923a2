import { type JsonFault, JsonFaults } from '#contracts/json/json-fault';
import { parsePlainJson } from '#contracts/json/parse-plain-json';
import { readJsonNumber } from '#contracts/json/read-json-number';
import { readJsonString } from '#contracts/json/read-json-string';
import type { Json } from '#domain/canonical-json';
import { quote } from '#domain/errors';

/** The largest text that is read, in bytes of UTF-8: larger contracts than this are data, not contracts. */
export const STRICT_JSON_BYTES_MAX = 10_485_760;

/** The deepest nesting of arrays and objects that is read. Reading recurses, so this also bounds the stack. */
export const STRICT_JSON_DEPTH_MAX = 100;

/** How large a text may be. */
export interface StrictJsonLimits {
  /** Bytes of UTF-8. Default `STRICT_JSON_BYTES_MAX`. */
  readonly bytesMax?: number;
  /** Arrays and objects inside each other. Default `STRICT_JSON_DEPTH_MAX`. */
  readonly depthMax?: number;
}

/** Either the value of a text or everything that is wrong with it. */
export type StrictJson =
  | { readonly kind: 'parsed'; readonly value: Json }
  | { readonly kind: 'refused'; readonly faults: readonly JsonFault[] };

/**
 * Reads a JSON text (RFC 8259) as I-JSON (RFC 7493) wants it: no key twice, no number that a double cannot keep, no lone
 * surrogate, no byte-order mark. Every fault up to the first one of syntax is told, at most `JSON_FAULTS_MAX`. What is
 * parsed can be written by `canonicalJson`; a key `__proto__` is a key like any other.
 */
export function parseStrictJson(text: string, limits: StrictJsonLimits = {}): StrictJson {
  const faults = new JsonFaults(text);
  const bytesMax = limits.bytesMax ?? STRICT_JSON_BYTES_MAX;
  const bytes = Buffer.byteLength(text);
  if (bytes > bytesMax) {
    faults.add('json-size', 0, `Cannot read JSON: has ${bytes} bytes (want at most ${bytesMax})`);
    return { kind: 'refused', faults: faults.list };
  }
  const depthMax = limits.depthMax ?? STRICT_JSON_DEPTH_MAX;
  const plain = parsePlainJson(text, depthMax);
  if (plain !== undefined) return { kind: 'parsed', value: plain };
  const value = new StrictReader(text, faults, depthMax).document();
  if (value === undefined || faults.list.length > 0)
    return { kind: 'refused', faults: faults.list };
  return { kind: 'parsed', value };
}

const SPACE = /[ \t\r\n]*/y;
const WORD = /[A-Za-z]+/y;

/** Reads one text. Each method answers `undefined` once reading cannot go on. */
class StrictReader {
  readonly #text: string;
  readonly #faults: JsonFaults;
  readonly #depthMax: number;
  #offset = 0;
  #depth = 0;

  constructor(text: string, faults: JsonFaults, depthMax: number) {
    this.#text = text;
    this.#faults = faults;
    this.#depthMax = depthMax;
  }

  document(): Json | undefined {
    if (this.#text.startsWith('\ufeff')) {
      return this.#stop('begins with a byte-order mark', 'UTF-8 without one');
    }
    const value = this.#value();
    if (value === undefined) return undefined;
    return this.#peek() === '' ? value : this.#stop(this.#shown('follows the value'), 'the end');
  }

  #value(): Json | undefined {
    // The rest could add nothing to what is told, and to read on holds up others.
    if (this.#faults.isFull) return undefined;
    const first = this.#peek();
    if (first === '{') return this.#nested(() => this.#object());
    if (first === '[') return this.#nested(() => this.#array());
    if (first === '"') return this.#string();
    if (/[-+.0-9]/.test(first)) return this.#number();
    const word = this.#match(WORD);
    if (word === 'null') return this.#take(word, null);
    if (word === 'true') return this.#take(word, true);
    if (word === 'false') return this.#take(word, false);
    const is = word === '' ? this.#shown('begins no value') : `${quote(word)} begins no value`;
    return this.#stop(is, 'an object, an array, a string, a number, true, false or null');
  }

  #nested<T extends Json>(read: () => T | undefined): T | undefined {
    if (this.#depth >= this.#depthMax) {
      const message = `Cannot read JSON: is nested deeper than ${this.#depthMax} (want at most ${this.#depthMax} arrays and objects inside each other)`;
      return this.#faults.add('json-depth', this.#offset, message);
    }
    this.#depth += 1;
    this.#offset += 1;
    const value = read();
    this.#depth -= 1;
    return value;
  }

  #array(): readonly Json[] | undefined {
    const items: Json[] = [];
    if (this.#passed(']')) return items;
    for (;;) {
      const item = this.#value();
      if (item === undefined) return undefined;
      items.push(item);
      if (this.#passed(']')) return items;
      if (!this.#passed(',')) return this.#stop(this.#shown('follows an item'), '"," or "]"');
    }
  }

  #object(): { readonly [key: string]: Json } | undefined {
    const members: { [key: string]: Json } = {};
    const offsets = new Map<string, number>();
    if (this.#passed('}')) return members;
    for (;;) {
      if (!this.#member(members, offsets)) return undefined;
      if (this.#passed('}')) return members;
      if (!this.#passed(',')) return this.#stop(this.#shown('follows a member'), '"," or "}"');
    }
  }

  #member(members: { [key: string]: Json }, offsets: Map<string, number>): boolean {
    if (this.#peek() !== '"') {
      this.#stop(this.#shown('begins no key'), 'a string');
      return false;
    }
    const offset = this.#offset;
    const key = this.#string();
    if (key === undefined) return false;
    if (!this.#passed(':')) {
      this.#stop(this.#shown('follows a key'), '":"');
      return false;
    }
    const before = offsets.get(key);
    if (before === undefined) offsets.set(key, offset);
    else this.#noteTwice(key, before, offset);
    const value = this.#value();
    if (value === undefined) return false;
    setMember(members, key, value);
    return true;
  }

  #noteTwice(key: string, before: number, offset: number): void {
    const here = this.#faults.placeAt(offset);
    const there = this.#faults.placeAt(before);
    this.#faults.add(
      'json-duplicate-key',
      offset,
      `Cannot read JSON key ${quote(key)}: is at line ${there.line}, column ${there.column} and again at line ${here.line}, column ${here.column} (want every key once)`,
    );
  }

  #string(): string | undefined {
    const read = readJsonString(this.#text, this.#offset, this.#faults);
    this.#offset = read?.end ?? this.#offset;
    return read?.value;
  }

  #number(): number | undefined {
    const read = readJsonNumber(this.#text, this.#offset, this.#faults);
    this.#offset = read?.end ?? this.#offset;
    return read?.value;
  }

  #take<T extends Json>(word: string, value: T): T {
    this.#offset += word.length;
    return value;
  }

  /** Goes past white space and gives the unit there, or the empty text at the end. */
  #peek(): string {
    this.#offset += this.#match(SPACE).length;
    return this.#text.charAt(this.#offset);
  }

  #passed(mark: string): boolean {
    if (this.#peek() !== mark) return false;
    this.#offset += 1;
    return true;
  }

  #match(pattern: RegExp): string {
    // Shared patterns are safe: every use sets where it begins.
    pattern.lastIndex = this.#offset;
    return pattern.exec(this.#text)?.[0] ?? '';
  }

  #shown(verb: string): string {
    const code = this.#text.codePointAt(this.#offset);
    if (code === undefined) return 'ends too early';
    return `${JSON.stringify(String.fromCodePoint(code))} ${verb}`;
  }

  #stop(is: string, want: string): undefined {
    return this.#faults.add('json-syntax', this.#offset, `Cannot read JSON: ${is} (want ${want})`);
  }
}

function setMember(members: { [key: string]: Json }, key: string, value: Json): void {
  if (key !== '__proto__') {
    members[key] = value;
    return;
  }
  // An assignment would set what the object inherits from, and the member would be gone.
  Object.defineProperty(members, key, {
    value,
    enumerable: true,
    configurable: true,
    writable: true,
  });
}
