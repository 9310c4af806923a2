import { describe, expect, it } from 'vitest';
import { classOf } from '#contracts/pattern/alphabet';
import { codePointsOf } from '#contracts/pattern/code-point-set';
import { buildNfa } from '#contracts/pattern/nfa';
import { type Subset, SubsetAutomaton } from '#contracts/pattern/subset-automaton';
import { parsed } from '#test/contracts/pattern/pattern-texts';

/** Counts the states looked at for a text, with nothing remembered between the characters. */
function workFor(source: string, text: string): number {
  const automaton = new SubsetAutomaton(parsed(source));
  let at: Subset = automaton.start;
  for (const codePoint of codePointsOf(text)) {
    const next = automaton.step(at, classOf(automaton.alphabet, codePoint));
    if (next === 'matched') break;
    at = next;
  }
  automaton.acceptsAtEnd(at);
  return automaton.work;
}

const EVIL = ['(a+)+$', '(a|aa)+$', '(.*)*x', '(a*)*b', '(?:a?){30}a{30}b', '^(([a-z])+.)+[A-Z]$'];

describe('the automaton of subsets', () => {
  it('looks at each state at most three times a character, whatever the pattern', () => {
    for (const source of EVIL) {
      const states = buildNfa(parsed(source)).states.length;
      for (const length of [10, 100, 1_000, 10_000]) {
        const work = workFor(source, 'a'.repeat(length));
        expect(work, `${source} on ${length}`).toBeLessThanOrEqual(3 * states * (length + 1));
      }
    }
  });

  it('takes twice the work for twice the text', () => {
    for (const source of EVIL) {
      const [once, twice] = [
        workFor(source, 'a'.repeat(2_000)),
        workFor(source, 'a'.repeat(4_000)),
      ];
      expect(twice / once, source).toBeLessThan(2.1);
    }
  });
});
