import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Dfa, runBoth, stepOf } from '#contracts/pattern/dfa';
import { minimise } from '#contracts/pattern/minimise';
import { automata } from '#test/contracts/pattern/random-automata';

/** Counts the states that some text tells apart, by the plain method: split until nothing splits. */
function countByRounds(dfa: Dfa): number {
  let groups = Array.from(dfa.accepts, String);
  for (let round = 0; round < dfa.stateCount; round += 1) {
    const before = groups;
    groups = before.map((group, state) => {
      const after = [0, 1, 2].map((label) => before[stepOf(dfa, state, label)]);
      return JSON.stringify([group, ...after]);
    });
    const names = [...new Set(groups)];
    groups = groups.map((group) => String(names.indexOf(group)));
  }
  return new Set(groups).size;
}

describe('minimise()', () => {
  it('leaves one state for each that a text tells apart, and never more classes than needed', () => {
    fc.assert(
      fc.property(automata, (dfa) => {
        const least = minimise(dfa);
        expect(least.stateCount).toBe(countByRounds(dfa));
        const columns = Array.from({ length: least.alphabet.classCount }, (_, label) =>
          Array.from({ length: least.stateCount }, (_, state) =>
            stepOf(least, state, label),
          ).join(),
        );
        expect(new Set(columns).size).toBe(columns.length);
      }),
      { numRuns: 3_000 },
    );
  });

  it('keeps the language', () => {
    fc.assert(
      fc.property(automata, (dfa) => {
        const differing = runBoth(dfa, minimise(dfa), (one, other) => one !== other);
        expect(differing.accepts.every((accepted) => accepted === 0)).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });

  it('gives equal automata for equal languages, however they came about', () => {
    fc.assert(
      fc.property(automata, automata, (one, other) => {
        const both = minimise(runBoth(one, other, (left, right) => left && right));
        const turned = minimise(runBoth(other, one, (left, right) => left && right));
        expect(turned).toEqual(both);
        expect(minimise(both)).toEqual(both);
      }),
      { numRuns: 500 },
    );
  });
});
