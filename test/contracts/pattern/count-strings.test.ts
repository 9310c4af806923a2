import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { classSizes } from '#contracts/pattern/alphabet';
import { countStrings } from '#contracts/pattern/count-strings';
import { type Dfa, stepOf } from '#contracts/pattern/dfa';
import { automata } from '#test/contracts/pattern/random-automata';

/** Counts without limits or leaps: by state how many texts lead there, one length after another. */
function plainCount(dfa: Dfa, min: number, max: number): bigint {
  const sizes = classSizes(dfa.alphabet).map(BigInt);
  let ways = Array.from({ length: dfa.stateCount }, (_, state) => BigInt(state === 0));
  let sum = 0n;
  for (let length = 0; length <= max; length += 1) {
    for (const [state, count] of ways.entries()) {
      if (length >= min && dfa.accepts[state] === 1) sum += count;
    }
    const next = ways.map(() => 0n);
    for (const [state, count] of ways.entries()) {
      for (const [label, size] of sizes.entries()) {
        const to = stepOf(dfa, state, label);
        next[to] = (next[to] ?? 0n) + count * size;
      }
    }
    ways = next;
  }
  return sum;
}

const ranges = fc
  .tuple(fc.nat({ max: 50 }), fc.nat({ max: 70 }))
  .map(([min, more]) => ({ min, max: min + more }));

describe('countStrings()', () => {
  it('counts what adding up every length counts, up to its limit, for any automaton', () => {
    fc.assert(
      fc.property(automata, ranges, fc.constantFrom(1, 7, 1_000), (dfa, range, most) => {
        const all = plainCount(dfa, range.min, range.max);
        const told = all < BigInt(most) ? Number(all) : most;
        expect(countStrings(dfa, most, range)).toBe(told);
      }),
      { numRuns: 2_000 },
    );
  });

  it('finds every text of an automaton whose lengths end, and no end where there is none', () => {
    fc.assert(
      fc.property(automata, fc.nat({ max: 15 }), (dfa, min) => {
        // From as many states on, a text passes one of them twice, and twice as many hold one such round.
        const isEndless = plainCount(dfa, dfa.stateCount, 2 * dfa.stateCount) > 0n;
        const told = countStrings(dfa, 5, { min, max: undefined });
        if (isEndless) expect(told).toBe(5);
        else expect(BigInt(told)).toBe(atMostFive(plainCount(dfa, min, dfa.stateCount)));
      }),
      { numRuns: 1_000 },
    );
  });
});

function atMostFive(count: bigint): bigint {
  return count < 5n ? count : 5n;
}
