import fc from 'fast-check';
import { alphabetFrom } from '#contracts/pattern/alphabet';
import { type Dfa, explore } from '#contracts/pattern/dfa';

/** Builds automata of any shape over three classes: a, b and the rest. */
export const automata: fc.Arbitrary<Dfa> = fc.integer({ min: 1, max: 12 }).chain((count) => {
  const state = fc.integer({ min: 0, max: count - 1 });
  return fc
    .tuple(
      fc.array(fc.tuple(state, state, state), { minLength: count, maxLength: count }),
      fc.array(fc.boolean(), { minLength: count, maxLength: count }),
    )
    .map(([steps, accepts]) =>
      explore(alphabetFrom([0, 0x61, 0x62, 0x63], [0, 1, 2, 0]), {
        start: 0,
        key: (at) => at,
        step: (at, label) => steps[at]?.[label] ?? 0,
        accepts: (at) => accepts[at] === true,
      }),
    );
});
