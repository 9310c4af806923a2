import { type Alphabet, classOf, pairAlphabets } from '#contracts/pattern/alphabet';
import { codePointsOf } from '#contracts/pattern/code-point-set';
import {
  LANGUAGE_BUILD_STATES_MAX,
  LANGUAGE_TRANSITIONS_MAX,
  within,
} from '#contracts/pattern/language-limits';

/** A deterministic automaton. State 0 is the first, and every state has a step for every class of its alphabet. */
export interface Dfa {
  readonly alphabet: Alphabet;
  readonly stateCount: number;
  /** At `state * classCount + class`: the state after it. */
  readonly next: Int32Array;
  /** By state: 1 when a text may end there, else 0. */
  readonly accepts: Uint8Array;
}

/** Says how to walk through states that are not numbered yet. */
interface Walk<T> {
  readonly start: T;
  /** Gives what is equal for equal states only. */
  key(state: T): number | string;
  step(state: T, label: number): T;
  accepts(state: T): boolean;
}

/**
 * Numbers the states that can be reached, the nearest first.
 * @throws LanguageTooLarge when there are more than LANGUAGE_BUILD_STATES_MAX or their steps do not fit
 */
export function explore<T>(alphabet: Alphabet, walk: Walk<T>): Dfa {
  const { classCount } = alphabet;
  const states = [walk.start];
  const indexes = new Map([[walk.key(walk.start), 0]]);
  const next: number[] = [];
  for (const state of states) {
    for (let label = 0; label < classCount; label += 1) {
      const after = walk.step(state, label);
      const key = walk.key(after);
      const index = indexes.get(key) ?? states.push(after) - 1;
      indexes.set(key, index);
      next.push(index);
    }
    within(states.length, LANGUAGE_BUILD_STATES_MAX, 'states');
    within(states.length * classCount, LANGUAGE_TRANSITIONS_MAX, 'steps');
  }
  const accepts = Uint8Array.from(states, (state) => Number(walk.accepts(state)));
  return { alphabet, stateCount: states.length, next: Int32Array.from(next), accepts };
}

/** Runs two automata at once. `accepts` decides from what the two say. */
export function runBoth(
  left: Dfa,
  right: Dfa,
  accepts: (left: boolean, right: boolean) => boolean,
): Dfa {
  const pair = pairAlphabets(left.alphabet, right.alphabet);
  const count = right.stateCount;
  const halves = (state: number): readonly [number, number] => [
    Math.floor(state / count),
    state % count,
  ];
  return explore(pair.alphabet, {
    start: 0,
    key: (state) => state,
    step: (state, label) => {
      const [one, other] = halves(state);
      return (
        stepOf(left, one, pair.left[label] ?? 0) * count +
        stepOf(right, other, pair.right[label] ?? 0)
      );
    },
    accepts: (state) => {
      const [one, other] = halves(state);
      return accepts(left.accepts[one] === 1, right.accepts[other] === 1);
    },
  });
}

/** Gives the state after a character of a class. */
export function stepOf(dfa: Dfa, state: number, label: number): number {
  return dfa.next[state * dfa.alphabet.classCount + label] ?? 0;
}

/** Says whether the automaton accepts a text. */
export function acceptsText(dfa: Dfa, text: string): boolean {
  let state = 0;
  for (const codePoint of codePointsOf(text)) {
    state = stepOf(dfa, state, classOf(dfa.alphabet, codePoint));
  }
  return dfa.accepts[state] === 1;
}
