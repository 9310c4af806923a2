import { NO_LINE_END } from '#contracts/pattern/character-sets';
import type { CodePointSet } from '#contracts/pattern/code-point-set';
import { parseClass } from '#contracts/pattern/parse-class';
import { parseEscape } from '#contracts/pattern/parse-escape';
import type { Pattern, PatternAssertion, PatternNode } from '#contracts/pattern/pattern';
import { PatternCursor, type PatternFault, PatternStop } from '#contracts/pattern/pattern-cursor';

export type { PatternFault } from '#contracts/pattern/pattern-cursor';

/** How many UTF-16 units a pattern may have. The longest in public schemas are lists of words of about 4,000. */
export const PATTERN_LENGTH_MAX = 8_192;

/** How many states a pattern may need with its counted repetitions written out: matching costs that much a character. */
export const PATTERN_STATES_MAX = 20_000;

/** Either a pattern or why there is none. */
export type ParsedPattern =
  | { readonly kind: 'parsed'; readonly pattern: Pattern }
  | { readonly kind: 'refused'; readonly fault: PatternFault };

/** A node and a bound of the states that it will need. */
interface Sized {
  readonly node: PatternNode;
  readonly states: number;
}

const QUANTIFIER = /([*+?])|\{(\d+)(?:(,)(\d*))?\}/y;
const LOOK_AROUND = /\(\?<?[=!]/y;
const GROUP_NAME = /\(\?<([\p{ID_Start}$_][\p{ID_Continue}$\u200c\u200d]*)>/uy;

const ASSERTIONS: ReadonlyMap<string, PatternAssertion> = new Map([
  ['^', 'begin'],
  ['$', 'end'],
  ['\\b', 'boundary'],
  ['\\B', 'no-boundary'],
]);

/**
 * Parses a pattern of ECMA-262 as with the flag u. Where only annex B knows a meaning and it is plain, that is taken:
 * escapes that are not needed, a literal `]`, `{` or `}`, a class such as `[\w-.]`. Backreferences and look-around are
 * refused as `pattern-not-linear`, what needs too many states as `pattern-too-large`.
 */
export function parsePattern(source: string): ParsedPattern {
  const cursor = new PatternCursor(source);
  try {
    if (source.length > PATTERN_LENGTH_MAX) {
      const is = `has more than ${PATTERN_LENGTH_MAX} UTF-16 units`;
      const want = `at most ${PATTERN_LENGTH_MAX}`;
      return cursor.stop('pattern-too-large', { is, want, index: PATTERN_LENGTH_MAX });
    }
    const { node } = parseChoice(cursor);
    if (!cursor.done) cursor.fail('has ")" without "("', 'as many of both');
    return { kind: 'parsed', pattern: { source, root: node } };
  } catch (error) {
    if (error instanceof PatternStop) return { kind: 'refused', fault: error.fault };
    throw error;
  }
}

function parseChoice(cursor: PatternCursor): Sized {
  const options = [parseSequence(cursor)];
  while (cursor.eat('|')) options.push(parseSequence(cursor));
  const [only] = options;
  if (only !== undefined && options.length === 1) return only;
  const states = statesWithin(cursor, total(options) + 1);
  return { node: { kind: 'choice', options: options.map(({ node }) => node) }, states };
}

function parseSequence(cursor: PatternCursor): Sized {
  const parts: Sized[] = [];
  while (!cursor.done && !cursor.is('|') && !cursor.is(')')) parts.push(parseTerm(cursor));
  const [only] = parts;
  if (only !== undefined && parts.length === 1) return only;
  const states = statesWithin(cursor, total(parts));
  return { node: { kind: 'sequence', parts: parts.map(({ node }) => node) }, states };
}

function parseTerm(cursor: PatternCursor): Sized {
  for (const [text, assertion] of ASSERTIONS) {
    // An assertion takes no quantifier: one that follows has nothing to repeat.
    if (cursor.eat(text)) return { node: { kind: 'assertion', assertion }, states: 1 };
  }
  const body = parseAtom(cursor);
  const index = cursor.index;
  const quantifier = cursor.match(QUANTIFIER);
  if (quantifier === undefined) return body;
  const { min, max } = bounds(quantifier);
  if (max !== undefined && max < min) {
    cursor.fail('has a quantifier that runs backwards', 'the smaller number first', index);
  }
  // A lazy quantifier finds another match first, but never another set of texts that have one.
  cursor.eat('?');
  const each = Math.max(body.states, 1);
  const copies =
    max === undefined ? Math.max(min, 1) * each + 2 : min * each + (max - min) * (each + 1);
  const states = statesWithin(cursor, copies, index);
  return { node: { kind: 'repeat', body: body.node, min, max }, states };
}

function bounds(quantifier: RegExpExecArray): { min: number; max: number | undefined } {
  const [, mark, low, comma, high] = quantifier;
  if (mark !== undefined) return { min: mark === '+' ? 1 : 0, max: mark === '?' ? 1 : undefined };
  const min = Number(low);
  if (comma === undefined) return { min, max: min };
  return { min, max: high === '' ? undefined : Number(high) };
}

function parseAtom(cursor: PatternCursor): Sized {
  const index = cursor.index;
  if (cursor.is('(')) return parseGroup(cursor);
  if (cursor.match(QUANTIFIER) !== undefined) {
    cursor.fail('has a quantifier and nothing to repeat', 'a character before it', index);
  }
  const character = cursor.take();
  switch (character) {
    case '.':
      return ofSet(NO_LINE_END);
    case '[':
      return ofSet(parseClass(cursor));
    case '\\': {
      const escaped = parseEscape(cursor);
      return ofSet(typeof escaped === 'number' ? [escaped, escaped] : escaped);
    }
    default: {
      const codePoint = character.codePointAt(0) ?? 0;
      return ofSet([codePoint, codePoint]);
    }
  }
}

function parseGroup(cursor: PatternCursor): Sized {
  const index = cursor.index;
  if (cursor.match(LOOK_AROUND) !== undefined) {
    const is = 'looks ahead or behind, which no automaton of bounded size does,';
    cursor.stop('pattern-not-linear', { is, want: 'what it should match written out', index });
  }
  const name = cursor.match(GROUP_NAME)?.[1];
  if (name !== undefined && cursor.groupNames.has(name)) {
    cursor.fail(`has two groups of the name "${name}"`, 'different names', index);
  }
  if (name !== undefined) cursor.groupNames.add(name);
  else if (!cursor.eat('(?:')) cursor.eat('(');
  if (name === undefined && cursor.is('?')) {
    cursor.fail('has an unknown kind of group', '"(", "(?:" or "(?<name>"', index);
  }
  const body = cursor.deeper(() => parseChoice(cursor));
  if (!cursor.eat(')')) cursor.fail('has a group that does not end', '")"', index);
  return body;
}

function ofSet(set: CodePointSet): Sized {
  return { node: { kind: 'set', set }, states: 1 };
}

function total(parts: readonly Sized[]): number {
  return parts.reduce((sum, { states }) => sum + states, 0);
}

function statesWithin(cursor: PatternCursor, states: number, index = cursor.index): number {
  if (states <= PATTERN_STATES_MAX) return states;
  const is = `needs more than ${PATTERN_STATES_MAX} states`;
  const want = 'smaller numbers in its quantifiers';
  return cursor.stop('pattern-too-large', { is, want, index });
}
