import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { matchesPattern } from '#contracts/pattern/matcher';
import {
  HARMLESS,
  isEngineWrong,
  parsed,
  randomPatterns,
  smallTexts,
} from '#test/contracts/pattern/pattern-texts';

/** One pattern for every construct and for each place where constructs meet. */
const TABLE: readonly string[] = [
  '',
  '|',
  '()',
  'a',
  'a|b|',
  '^$',
  'a$|^b',
  '(^a|b)c',
  '[ab]*^c',
  'a$b',
  '^^a$$',
  '(?:^|,)a(?:,|$)',
  '\\ba',
  'a\\b',
  '\\Ba',
  'a\\B',
  '\\b',
  '^\\B',
  '^\\b$',
  'a\\b-\\bb',
  'a\\b\\Bb',
  '(?:\\ba+\\b ?)+$',
  '(?:a|\\b)*c',
  'a{3}',
  '^a{2,3}$',
  '^(a{2}){2,}$',
  '^a{0}$',
  'a*?b',
  'a+?$',
  '^(?:a*)*$',
  '^(?:a|b*)+c$',
  '(?:){3}a',
  '.',
  '^.$',
  '^..$',
  '[^]',
  '[]',
  '[^a-c]',
  '^[-a]$',
  '^[a-]$',
  '^[a\\-c]$',
  '[\\b]',
  '[^\\W_]',
  '[\\D]',
  '^[\\s\\S]$',
  '\\S\\s',
  '\\t|\\n|\\v|\\f|\\r',
  '\\0',
  '\\cJ',
  '\\x61\\u0062',
  '^\\u{1f432}$',
  '^\\ud83d\\udc32$',
  '^\\ud83d',
  '\\udc32$',
  '^🐲*$',
  '[🐲]',
  '[^🐲]',
  '[\\ud800-\\udbff]',
  '^\\p{L}+$',
  '\\P{ASCII}',
  '^(?<year>1+)-(?<day>1+)$',
  '\\/\\.\\*\\[\\]\\{\\}\\(\\)\\|\\^\\$\\\\\\?\\+',
  '^(a|b|c)*(a|b)(a|b|c){2}$',
  '^(?:(?:a|b)(?:1|_))*$',
];

describe('matchesPattern()', () => {
  it('says what the engine says, for a table of constructs', () => {
    const more = ['\t', '\v', '\0', '\b', '\u2028', '\ufeff', 'a\nb', '\ud83d\ud83d', '\udc32'];
    for (const source of TABLE) {
      const pattern = parsed(source);
      const engine = new RegExp(source, 'u');
      for (const text of [...more, ...fc.sample(smallTexts, 200)]) {
        if (isEngineWrong(source, text)) continue;
        const said = `${source} on ${JSON.stringify(text)}`;
        expect(matchesPattern(pattern, text), said).toBe(engine.test(text));
      }
    }
  });

  it('says what the engine says, for random patterns', () => {
    fc.assert(
      fc.property(randomPatterns, fc.array(smallTexts, { maxLength: 8 }), (source, texts) => {
        const pattern = parsed(source);
        const engine = new RegExp(source, 'u');
        for (const text of ['', ...texts]) {
          if (isEngineWrong(source, text)) continue;
          const said = `${source} on ${JSON.stringify(text)}`;
          expect(matchesPattern(pattern, text), said).toBe(engine.test(text));
        }
      }),
      { numRuns: 3_000 },
    );
  });

  it('says what the engine says, for real patterns and texts that nearly match', () => {
    const pieces = [
      '2024',
      '-',
      '01',
      'T12:30',
      ':00',
      'Z',
      'a',
      '.',
      '@',
      '/',
      'x-',
      '+',
      ',',
      ' ',
    ];
    const texts = fc.array(fc.constantFrom(...pieces), { maxLength: 7 }).map((p) => p.join(''));
    for (const source of HARMLESS) {
      const engine = new RegExp(source, 'u');
      for (const text of fc.sample(texts, 100)) {
        expect(matchesPattern(parsed(source), text), `${source} on ${text}`).toBe(
          engine.test(text),
        );
      }
    }
  });

  it('has no place inside of a surrogate pair', () => {
    expect(matchesPattern(parsed('\\B'), 'a🐲a')).toBe(false);
    expect(matchesPattern(parsed('\\B'), '🐲')).toBe(true);
  });

  it('ends with texts of 100,000 characters on which engines that backtrack do not', () => {
    const text = 'a'.repeat(100_000);
    for (const source of ['(a+)+$', '(a|aa)+$', '(a*)*b', '^(a|a)*$', '(.*)*x', '^(\\w+\\s?)*$']) {
      expect(matchesPattern(parsed(source), `${text}!`), source).toBe(false);
    }
  });

  it('stays right when it has forgotten steps', () => {
    const characters = fc.sample(fc.constantFrom('a', 'b'), { numRuns: 6_000, seed: 7 });
    const text = characters.join('');
    const pattern = parsed('a[ab]{300}c');
    expect(matchesPattern(pattern, text)).toBe(false);
    expect(matchesPattern(pattern, `${text}a${text.slice(0, 300)}c`)).toBe(true);
    expect(matchesPattern(pattern, `${text}b${text.slice(0, 300)}c`)).toBe(false);
  });
});
