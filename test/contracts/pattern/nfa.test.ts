import { describe, expect, it } from 'vitest';
import { buildNfa } from '#contracts/pattern/nfa';
import { PATTERN_STATES_MAX, parsePattern } from '#contracts/pattern/parse-pattern';
import { parsed } from '#test/contracts/pattern/pattern-texts';

const BODIES = ['a', '', '(?:)*', 'a|b', '(?:|a||b)', 'a*', '(?:a{0,3}|b){2,}', '\\b(?:^a|b$)+'];

/** Finds the most copies of a body that the parser lets pass. */
function copiesMax(body: string): number {
  let low = 1;
  let high = PATTERN_STATES_MAX + 1;
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if (parsePattern(`(?:${body}){0,${middle}}`).kind === 'parsed') low = middle;
    else high = middle;
  }
  return low;
}

describe('buildNfa()', () => {
  it('never makes more states than the parser allows', () => {
    for (const body of BODIES) {
      const pattern = parsed(`(?:${body}){0,${copiesMax(body)}}`);
      expect(buildNfa(pattern).states.length - 1, body).toBeLessThanOrEqual(PATTERN_STATES_MAX);
    }
  });

  it('leads every state to one that is there', () => {
    for (const body of BODIES) {
      const { states, start } = buildNfa(parsed(`^(?:${body}){2,5}(?:${body})+$`));
      const targets = states.flatMap((state) => (state.kind === 'accept' ? [] : state.to));
      expect([...targets, start].filter((to) => states[to] === undefined)).toEqual([]);
    }
  });
});
