import type { JsonFaults } from '#contracts/json/json-fault';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const HEX = /^[0-9A-Fa-f]{4}$/;

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['"', '"'],
  ['\\', '\\'],
  ['/', '/'],
  ['b', '\b'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
]);

/** What was read, and the offset of the first unit after it. */
interface Part {
  readonly value: string;
  readonly end: number;
}

/**
 * Reads the JSON string whose opening quotation mark is at `start`. A lone surrogate, raw or as an escape, is noted and
 * read past; at anything that is not in the grammar reading ends, and the answer is `undefined`.
 */
export function readJsonString(text: string, start: number, faults: JsonFaults): Part | undefined {
  let value = '';
  let plainFrom = start + 1;
  for (let at = plainFrom; at < text.length; ) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) return { value: value + text.slice(plainFrom, at), end: at + 1 };
    if (code === BACKSLASH) {
      const escape = readEscape(text, at, faults);
      if (escape === undefined) return undefined;
      value += text.slice(plainFrom, at) + escape.value;
      at = escape.end;
      plainFrom = at;
    } else if (code < 0x20) {
      const shown = `U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
      return faults.add(
        'json-syntax',
        at,
        `Cannot read JSON string: holds the control character ${shown} (want it as an escape)`,
      );
    } else {
      at += rawUnits(text, at, faults);
    }
  }
  return faults.add(
    'json-syntax',
    start,
    'Cannot read JSON string: never ends (want a closing quotation mark)',
  );
}

/** Counts the units of the character at an offset: two for a pair of surrogates. */
function rawUnits(text: string, at: number, faults: JsonFaults): 1 | 2 {
  const code = text.charCodeAt(at);
  if (!isSurrogate(code)) return 1;
  if (isHigh(code) && isLow(text.charCodeAt(at + 1))) return 2;
  noteLone(code, at, faults);
  return 1;
}

function readEscape(text: string, at: number, faults: JsonFaults): Part | undefined {
  const letter = text.charAt(at + 1);
  const short = ESCAPES.get(letter);
  if (short !== undefined) return { value: short, end: at + 2 };
  const code = letter === 'u' ? hexAt(text, at) : undefined;
  if (code === undefined) {
    const shown = JSON.stringify(text.slice(at, at + (letter === 'u' ? 6 : 2)));
    return faults.add(
      'json-syntax',
      at,
      `Cannot read JSON escape ${shown}: is none (want \\", \\\\, \\/, \\b, \\f, \\n, \\r, \\t or \\u and four hexadecimal digits)`,
    );
  }
  if (!isSurrogate(code)) return { value: String.fromCharCode(code), end: at + 6 };
  const next = isHigh(code) && text.startsWith('\\u', at + 6) ? hexAt(text, at + 6) : undefined;
  if (next !== undefined && isLow(next)) {
    return { value: String.fromCharCode(code, next), end: at + 12 };
  }
  noteLone(code, at, faults);
  return { value: String.fromCharCode(code), end: at + 6 };
}

function hexAt(text: string, escapeAt: number): number | undefined {
  const digits = text.slice(escapeAt + 2, escapeAt + 6);
  return HEX.test(digits) ? Number.parseInt(digits, 16) : undefined;
}

function noteLone(code: number, at: number, faults: JsonFaults): void {
  const shown = `U+${code.toString(16).toUpperCase()}`;
  faults.add(
    'json-surrogate',
    at,
    `Cannot read JSON string: holds the lone surrogate ${shown} (want a pair, high then low, written in one way)`,
  );
}

function isSurrogate(code: number): boolean {
  return code >= 0xd800 && code <= 0xdfff;
}

function isHigh(code: number): boolean {
  return code >= 0xd800 && code <= 0xdbff;
}

function isLow(code: number): boolean {
  return code >= 0xdc00 && code <= 0xdfff;
}
