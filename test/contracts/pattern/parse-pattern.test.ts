import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { matchesPattern } from '#contracts/pattern/matcher';
import { PATTERN_PROPERTIES_MAX } from '#contracts/pattern/parse-escape';
import {
  PATTERN_LENGTH_MAX,
  PATTERN_STATES_MAX,
  parsePattern,
} from '#contracts/pattern/parse-pattern';
import { PATTERN_DEPTH_MAX } from '#contracts/pattern/pattern-cursor';
import { HARMLESS, parsed } from '#test/contracts/pattern/pattern-texts';

function fault(source: string) {
  const result = parsePattern(source);
  if (result.kind === 'refused') return result.fault;
  throw new Error(`Cannot refuse pattern "${source}": it was parsed (want a fault)`);
}

/** By source: the index of the fault. */
const SYNTAX: readonly (readonly [string, number])[] = [
  ['*a', 0],
  ['a**', 2],
  ['a++', 2],
  ['a|?', 2],
  ['^*', 1],
  ['\\b+', 2],
  ['{1}', 0],
  ['a{2,1}', 1],
  ['a{2}{3}', 4],
  ['(a', 0],
  ['a)', 1],
  ['(?a)', 0],
  ['(?i:a)', 0],
  ['(?<1>a)', 0],
  ['(?<n>a)(?<n>b)', 7],
  ['[a', 0],
  ['x[', 1],
  ['[b-a]', 1],
  ['[\\d-', 0],
  ['a\\', 1],
  ['\\p{Nope}', 0],
  ['\\pL', 0],
  ['[\\P{]', 1],
  ['\\x1', 0],
  ['\\u12', 0],
  ['\\u{110000}', 0],
  ['\\c1', 0],
  ['\\k', 0],
  ['\\1', 0],
  ['(a)\\2', 3],
  ['[(]\\(\\1', 5],
  ['\\01', 0],
];

const NOT_LINEAR: readonly (readonly [string, number])[] = [
  ['(a)\\1', 3],
  ['\\1(a)', 0],
  ['(?<n>a)\\k<n>', 7],
  ['a(?=b)', 1],
  ['(?!b)', 0],
  ['x(?<=b)', 1],
  ['x(?<!b)', 1],
];

/** By source, refused with the flag u alone: texts that match, texts that do not. */
const LENIENT: readonly (readonly [string, readonly string[], readonly string[]])[] = [
  ['^\\-\\_\\@$', ['-_@'], ['\\-_@', '']],
  ['^[\\w-.]+$', ['a-.9'], ['+', ',']],
  ['^[a-\\d]$', ['a', '-', '7'], ['b', '\\']],
  ['^a]$', ['a]'], ['a']],
  ['^}{$', ['}{'], ['{}']],
  ['^a{,3}$', ['a{,3}'], ['aaa', '']],
  ['^a{1$', ['a{1'], ['a']],
  ['^{a}$', ['{a}'], ['a']],
  ['^\\"\\:\\é$', ['":é'], ['']],
];

describe('parsePattern()', () => {
  it('says where the syntax is broken', () => {
    for (const [source, index] of SYNTAX) {
      expect(fault(source), source).toMatchObject({ rule: 'pattern-syntax', index });
    }
  });

  it('refuses backreferences and look-around as not linear, and says where they are', () => {
    for (const [source, index] of NOT_LINEAR) {
      expect(fault(source), source).toMatchObject({ rule: 'pattern-not-linear', index });
    }
  });

  it('names what is wrong and what is wanted in one line', () => {
    expect(fault('a{2,1}').message).toBe(
      'Cannot parse pattern "a{2,1}": has a quantifier that runs backwards at index 1 (want the smaller number first)',
    );
    expect(fault('(?=a)').message).toContain('looks ahead or behind');
  });

  it('takes the plain meaning of annex B where the flag u refuses', () => {
    for (const [source, matching, others] of LENIENT) {
      expect(() => new RegExp(source, 'u'), source).toThrow(SyntaxError);
      const pattern = parsed(source);
      for (const text of matching) expect(matchesPattern(pattern, text), source + text).toBe(true);
      for (const text of others) expect(matchesPattern(pattern, text), source + text).toBe(false);
      for (const text of [...matching, ...others]) {
        expect(new RegExp(source).test(text)).toBe(matching.includes(text));
      }
    }
  });

  it('reads what the engine reads, refuses what it refuses, and means the same, for any soup of marks', () => {
    const marks = 'ab1-^$.*+?()[]{}|\\,:<>=!dwsbBpux0_ck/'.split('');
    const soup = fc.array(fc.constantFrom(...marks), { maxLength: 9 }).map((m) => m.join(''));
    const texts = fc.array(
      fc
        .array(fc.constantFrom(...'ab1-^_\\{],dx'.split('')), { maxLength: 5 })
        .map((c) => c.join('')),
    );
    fc.assert(
      fc.property(soup, texts, (source, given) => {
        const strict = compile(source, 'u');
        const engine = strict ?? compile(source, '');
        const result = parsePattern(source);
        if (result.kind === 'refused') {
          if (strict !== undefined) expect(result.fault.rule, source).not.toBe('pattern-syntax');
          return;
        }
        expect(engine, source).toBeDefined();
        for (const text of ['', ...given]) {
          expect(matchesPattern(result.pattern, text), `${source} on ${text}`).toBe(
            engine?.test(text),
          );
        }
      }),
      { numRuns: 10_000 },
    );
  });
});

describe('limits of patterns', () => {
  it('refuses a source that is too long', () => {
    expect(parsePattern('a'.repeat(PATTERN_LENGTH_MAX)).kind).toBe('parsed');
    expect(fault('a'.repeat(PATTERN_LENGTH_MAX + 1)).rule).toBe('pattern-too-large');
  });

  it('refuses counted repetitions that multiply, where they get too many', () => {
    expect(parsePattern(`a{${PATTERN_STATES_MAX}}`).kind).toBe('parsed');
    expect(fault(`a{${PATTERN_STATES_MAX + 1}}`)).toMatchObject({ rule: 'pattern-too-large' });
    expect(fault('((((a{0,1000}){0,1000}){0,1000}){0,1000})')).toMatchObject({
      rule: 'pattern-too-large',
      index: 14,
    });
    expect(fault('(?:){99999999999}').rule).toBe('pattern-too-large');
    expect(fault(`a{${'9'.repeat(400)}}`).rule).toBe('pattern-too-large');
    expect(fault('(a{9000}|b{9000}|c{9000})').rule).toBe('pattern-too-large');
  });

  it('refuses groups that nest too deep', () => {
    const nested = (depth: number) => `${'('.repeat(depth)}a${')'.repeat(depth)}`;
    expect(parsePattern(nested(PATTERN_DEPTH_MAX)).kind).toBe('parsed');
    expect(fault(nested(PATTERN_DEPTH_MAX + 1)).rule).toBe('pattern-too-large');
    expect(fault('('.repeat(8_000)).rule).toBe('pattern-too-large');
  });

  it('refuses more Unicode properties than may be named, however often one is named', () => {
    const names = 'Lu Ll Lt Lm Lo Mn Mc Me Nd Nl No Pc Pd Ps Pe Pi Pf'.split(' ');
    const all = names.map((name) => `\\p{${name}}`);
    expect(all.length).toBe(PATTERN_PROPERTIES_MAX + 1);
    expect(parsePattern(all.slice(1).join('').repeat(9)).kind).toBe('parsed');
    expect(fault(all.join(''))).toMatchObject({ rule: 'pattern-too-large', index: 96 });
  });

  it('refuses thousands of brackets without ado', () => {
    expect(fault('['.repeat(8_000))).toMatchObject({ rule: 'pattern-syntax', index: 0 });
    expect(fault('['.repeat(10_000)).rule).toBe('pattern-too-large');
    expect(fault('(a|'.repeat(2_000)).rule).toBe('pattern-too-large');
    expect(fault('[a-'.repeat(2_000)).rule).toBe('pattern-syntax');
  });
});

describe('real patterns', () => {
  it('parse', () => {
    for (const source of HARMLESS) expect(parsePattern(source).kind, source).toBe('parsed');
  });
});

const FIXTURES = resolve(import.meta.dirname, '../../../../shared/fixtures/json-schema-compat');

if (existsSync(FIXTURES)) {
  describe('patterns of schemas made by others', () => {
    const sources = new Set<string>();
    for (const path of readdirSync(FIXTURES, { recursive: true, encoding: 'utf8' })) {
      if (path.endsWith('.json')) collect(readJson(join(FIXTURES, path)), sources);
    }

    it('all parse', () => {
      expect(sources.size).toBeGreaterThan(10);
      const refused = [...sources].filter((source) => parsePattern(source).kind === 'refused');
      expect(refused).toEqual([]);
    });
  });
}

function compile(source: string, flags: string): RegExp | undefined {
  try {
    return new RegExp(source, flags);
  } catch {
    return undefined;
  }
}

function readJson(path: string): unknown {
  return parseJson(readFileSync(path, 'utf8'));
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Collects the patterns in a JSON value, also in texts that are JSON themselves. */
function collect(value: unknown, sources: Set<string>): void {
  if (typeof value === 'string' && /^\s*[[{]/.test(value)) collect(parseJson(value), sources);
  if (typeof value !== 'object' || value === null) return;
  for (const [key, inner] of Object.entries(value)) {
    if (key === 'pattern' && typeof inner === 'string') sources.add(inner);
    if (key === 'patternProperties') for (const name of Object.keys(inner ?? {})) sources.add(name);
    collect(inner, sources);
  }
}
