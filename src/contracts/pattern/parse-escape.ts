import { DIGITS, SPACES, WORD_CHARACTERS } from '#contracts/pattern/character-sets';
import { CODE_POINT_MAX, type CodePointSet, complement } from '#contracts/pattern/code-point-set';
import type { PatternCursor } from '#contracts/pattern/pattern-cursor';
import { unicodeProperty } from '#contracts/pattern/unicode-property';

/** How many Unicode properties a pattern may name. Each can take 50 ms to find. */
export const PATTERN_PROPERTIES_MAX = 16;

const SETS: ReadonlyMap<string, CodePointSet> = new Map([
  ['d', DIGITS],
  ['D', complement(DIGITS)],
  ['s', SPACES],
  ['S', complement(SPACES)],
  ['w', WORD_CHARACTERS],
  ['W', complement(WORD_CHARACTERS)],
]);

const CONTROLS: ReadonlyMap<string, number> = new Map([
  ['t', 0x09],
  ['n', 0x0a],
  ['v', 0x0b],
  ['f', 0x0c],
  ['r', 0x0d],
]);

const DIGIT = /\d/y;
const NUMBER = /[1-9]\d*/y;
const CONTROL_LETTER = /[A-Za-z]/y;
const TWO_HEX = /[0-9A-Fa-f]{2}/y;
const FOUR_HEX = /([0-9A-Fa-f]{4})/y;
const SURROGATE_PAIR = /([Dd][89ABab][0-9A-Fa-f]{2})\\u([Dd][C-Fc-f][0-9A-Fa-f]{2})/y;
const BRACED_HEX = /\{([0-9A-Fa-f]+)\}/y;
const PROPERTY = /\{([^}]*)\}/y;

/** One code point when the escape names one, else a set. */
export type Escaped = number | CodePointSet;

/**
 * Reads what stands after a backslash, in or outside of a class; `\b` and `\B` are not for it. A character that needs
 * no escape stands for itself, as annex B of ECMA-262 has it, unless it begins a longer escape that is not whole.
 */
export function parseEscape(cursor: PatternCursor): Escaped {
  const start = cursor.index - 1;
  if (cursor.done) return cursor.fail('ends in a backslash', 'an escape', start);
  if (cursor.match(NUMBER) !== undefined) return backreference(cursor, start);
  const letter = cursor.take();
  const known = SETS.get(letter) ?? CONTROLS.get(letter);
  if (known !== undefined) return known;
  switch (letter) {
    case '0':
      if (cursor.match(DIGIT) === undefined) return 0;
      return cursor.fail('has an octal escape', '\\xHH', start);
    case 'c': {
      const control = cursor.match(CONTROL_LETTER);
      if (control !== undefined) return (control[0].codePointAt(0) ?? 0) % 32;
      return cursor.fail('has "\\c" without a letter', 'a letter after it', start);
    }
    case 'k':
      return namedReference(cursor, start);
    case 'p':
    case 'P':
      return property(cursor, letter, start);
    case 'u':
      return unicode(cursor, start);
    case 'x': {
      const hex = cursor.match(TWO_HEX);
      if (hex !== undefined) return Number.parseInt(hex[0], 16);
      return cursor.fail('has "\\x" without two hex digits', '\\xHH', start);
    }
    default:
      return letter.codePointAt(0) ?? 0;
  }
}

function unicode(cursor: PatternCursor, start: number): number {
  const pair = cursor.match(SURROGATE_PAIR);
  if (pair !== undefined) {
    const units = [pair[1], pair[2]].map((hex) => Number.parseInt(hex ?? '', 16));
    return String.fromCharCode(...units).codePointAt(0) ?? 0;
  }
  const hex = (cursor.match(FOUR_HEX) ?? cursor.match(BRACED_HEX))?.[1];
  const codePoint = hex === undefined ? undefined : Number.parseInt(hex, 16);
  if (codePoint !== undefined && codePoint <= CODE_POINT_MAX) return codePoint;
  return cursor.fail('has "\\u" without a code point', '\\uHHHH or \\u{10FFFF} at most', start);
}

function property(cursor: PatternCursor, letter: 'P' | 'p', start: number): CodePointSet {
  const name = cursor.match(PROPERTY)?.[1];
  if (name !== undefined) cursor.propertyNames.add(name);
  if (cursor.propertyNames.size > PATTERN_PROPERTIES_MAX) {
    const is = `names more than ${PATTERN_PROPERTIES_MAX} Unicode properties`;
    const want = `at most ${PATTERN_PROPERTIES_MAX}`;
    return cursor.stop('pattern-too-large', { is, want, index: start });
  }
  const set = name === undefined ? undefined : unicodeProperty(name);
  if (set !== undefined) return letter === 'p' ? set : complement(set);
  return cursor.fail(`has "\\${letter}" without a known property`, '\\p{Property}', start);
}

/** Says whether the number names a group. The groups after it count too, so the whole source is looked at. */
function backreference(cursor: PatternCursor, start: number): never {
  const number = Number(cursor.source.slice(start + 1, cursor.index));
  const bare = cursor.source.replaceAll(/\\[^]|\[(?:\\[^]|[^\\\]])*\]?/g, '');
  const groups = bare.match(/\((?:[^?]|$|\?<[^=!])/g)?.length ?? 0;
  if (number > groups) return cursor.fail(`has "\\${number}" and no such group`, '\\xHH', start);
  return refuseReference(cursor, start);
}

function namedReference(cursor: PatternCursor, start: number): never {
  if (!cursor.is('<')) return cursor.fail('has "\\k" without a name', 'the letter alone', start);
  return refuseReference(cursor, start);
}

function refuseReference(cursor: PatternCursor, index: number): never {
  const is = 'has a backreference, which no matcher reads in linear time,';
  return cursor.stop('pattern-not-linear', { is, want: 'what it should match written out', index });
}
