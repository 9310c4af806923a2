import { describe, expect, it } from 'vitest';
import { Language, LanguageTooLarge } from '#contracts/pattern/language';
import { LANGUAGE_LENGTH_MAX, LANGUAGE_STATES_MAX } from '#contracts/pattern/language-limits';
import { parsed } from '#test/contracts/pattern/pattern-texts';

const of = (source: string) => Language.ofPattern(parsed(source));

describe('limits of languages', () => {
  it('refuse a pattern whose automaton gets too large, before or after merging', () => {
    expect(() => of('a[ab]{9}$')).not.toThrow();
    expect(() => of('a[ab]{12}$')).toThrow(LanguageTooLarge);
    expect(() => of('a[ab]{40}c')).toThrow(LanguageTooLarge);
    expect(() => of(`^.{1,${LANGUAGE_STATES_MAX - 3}}$`)).not.toThrow();
    expect(() => of(`^.{1,${LANGUAGE_STATES_MAX}}$`)).toThrow(LanguageTooLarge);
    expect(() => of('^(?:a?){9000}b')).toThrow('states to look at');
  });

  it('refuse alphabets that are too large for the states', () => {
    const letters = Array.from({ length: 1_600 }, (_, at) => String.fromCharCode(0x4e_00 + at));
    expect(() => of(letters.join('|'))).not.toThrow();
    expect(() => of(`^${letters.join('')}`)).toThrow(LanguageTooLarge);
  });

  it('refuse what two languages multiply to', () => {
    const [left, right] = [of('^(a{97})*$'), of('^(a{89})*$')];
    expect(() => left.and(right)).toThrow(
      `Cannot decide language: has more than ${LANGUAGE_STATES_MAX} states (want at most ${LANGUAGE_STATES_MAX})`,
    );
  });

  it('refuse texts, bounds and samples that are too long', () => {
    expect(() => Language.ofText('a'.repeat(LANGUAGE_STATES_MAX + 1))).toThrow(LanguageTooLarge);
    expect(() => Language.ofLength(0, LANGUAGE_STATES_MAX + 1)).toThrow(LanguageTooLarge);
    expect(() => Language.ofLength(1e9, undefined)).toThrow(LanguageTooLarge);
    const over = { min: LANGUAGE_LENGTH_MAX + 1, max: undefined };
    expect(() => of('^a+$').samples(1, over)).toThrow(LanguageTooLarge);
    expect(of('^a{1,9}$').samples(1, over)).toEqual([]);
    expect(of('^a+$').samples(3, { ...over, min: LANGUAGE_LENGTH_MAX })).toHaveLength(1);
  });

  it('refuse lengths that come back too late, and need none where there is no end', () => {
    const cycles = ['a{31}', 'b{37}', 'c{41}', 'd{43}', 'e{47}', 'f{53}'];
    const language = of(`^(?:${cycles.map((cycle) => `(${cycle})*`).join('|')})$`);
    const prime = 1_000_000_000_039;
    expect(() => language.isEmpty({ min: prime, max: prime })).toThrow(LanguageTooLarge);
    expect(language.isEmpty({ min: prime, max: undefined })).toBe(false);
    expect(language.isEmpty({ min: 32, max: 36 })).toBe(true);
  });
});
