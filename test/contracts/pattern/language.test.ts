import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { codePointsOf } from '#contracts/pattern/code-point-set';
import { Language } from '#contracts/pattern/language';
import {
  everyText,
  HARMLESS,
  isEngineWrong,
  parsed,
  randomPatterns,
  smallTexts,
} from '#test/contracts/pattern/pattern-texts';

const of = (source: string) => Language.ofPattern(parsed(source));

const pairs = fc.tuple(randomPatterns, randomPatterns);
const texts = fc.array(smallTexts, { maxLength: 8 });

describe('a language of a pattern', () => {
  it('holds exactly the texts that match, for random patterns', () => {
    fc.assert(
      fc.property(randomPatterns, texts, (source, given) => {
        const language = of(source);
        const engine = new RegExp(source, 'u');
        for (const text of ['', ...given]) {
          if (isEngineWrong(source, text)) continue;
          const said = `${source} on ${JSON.stringify(text)}`;
          expect(language.contains(text), said).toBe(engine.test(text));
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it('has only samples that match, all different, the shortest first', () => {
    fc.assert(
      fc.property(randomPatterns, fc.integer({ min: 0, max: 6 }), (source, min) => {
        const engine = new RegExp(source, 'u');
        const samples = of(source).samples(6, { min, max: min + 3 });
        const lengths = samples.map((sample) => codePointsOf(sample).length);
        expect(new Set(samples).size).toBe(samples.length);
        expect(lengths).toEqual(lengths.toSorted((a, b) => a - b));
        expect(lengths.every((length) => length >= min && length <= min + 3)).toBe(true);
        for (const sample of samples) {
          if (!isEngineWrong(source, sample)) expect(engine.test(sample), source).toBe(true);
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it('has samples for real patterns, which match', () => {
    for (const source of HARMLESS) {
      const samples = of(source).samples(5);
      expect(samples, source).toHaveLength(5);
      expect(samples.filter((sample) => !new RegExp(source, 'u').test(sample))).toEqual([]);
    }
  });
});

describe('and, or and not', () => {
  it('hold what the words say', () => {
    fc.assert(
      fc.property(pairs, texts, ([one, other], given) => {
        const [left, right] = [of(one), of(other)];
        const [both, either, rest] = [left.and(right), left.or(right), left.not()];
        for (const text of ['', ...given]) {
          const [inLeft, inRight] = [left.contains(text), right.contains(text)];
          expect(both.contains(text)).toBe(inLeft && inRight);
          expect(either.contains(text)).toBe(inLeft || inRight);
          expect(rest.contains(text)).toBe(!inLeft);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('obey the laws of sets', () => {
    const same = (left: Language, right: Language) =>
      left.and(right.not()).isEmpty() && right.and(left.not()).isEmpty();
    fc.assert(
      fc.property(pairs, randomPatterns, ([one, other], third) => {
        const [a, b, c] = [of(one), of(other), of(third)];
        expect(a.and(a.not()).isEmpty()).toBe(true);
        expect(a.or(a.not()).not().isEmpty()).toBe(true);
        expect(same(a.not().not(), a)).toBe(true);
        expect(same(a.and(b).not(), a.not().or(b.not()))).toBe(true);
        expect(same(a.and(b.or(c)), a.and(b).or(a.and(c)))).toBe(true);
        expect(same(a.or(Language.none), a.and(Language.all))).toBe(true);
      }),
      { numRuns: 200 },
    );
  });

  it('tell which of two patterns is the narrower', () => {
    const isWithin = (one: string, other: string) => of(one).and(of(other).not()).isEmpty();
    expect(isWithin('^[a-f]{2,4}$', '^[a-z]+$')).toBe(true);
    expect(isWithin('^[a-z]+$', '^[a-f]{2,4}$')).toBe(false);
    expect(isWithin('^abc$', 'b')).toBe(true);
    expect(isWithin('^(ab)*a$', '^a(ba)*$')).toBe(true);
    expect(isWithin('^\\d{4}-\\d{2}-\\d{2}$', '^[-0-9]{10}$')).toBe(true);
    expect(isWithin('^\\w+$', '^\\p{L}+$')).toBe(false);
    expect(isWithin('a$', 'a')).toBe(true);
    expect(isWithin('a', 'a$')).toBe(false);
    expect(isWithin('^.*$', '^[^\\n]*$')).toBe(true);
    expect(isWithin('^[^\\n]*$', '^.*$')).toBe(false);
    expect(isWithin('\\bfoo\\b', 'foo')).toBe(true);
    expect(isWithin('^foo bar$', '\\bfoo\\b')).toBe(true);
    expect(isWithin('^foobar$', '\\bfoo\\b')).toBe(false);
  });
});

describe('emptiness, counts and samples', () => {
  const small = everyText('ab1_', 4);
  const onlySmall = of('^[ab1_]*$');
  const range = fc.tuple(fc.integer({ min: 0, max: 4 }), fc.integer({ min: 0, max: 4 }));

  it('are what trying every text says', () => {
    fc.assert(
      fc.property(randomPatterns, range, (source, [min, max]) => {
        const language = of(source).and(onlySmall);
        const engine = new RegExp(source, 'u');
        const found = small.filter(
          (text) => text.length >= min && text.length <= max && engine.test(text),
        );
        expect(language.isEmpty({ min, max })).toBe(found.length === 0);
        expect(language.count(1_000, { min, max })).toBe(found.length);
        expect(language.count(3, { min, max })).toBe(Math.min(found.length, 3));
        const samples = language.samples(1_000, { min, max });
        expect(samples.toSorted()).toEqual(found.toSorted());
      }),
      { numRuns: 1_000 },
    );
  });

  it('count all strings of a finite language, and say "that many or more" of others', () => {
    expect(of('^[a-z]{3}$').count(1e9)).toBe(26 ** 3);
    expect(of('^(a|b|ab){0,2}$').count(100)).toBe(12);
    expect(of('^\\d{1,3}$').count(1e6)).toBe(1_110);
    expect(of('^\\d{1,3}$').count(1e6, { min: 2, max: 2 })).toBe(100);
    expect(of('^a*$').count(1e9)).toBe(1e9);
    expect(of('^(aaa)*$').count(1e9, { min: 10, max: 1_000_000 })).toBe(333_330);
    expect(of('^(aa)*b?$').count(1e9, { min: 4, max: 9 })).toBe(6);
    expect(Language.none.count(5)).toBe(0);
    expect(Language.all.count(5)).toBe(5);
    expect(Language.all.count(1e9, { min: 0, max: 1 })).toBe(0x11_0000 + 1);
  });

  it('prefer letters, then digits, then capitals, then what else can be read', () => {
    expect(Language.all.samples(4)).toEqual(['', 'a', 'b', 'c']);
    expect(of('^[^a-z]$').samples(3)).toEqual(['0', '1', '2']);
    expect(of('^[^a-z0-8]{2}$').samples(2)).toEqual(['99', '9A']);
    expect(of('^\\W$').samples(3)).toEqual([' ', '!', '"']);
    expect(of('^[\\0-\\x1f\\u{1f432}]$').samples(2)).toEqual(['🐲', '\0']);
    expect(of('^[\\ud83d\\ue000]$').samples(5)).toEqual(['\ue000', '\ud83d']);
    expect(of('^a|b$').samples(0)).toEqual([]);
  });

  it('know that two halves of a surrogate pair are one code point', () => {
    const halves = of('^(?:\\ud83d)(?:\\udc32)$');
    expect(halves.isEmpty()).toBe(true);
    expect(halves.samples(3)).toEqual([]);
    expect(Language.ofText('🐲').count(9, { min: 1, max: 1 })).toBe(1);
    expect(of('^[\\ud83d][\\udc32\\udc33x]$').samples(9)).toEqual(['\ud83dx']);
    expect(of('^..$').count(1e13)).toBe((0x11_0000 - 4) ** 2 - 0x4_00 * 0x4_00);
  });

  it('go by great lengths without walking to them', () => {
    const far = { min: 1e12, max: 1e12 + 2 };
    expect(of('^[a-z]+$').isEmpty({ min: 1e12, max: undefined })).toBe(false);
    expect(of('^[a-z]{1,50}$').isEmpty({ min: 51, max: undefined })).toBe(true);
    expect(of('^(?:(a{7})*|(b{11})*|(c{13})*)$').isEmpty(far)).toBe(true);
    expect(of('^(?:(a{7})*|(b{11})*|(c{3})*)$').isEmpty(far)).toBe(false);
    expect(of('^(aaa)*$').count(9, { min: 1e12, max: 1e12 + 9 })).toBe(3);
  });

  it('make samples as long as is asked', () => {
    const samples = of('^([a-z]{3}-)+$').samples(3, { min: 9_998, max: undefined });
    expect(samples.map((sample) => sample.length)).toEqual([10_000, 10_000, 10_000]);
    expect(samples[2]).toBe(`${'aaa-'.repeat(2_499)}aac-`);
  });
});

describe('languages without a pattern', () => {
  it('of one text hold that text alone', () => {
    for (const text of ['', 'a', 'abca', '🐲🐲', '\ud83d', 'a.b*c']) {
      const language = Language.ofText(text);
      expect(language.contains(text)).toBe(true);
      expect(language.samples(9)).toEqual([text]);
      expect(language.contains(`${text}a`)).toBe(false);
    }
  });

  it('of a length hold the texts of that many code points', () => {
    const language = Language.ofLength(1, 2);
    const told = ['', '🐲', 'a🐲', 'abc'].map((text) => language.contains(text));
    expect(told).toEqual([false, true, true, false]);
    expect(Language.ofLength(2, undefined).contains('abcdef')).toBe(true);
    expect(Language.ofLength(2, undefined).contains('a')).toBe(false);
    expect(Language.ofLength(0, undefined).not().isEmpty()).toBe(true);
    expect(Language.ofLength(0, 0).samples(9)).toEqual(['']);
    expect(Language.ofLength(3, 2).isEmpty()).toBe(true);
  });
});
