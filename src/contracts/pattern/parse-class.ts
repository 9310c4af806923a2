import {
  type CodePointRange,
  type CodePointSet,
  codePointSet,
  complement,
  rangesOf,
} from '#contracts/pattern/code-point-set';
import { type Escaped, parseEscape } from '#contracts/pattern/parse-escape';
import type { PatternCursor } from '#contracts/pattern/pattern-cursor';

const BACKSPACE = 0x08;
const HYPHEN: CodePointRange = [0x2d, 0x2d];

/** Reads a class from after its `[` to its `]`. A range with a set at one end is read as annex B does: all three. */
export function parseClass(cursor: PatternCursor): CodePointSet {
  const start = cursor.index - 1;
  const isNegated = cursor.eat('^');
  const ranges: CodePointRange[] = [];
  while (!cursor.eat(']')) {
    const at = cursor.index;
    const first = parseMember(cursor, start);
    if (!cursor.is('-') || cursor.is('-]')) {
      ranges.push(...rangesFrom(first));
      continue;
    }
    cursor.take();
    const last = parseMember(cursor, start);
    if (typeof first !== 'number' || typeof last !== 'number') {
      ranges.push(...rangesFrom(first), HYPHEN, ...rangesFrom(last));
      continue;
    }
    if (first > last) cursor.fail('has a range that runs backwards', 'the smaller end first', at);
    ranges.push([first, last]);
  }
  const set = codePointSet(ranges);
  return isNegated ? complement(set) : set;
}

function parseMember(cursor: PatternCursor, start: number): Escaped {
  if (cursor.done) return cursor.fail('has a class that does not end', '"]"', start);
  const character = cursor.take();
  if (character !== '\\') return character.codePointAt(0) ?? 0;
  return cursor.eat('b') ? BACKSPACE : parseEscape(cursor);
}

function rangesFrom(member: Escaped): readonly CodePointRange[] {
  return typeof member === 'number' ? [[member, member]] : rangesOf(member);
}
