import { alphabetOf, classOf } from '#contracts/pattern/alphabet';
import { LEAD_SURROGATES, TRAIL_SURROGATES } from '#contracts/pattern/character-sets';
import { codePointsOf } from '#contracts/pattern/code-point-set';
import { countStrings } from '#contracts/pattern/count-strings';
import { acceptsText, type Dfa, explore, runBoth } from '#contracts/pattern/dfa';
import {
  LANGUAGE_LENGTH_MAX,
  LANGUAGE_STATES_MAX,
  LANGUAGE_WORK_MAX,
  type LengthRange,
  within,
} from '#contracts/pattern/language-limits';
import { minimise } from '#contracts/pattern/minimise';
import type { Pattern } from '#contracts/pattern/pattern';
import { sampleStrings } from '#contracts/pattern/sample-strings';
import { type Subset, SubsetAutomaton } from '#contracts/pattern/subset-automaton';

export { LanguageTooLarge, type LengthRange } from '#contracts/pattern/language-limits';

const EVERY_LENGTH: LengthRange = { min: 0, max: undefined };

/**
 * Holds a regular set of strings, never changed. Strings are sequences of code points, where a surrogate without its
 * partner is one. Every method but `contains` throws `LanguageTooLarge` when its limits do not suffice.
 */
export class Language {
  static readonly all = new Language(uniform(true));
  static readonly none = new Language(uniform(false));

  readonly #dfa: Dfa;
  #strings: Dfa | undefined;

  private constructor(dfa: Dfa) {
    const least = minimise(dfa);
    within(least.stateCount, LANGUAGE_STATES_MAX, 'states');
    this.#dfa = least;
  }

  /** Gives the strings of which some part matches. */
  static ofPattern(pattern: Pattern): Language {
    return new Language(determinise(pattern));
  }

  /** Gives the language of exactly one string. */
  static ofText(text: string): Language {
    const codePoints = codePointsOf(text);
    within(codePoints.length, LANGUAGE_STATES_MAX, 'code points in its text');
    const alphabet = alphabetOf(codePoints.map((codePoint) => [codePoint, codePoint]));
    const labels = codePoints.map((codePoint) => classOf(alphabet, codePoint));
    return new Language(
      explore(alphabet, {
        start: 0,
        key: (place) => place,
        step: (place, label) => (labels[place] === label ? place + 1 : -1),
        accepts: (place) => place === labels.length,
      }),
    );
  }

  /** Gives the strings of `min` to `max` code points. Each number takes as many states. */
  static ofLength(min: number, max: number | undefined): Language {
    within(Math.max(min, max ?? 0), LANGUAGE_STATES_MAX, 'code points in its bounds');
    const end = max === undefined ? min : max + 1;
    return new Language(
      explore(alphabetOf([]), {
        start: 0,
        key: (length) => length,
        step: (length) => Math.min(length + 1, end),
        accepts: (length) => length >= min && (max === undefined || length <= max),
      }),
    );
  }

  /** Gives the strings that are in both. */
  and(other: Language): Language {
    return new Language(runBoth(this.#dfa, other.#dfa, (left, right) => left && right));
  }

  /** Gives the strings that are in one of the two or in both. */
  or(other: Language): Language {
    return new Language(runBoth(this.#dfa, other.#dfa, (left, right) => left || right));
  }

  /** Gives the strings that are not in it. */
  not(): Language {
    return new Language({
      ...this.#dfa,
      accepts: this.#dfa.accepts.map((accepted) => 1 - accepted),
    });
  }

  contains(text: string): boolean {
    return acceptsText(this.#dfa, text);
  }

  /** Says whether no string has a length in the range. */
  isEmpty(range: LengthRange = EVERY_LENGTH): boolean {
    return this.count(1, range) === 0;
  }

  /**
   * Gives up to `max` different strings with a length in the range, always the same ones: the shortest first, and of
   * one length those of a-z before 0-9, A-Z, other printable ASCII and the rest. Fewer only when there are no more, or
   * when the others are longer than LANGUAGE_LENGTH_MAX.
   */
  samples(max: number, range: LengthRange = EVERY_LENGTH): readonly string[] {
    if (range.min > LANGUAGE_LENGTH_MAX && this.isEmpty(range)) return [];
    return sampleStrings(this.#onlyStrings(), max, range);
  }

  /** Counts the strings with a length in the range. `max` means that many or more. */
  count(max: number, range: LengthRange = EVERY_LENGTH): number {
    return countStrings(this.#onlyStrings(), max, range);
  }

  /** Leaves out what no string spells: two halves of a surrogate pair are one code point, never two. */
  #onlyStrings(): Dfa {
    this.#strings ??= minimise(runBoth(this.#dfa, withoutPairs(), (left, right) => left && right));
    return this.#strings;
  }
}

function uniform(isAccepted: boolean): Dfa {
  const only = { start: 0, key: () => 0, step: () => 0, accepts: () => isAccepted };
  return explore(alphabetOf([]), only);
}

function withoutPairs(): Dfa {
  const alphabet = alphabetOf([LEAD_SURROGATES, TRAIL_SURROGATES]);
  const lead = classOf(alphabet, LEAD_SURROGATES[0] ?? 0);
  const trail = classOf(alphabet, TRAIL_SURROGATES[0] ?? 0);
  return explore<'broken' | 'lead' | 'whole'>(alphabet, {
    start: 'whole',
    key: (state) => state,
    step: (state, label) => {
      if (state === 'broken' || (state === 'lead' && label === trail)) return 'broken';
      return label === lead ? 'lead' : 'whole';
    },
    accepts: (state) => state !== 'broken',
  });
}

function determinise(pattern: Pattern): Dfa {
  const automaton = new SubsetAutomaton(pattern);
  return explore<Subset | 'matched'>(automaton.alphabet, {
    start: automaton.start,
    key: (state) => (state === 'matched' ? state : state.key),
    step: (state, label) => {
      within(automaton.work, LANGUAGE_WORK_MAX, 'states to look at');
      return state === 'matched' ? state : automaton.step(state, label);
    },
    accepts: (state) => state === 'matched' || automaton.acceptsAtEnd(state),
  });
}
