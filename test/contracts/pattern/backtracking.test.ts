import { describe, expect, it } from 'vitest';
import { backtrackingRisk } from '#contracts/pattern/backtracking';
import { HARMLESS, parsed } from '#test/contracts/pattern/pattern-texts';

const EVIL: readonly string[] = [
  '(a+)+$',
  '(a|a)*b',
  '(a*)*',
  '(a|aa)+$',
  '^(\\d+,?)+$',
  '^([a-z]+)*$',
  '^(\\w+\\s?)*$',
  '(x+x+)+y',
  '(a|b*)*c',
  '(.*)*x',
  '(ab|ab)*c',
  '(?:a|[ab])+$',
  '(?:(?:a+b?)+c)+$',
  '^(([a-z])+.)+[A-Z]([a-z])+$',
  '^([a-zA-Z0-9])(([-.]|[_]+)?([a-zA-Z0-9]+))*(@){1}[a-z0-9]+[.]{1}(([a-z]{2,3})|([a-z]{2,3}[.]{1}[a-z]{2,3}))$',
  '^\\w+([.-]?\\w+)*@\\w+([.-]?\\w+)*(\\.\\w{2,3})+$',
  '^([\\/\\w .-]*)*\\/?$',
  '(?:é|\\p{L})+$',
  '(?:(?:a|b)c|ac)*d',
];

/** Without two ways through one loop: at most so many ways as a power of the length. */
const NOT_EXPONENTIAL: readonly string[] = [
  '',
  'a*',
  '(a|b)*c',
  '(a|b?)*c',
  '(\\w+\\s)*x',
  '(a{1,9}){1,9}',
  '(.*a){4}b',
  'a*a*a*b',
  '(?:\\b\\w+\\b)*x',
  '(?:a\\B-)*x',
  '(^a|a)*b',
  '(a$|a)*b',
  '(?:ab|ba)*c',
  '(?:a+b)+c',
];

describe('backtrackingRisk()', () => {
  it('finds loops that read one text in two ways', () => {
    expect(EVIL.filter((source) => backtrackingRisk(parsed(source)) === undefined)).toEqual([]);
  });

  it('names a character with which the ways part', () => {
    expect(backtrackingRisk(parsed('^(\\d+,?)+$'))).toBe(
      'A repetition can read "0" in two ways, so that an engine that backtracks may try twice as many ways for each further character',
    );
    expect(backtrackingRisk(parsed('([^\\w\\W]|[é]|é)*$'))).toContain('"é"');
  });

  it('blames no loop whose ways do not come together again', () => {
    const blamed = NOT_EXPONENTIAL.filter((source) => backtrackingRisk(parsed(source)));
    expect(blamed).toEqual([]);
  });

  it(`blames none of ${HARMLESS.length} real patterns`, () => {
    expect(HARMLESS.length).toBeGreaterThanOrEqual(30);
    expect(HARMLESS.filter((source) => backtrackingRisk(parsed(source)))).toEqual([]);
  });

  it('gives up on patterns that are too large to judge', () => {
    expect(backtrackingRisk(parsed('(a{1000})*(b+)+$'))).toBeUndefined();
    const distinct = Array.from({ length: 450 }, (_, at) => String.fromCharCode(0x4e_00 + at));
    expect(backtrackingRisk(parsed(`(${distinct.join('?')}?)*x`))).toBeUndefined();
  });
});
