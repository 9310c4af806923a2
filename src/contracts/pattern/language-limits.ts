/** How many states a language may have. A chain of and, or and not of this size answers in some ten milliseconds each. */
export const LANGUAGE_STATES_MAX = 2_000;

/** How many states a language may have before equal ones are merged, which mostly makes it much smaller. */
export const LANGUAGE_BUILD_STATES_MAX = 20_000;

/** How many steps of states by classes of characters are written down at once: 8 MB. */
export const LANGUAGE_TRANSITIONS_MAX = 2_000_000;

/** How many states may be looked at for one question: about a second. */
export const LANGUAGE_WORK_MAX = 50_000_000;

/** How many code points a sample may have. */
export const LANGUAGE_LENGTH_MAX = 100_000;

/** Says which lengths count, in code points, both ends included. No `max` means without end. */
export interface LengthRange {
  readonly min: number;
  readonly max: number | undefined;
}

/** Says that a question about a language was not decided, because an automaton, a length or the work is over its limit. */
export class LanguageTooLarge extends Error {
  override readonly name = 'LanguageTooLarge';
}

/** Throws when a number is over its limit. */
export function within(number: number, max: number, what: string): void {
  if (number <= max) return;
  throw new LanguageTooLarge(
    `Cannot decide language: has more than ${max} ${what} (want at most ${max})`,
  );
}
