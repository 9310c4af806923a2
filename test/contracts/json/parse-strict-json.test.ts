import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  parseStrictJson,
  STRICT_JSON_BYTES_MAX,
  STRICT_JSON_DEPTH_MAX,
} from '#contracts/json/parse-strict-json';
import { canonicalJson } from '#domain/canonical-json';

function faultsOf(text: string) {
  const read = parseStrictJson(text);
  return read.kind === 'parsed' ? [] : read.faults;
}

const shortFaults = (text: string) =>
  faultsOf(text).map(({ rule, line, column }) => `${rule} ${line}:${column}`);

const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);

function isParsed(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

describe('parseStrictJson()', () => {
  it('reads what JSON.parse reads, to the same value', () => {
    fc.assert(
      fc.property(fc.json({ stringUnit: 'grapheme', depthSize: 'medium' }), (text) => {
        expect(parseStrictJson(text)).toEqual({ kind: 'parsed', value: JSON.parse(text) });
      }),
      { numRuns: 2_000 },
    );
  });

  it('reads the text again that canonicalJson() writes of any double', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (number) => {
        const text = canonicalJson(number);
        expect(parseStrictJson(text)).toEqual({ kind: 'parsed', value: JSON.parse(text) });
      }),
      { numRuns: 2_000 },
    );
    expect(parseStrictJson('295147905179352830000').kind).toBe('parsed');
  });

  it('calls a text wrong in syntax exactly where JSON.parse throws', () => {
    const units = '{}[]:,"\\ \n-+.0123eEtrufalsn/b\u0007'.split('');
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...units), maxLength: 12 }), (text) => {
        const isWrong = faultsOf(text).some(({ rule }) => rule === 'json-syntax');
        expect(isWrong).toBe(!isParsed(text));
      }),
      { numRuns: 5_000 },
    );
  });

  it('calls a damaged text wrong in syntax exactly where JSON.parse throws', () => {
    const damaged = fc.tuple(fc.json(), fc.nat(), fc.constantFrom('', ',', '"', '}', '0', '\\'));
    fc.assert(
      fc.property(damaged, ([text, seed, patch]) => {
        const at = seed % text.length;
        const broken = text.slice(0, at) + patch + text.slice(at + 1);
        const isWrong = faultsOf(broken).some(({ rule }) => rule === 'json-syntax');
        expect(isWrong, broken).toBe(!isParsed(broken));
      }),
      { numRuns: 2_000 },
    );
  });

  it.each([
    ['', 'json-syntax 1:1'],
    [' \n ', 'json-syntax 2:2'],
    ['\ufeff{}', 'json-syntax 1:1'],
    ['{"a":1,}', 'json-syntax 1:8'],
    ['[1,\n 2,]', 'json-syntax 2:4'],
    ['{"a" 1}', 'json-syntax 1:6'],
    ['{a:1}', 'json-syntax 1:2'],
    ["{'a':1}", 'json-syntax 1:2'],
    ['[1 2]', 'json-syntax 1:4'],
    ['{} {}', 'json-syntax 1:4'],
    ['// c\n{}', 'json-syntax 1:1'],
    ['[NaN]', 'json-syntax 1:2'],
    ['[-Infinity]', 'json-syntax 1:2'],
    ['[undefined]', 'json-syntax 1:2'],
    ['nulll', 'json-syntax 1:1'],
    ['[01]', 'json-syntax 1:2'],
    ['[+1]', 'json-syntax 1:2'],
    ['[.5]', 'json-syntax 1:2'],
    ['[5.]', 'json-syntax 1:2'],
    ['[1e]', 'json-syntax 1:2'],
    ['[0x10]', 'json-syntax 1:2'],
    ['[-]', 'json-syntax 1:2'],
    ['["a\nb"]', 'json-syntax 1:4'],
    ['["a\\x41"]', 'json-syntax 1:4'],
    ['["\\u12g4"]', 'json-syntax 1:3'],
    ['["abc]', 'json-syntax 1:2'],
    ['["abc\\"]', 'json-syntax 1:2'],
    ['[1', 'json-syntax 1:3'],
    ['\u00a0[]', 'json-syntax 1:1'],
    ['9007199254740993', 'json-number 1:1'],
    ['[1,\r\n  -9007199254740993]', 'json-number 2:3'],
    ['[1e400]', 'json-number 1:2'],
    ['[-1e400]', 'json-number 1:2'],
    ['["\\ud800"]', 'json-surrogate 1:3'],
    ['["a\\udc00\\ud800"]', 'json-surrogate 1:4, json-surrogate 1:10'],
    ['["\ud800"]', 'json-surrogate 1:3'],
    ['["\ud83d\\ude00"]', 'json-surrogate 1:3, json-surrogate 1:4'],
    ['{"\\ud800":1}', 'json-surrogate 1:3'],
    ['["😀",\udfff]', 'json-syntax 1:7'],
    ['{"a":1,"a":2}', 'json-duplicate-key 1:8'],
    ['{"a":1,"\\u0061":2}', 'json-duplicate-key 1:8'],
    ['{"__proto__":1,"__proto__":2}', 'json-duplicate-key 1:16'],
    ['[{"a":{"b":1,\n"b":1}},{"a":1,"a":1}]', 'json-duplicate-key 2:1, json-duplicate-key 2:16'],
    [
      '{"a":1e400,"a":"\\ud800" 1}',
      'json-number 1:6, json-duplicate-key 1:12, json-surrogate 1:17, json-syntax 1:25',
    ],
  ])('refuses %j where it is wrong', (text, faults) => {
    expect(shortFaults(text).join(', ')).toBe(faults);
  });

  it.each([
    '0.1',
    '-0',
    '-0.0',
    '1E30',
    '1e-400',
    '9007199254740992',
    '-9007199254740991',
    '"\\ud83d\\ude00"',
    '"😀"',
    '"\\/\\b\\f\\n\\r\\t\\"\\\\\\u0000"',
    '"\u007f\u2028"',
    '\t\r\n {} \n',
    '{"":{"":[]}}',
    '{"a":{"a":{"a":1}}}',
    '{"constructor":1,"toString":2}',
  ])('reads %j', (text) => {
    expect(parseStrictJson(text)).toEqual({ kind: 'parsed', value: JSON.parse(text) });
  });

  it('keeps a key "__proto__" as a member, and changes nothing of the object by it', () => {
    const read = parseStrictJson('{"__proto__":{"a":1},"b":{"__proto__":null}}');
    if (read.kind !== 'parsed') throw new Error(JSON.stringify(read.faults));
    expect(Object.getPrototypeOf(read.value)).toBe(Object.prototype);
    const text = '{"__proto__":{"a":1},"b":{"__proto__":null}}';
    expect(canonicalJson(read.value)).toBe(text);
    expect(JSON.stringify(read.value)).toBe(text);
  });

  it('tells both places of a key that is there twice', () => {
    expect(faultsOf('{"a":1,\n "b":2, "a":3}').map(({ message }) => message)).toEqual([
      'Cannot read JSON key "a": is at line 1, column 2 and again at line 2, column 9 (want every key once)',
    ]);
  });

  it('tells what a double makes of an integer, and names a byte-order mark', () => {
    expect(faultsOf('9007199254740993')[0]?.message).toBe(
      'Cannot read JSON number "9007199254740993": a double keeps it as 9007199254740992 (want an integer that a double keeps, or a string)',
    );
    expect(faultsOf('\ufeff1')[0]?.message).toContain('begins with a byte-order mark');
  });

  it('counts columns in UTF-16 units and lines by line feeds alone', () => {
    expect(shortFaults('["😀\u2028\u2029", x]')).toEqual(['json-syntax 1:10']);
    expect(shortFaults('[\r\r\n\n x]')).toEqual(['json-syntax 3:2']);
  });

  it(`reads ${STRICT_JSON_DEPTH_MAX} levels and refuses more, however many`, () => {
    expect(parseStrictJson(nested(STRICT_JSON_DEPTH_MAX)).kind).toBe('parsed');
    for (const depth of [STRICT_JSON_DEPTH_MAX + 1, 10_000, 500_000]) {
      expect(shortFaults(nested(depth))).toEqual([`json-depth 1:${STRICT_JSON_DEPTH_MAX + 1}`]);
    }
    expect(parseStrictJson('[[[]]]', { depthMax: 2 }).kind).toBe('refused');
    expect(parseStrictJson('[[],[],{}]', { depthMax: 2 }).kind).toBe('parsed');
  });

  it('reads as many bytes as it may and refuses one more, counting bytes of UTF-8', () => {
    const text = `"${'é'.repeat((STRICT_JSON_BYTES_MAX - 2) / 2)}"`;
    expect(parseStrictJson(text).kind).toBe('parsed');
    expect(shortFaults(`${text} `)).toEqual(['json-size 1:1']);
    expect(parseStrictJson('"é"', { bytesMax: 3 }).kind).toBe('refused');
  });

  it('reads no further once it has as many faults as it tells', () => {
    const began = performance.now();
    const twice = `[${'{"a":1,"a":1},'.repeat(740_000)}1]`;
    expect(parseStrictJson(twice)).toMatchObject({ kind: 'refused' });
    // To read all of it takes ten times as long as to find out that it needs the strict reader.
    const spentMs = performance.now() - began;
    const plainBegan = performance.now();
    JSON.parse(twice);
    expect(spentMs).toBeLessThan(Math.max(300, 6 * (performance.now() - plainBegan)));
  });

  it('tells at most 50 faults, however many there are', () => {
    expect(faultsOf(`[${Array<string>(60_000).fill('1e999').join(',\n')}]`)).toHaveLength(50);
    const keys = Array<string>(60_000).fill('"a":1').join(',\n');
    expect(shortFaults(`{${keys}}`).at(-1)).toBe('json-duplicate-key 51:1');
  });
});
