import { classOf } from '#contracts/pattern/alphabet';
import type { Pattern } from '#contracts/pattern/pattern';
import { type Subset, SubsetAutomaton } from '#contracts/pattern/subset-automaton';

/** How many states and steps of one pattern are remembered, some ten megabytes at most. Beyond that all are forgotten. */
const REMEMBERED_MAX = 200_000;

const ASCII_COUNT = 128;

interface Remembered {
  readonly subset: Subset;
  readonly next: Map<number, Remembered | 'matched'>;
}

/** Matches texts with one pattern, and remembers steps so that most characters cost one look-up. */
class Matcher {
  readonly #automaton: SubsetAutomaton;
  readonly #asciiClasses: readonly number[];
  readonly #known = new Map<string, Remembered>();
  #remembered = 0;

  constructor(pattern: Pattern) {
    this.#automaton = new SubsetAutomaton(pattern);
    const { alphabet } = this.#automaton;
    this.#asciiClasses = Array.from({ length: ASCII_COUNT }, (_, index) =>
      classOf(alphabet, index),
    );
  }

  matches(text: string): boolean {
    let at = this.#remember(this.#automaton.start);
    let index = 0;
    while (index < text.length) {
      const codePoint = text.codePointAt(index) ?? 0;
      index += codePoint > 0xff_ff ? 2 : 1;
      const next = this.#step(at, codePoint);
      if (next === 'matched') return true;
      at = next;
    }
    return this.#automaton.acceptsAtEnd(at.subset);
  }

  #step(at: Remembered, codePoint: number): Remembered | 'matched' {
    const label = this.#asciiClasses[codePoint] ?? classOf(this.#automaton.alphabet, codePoint);
    const known = at.next.get(label);
    if (known !== undefined) return known;
    const subset = this.#automaton.step(at.subset, label);
    const next = subset === 'matched' ? subset : this.#remember(subset);
    at.next.set(label, next);
    this.#remembered += 1;
    return next;
  }

  #remember(subset: Subset): Remembered {
    const known = this.#known.get(subset.key);
    if (known !== undefined) return known;
    if (this.#remembered > REMEMBERED_MAX) {
      // States that are forgotten still point at each other; cutting that lets them go.
      for (const { next } of this.#known.values()) next.clear();
      this.#known.clear();
      this.#remembered = 0;
    }
    const made = { subset, next: new Map<number, Remembered | 'matched'>() };
    this.#known.set(subset.key, made);
    this.#remembered += subset.states.length + 1;
    return made;
  }
}

/** A pattern never changes, so what was made of it is right for as long as it lives. */
const matchers = new WeakMap<Pattern, Matcher>();

/** Says whether some part of a text matches, in time linear in the text times the states of the pattern. */
export function matchesPattern(pattern: Pattern, text: string): boolean {
  const matcher = matchers.get(pattern) ?? new Matcher(pattern);
  matchers.set(pattern, matcher);
  return matcher.matches(text);
}
