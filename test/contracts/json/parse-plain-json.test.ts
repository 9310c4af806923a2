import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parsePlainJson } from '#contracts/json/parse-plain-json';

describe('parsePlainJson()', () => {
  it('reads what JSON.parse reads, or nothing', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 6 }), fc.integer({ min: 0, max: 2 }), (text, indent) => {
        const spaced = JSON.stringify(JSON.parse(text), undefined, indent);
        const value = parsePlainJson(spaced, 100);
        if (value !== undefined) expect(value).toEqual(JSON.parse(spaced));
      }),
      { numRuns: 2_000 },
    );
  });

  it('reads most texts', () => {
    const text = JSON.stringify({ 'a:b': ['"', '\\', 'é', 1.5, -3, null, true], c: { d: {} } });
    expect(parsePlainJson(text, 100)).toEqual(JSON.parse(text));
  });

  it.each([
    ['a key that comes twice', '{"a":1,"a":2}'],
    ['a key that comes twice by an escape', '{"a":1,"\\u0061":2}'],
    ['a key that comes twice further inside', '[{"x":{"a":1,"b":{"c":1,"c":2}}}]'],
    ['an integer that loses digits', '[9007199254740993]'],
    ['an exponent', '[1e400]'],
    ['half a surrogate', '["\ud800"]'],
    ['half a surrogate by an escape', '["\\ud800"]'],
    ['too deep nesting', '[[[[]]]]'],
    ['no JSON', '{"a":'],
    ['two values', '1 2'],
  ])('leaves to the strict reader %s', (_, text) => {
    expect(parsePlainJson(text, 3)).toBeUndefined();
  });
});
