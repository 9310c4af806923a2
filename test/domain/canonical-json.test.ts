import canonicalize from 'canonicalize';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson, JSON_DEPTH_MAX } from '#domain/canonical-json';

/** Appendix B of RFC 8785: the bits of a double, and how it is written. */
const NUMBERS: readonly (readonly [bits: string, text: string])[] = [
  ['0000000000000000', '0'],
  ['8000000000000000', '0'],
  ['0000000000000001', '5e-324'],
  ['8000000000000001', '-5e-324'],
  ['7fefffffffffffff', '1.7976931348623157e+308'],
  ['ffefffffffffffff', '-1.7976931348623157e+308'],
  ['4340000000000000', '9007199254740992'],
  ['c340000000000000', '-9007199254740992'],
  ['4430000000000000', '295147905179352830000'],
  ['44b52d02c7e14af5', '9.999999999999997e+22'],
  ['44b52d02c7e14af6', '1e+23'],
  ['44b52d02c7e14af7', '1.0000000000000001e+23'],
  ['444b1ae4d6e2ef4e', '999999999999999700000'],
  ['444b1ae4d6e2ef4f', '999999999999999900000'],
  ['444b1ae4d6e2ef50', '1e+21'],
  ['3eb0c6f7a0b5ed8c', '9.999999999999997e-7'],
  ['3eb0c6f7a0b5ed8d', '0.000001'],
  ['41b3de4355555553', '333333333.3333332'],
  ['41b3de4355555554', '333333333.33333325'],
  ['41b3de4355555555', '333333333.3333333'],
  ['41b3de4355555556', '333333333.3333334'],
  ['41b3de4355555557', '333333333.33333343'],
  ['becbf647612f3696', '-0.0000033333333333333333'],
  ['43143ff3c1cb0959', '1424953923781206.2'],
];

function fromBits(bits: string): number {
  return Buffer.from(bits, 'hex').readDoubleBE();
}

function nested(depth: number): unknown {
  let value: unknown = [];
  for (let i = 1; i < depth; i += 1) value = i % 2 === 0 ? [value] : { a: value };
  return value;
}

const json = fc.jsonValue({ depthSize: 'medium', stringUnit: 'binary' });
const wellFormed = json.filter((value) => isWellFormed(value));

function isWellFormed(value: unknown): boolean {
  if (typeof value === 'string') return value.isWellFormed();
  if (typeof value !== 'object' || value === null) return true;
  return Object.entries(value).every(([key, member]) => key.isWellFormed() && isWellFormed(member));
}

describe('canonicalJson()', () => {
  it('writes the numbers of appendix B of RFC 8785 as it says', () => {
    for (const [bits, text] of NUMBERS) expect(canonicalJson(fromBits(bits)), bits).toBe(text);
  });

  it('writes the sample of section 3.2.2', () => {
    const sample = String.raw`{
      "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
      "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
      "literals": [null, true, false]
    }`;
    expect(canonicalJson(JSON.parse(sample))).toBe(
      String.raw`{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}`,
    );
  });

  it('orders keys by UTF-16 code units: the sample of section 3.2.3', () => {
    const sample = {
      '\u20ac': 'Euro Sign',
      '\r': 'Carriage Return',
      '\ufb33': 'Hebrew Letter Dalet With Dagesh',
      '1': 'One',
      '\ud83d\ude00': 'Emoji: Grinning Face',
      '\u0080': 'Control',
      '\u00f6': 'Latin Small Letter O With Diaeresis',
    };
    expect(canonicalJson(sample)).toBe(
      '{"\\r":"Carriage Return","1":"One","\u0080":"Control","ö":"Latin Small Letter O With Diaeresis","€":"Euro Sign","😀":"Emoji: Grinning Face","\ufb33":"Hebrew Letter Dalet With Dagesh"}',
    );
  });

  it('orders keys by their text also where they look like numbers or names of the language', () => {
    const text = '{"9":1,"10":2,"__proto__":{"b":1,"a":2},"constructor":3,"":4}';
    expect(canonicalJson(JSON.parse(text))).toBe(
      '{"":4,"10":2,"9":1,"__proto__":{"a":2,"b":1},"constructor":3}',
    );
  });

  it('escapes what must be escaped, as short as allowed, and nothing else', () => {
    expect(canonicalJson('\b\t\n\f\r"\\')).toBe(String.raw`"\b\t\n\f\r\"\\"`);
    for (let code = 0; code < 0x180; code += 1) {
      const text = `plain ${String.fromCharCode(code)}`;
      expect(canonicalJson(text)).toBe(JSON.stringify(text));
    }
    expect(canonicalJson('\u0000\u0001\u001f')).toBe(String.raw`"\u0000\u0001\u001f"`);
    expect(canonicalJson("/ ' < > & \u007f \u2028 \u2029 ä €")).toBe(
      '"/ \' < > & \u007f \u2028 \u2029 ä €"',
    );
  });

  it('refuses numbers that JSON does not have, wherever they are', () => {
    const numbers = ['7fffffffffffffff', '7ff0000000000000', 'fff0000000000000'].map(fromBits);
    for (const number of numbers) {
      for (const value of [number, [number], { a: { b: number } }]) {
        expect(() => canonicalJson(value)).toThrow(/is not a JSON number/);
      }
    }
  });

  it('refuses lone surrogates in texts and in keys, and takes pairs', () => {
    for (const text of ['\uD800', 'a\uDFFFb', '\uDE00\uD83D', '\uD83D']) {
      expect(() => canonicalJson(text), text).toThrow(/lone surrogate/);
      expect(() => canonicalJson({ [text]: 1 }), text).toThrow(/lone surrogate/);
    }
    expect(canonicalJson('\uD83D\uDE00')).toBe('"😀"');
  });

  it('refuses what is not JSON with INVALID_JSON, and leaves out members that are undefined', () => {
    for (const value of [undefined, () => 1, Symbol('a'), 1n, [undefined], { a: [() => 1] }]) {
      expect(() => canonicalJson(value)).toThrow(
        expect.objectContaining({ code: 'INVALID_JSON' }) as Error,
      );
    }
    expect(canonicalJson({ b: undefined, a: 1, c: { d: undefined } })).toBe('{"a":1,"c":{}}');
  });

  it(`takes ${JSON_DEPTH_MAX} levels and refuses one more`, () => {
    expect(JSON.parse(canonicalJson(nested(JSON_DEPTH_MAX)))).toEqual(nested(JSON_DEPTH_MAX));
    expect(() => canonicalJson(nested(JSON_DEPTH_MAX + 1))).toThrow(/nested deeper than/);
  });

  it('writes what another implementation of RFC 8785 writes', () => {
    fc.assert(
      fc.property(wellFormed, (value) => {
        expect(canonicalJson(value)).toBe(canonicalize(value));
      }),
      { numRuns: 3_000 },
    );
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (number) => {
        expect(canonicalJson(number)).toBe(canonicalize(number));
      }),
      { numRuns: 3_000 },
    );
  });

  it('is the same after it was read back, and in whatever order the keys came', () => {
    fc.assert(
      fc.property(wellFormed, (value) => {
        const text = canonicalJson(value);
        expect(canonicalJson(JSON.parse(text))).toBe(text);
        expect(canonicalJson(reversed(value))).toBe(text);
      }),
      { numRuns: 2_000 },
    );
  });
});

/** The same value with the members of every object in the opposite order. */
function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).toReversed();
  return Object.fromEntries(entries.map(([key, member]) => [key, reversed(member)]));
}
