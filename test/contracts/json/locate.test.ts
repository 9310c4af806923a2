import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { locateAllInJson, locateInJson } from '#contracts/json/locate';
import { pointerOf } from '#contracts/json/pointer';
import type { Json } from '#domain/canonical-json';

const text = `{
  "a": [ 1, {"b~/": "]}\\"" , "": null}],
  "\\u0061b":{"c":-1.5e3}, "__proto__": [[true]]
}`;

const short = (pointer: string) => {
  const place = locateInJson(text, pointer);
  return place === undefined ? undefined : `${place.line}:${place.column}`;
};

/** Every pointer of a value with the text of what it leads to. */
function* everyValue(value: Json, trail: readonly (string | number)[]): Generator<[string, Json]> {
  yield [pointerOf(trail), value];
  if (typeof value !== 'object' || value === null) return;
  for (const [key, member] of Object.entries(value)) yield* everyValue(member, [...trail, key]);
}

function offsetOf(whole: string, place: { line: number; column: number }): number {
  const before = whole.split('\n').slice(0, place.line - 1);
  return before.reduce((sum, line) => sum + line.length + 1, 0) + place.column - 1;
}

describe('locateInJson()', () => {
  it.each([
    ['', '1:1'],
    ['/a', '2:8'],
    ['/a/0', '2:10'],
    ['/a/1', '2:13'],
    ['/a/1/b~0~1', '2:21'],
    ['/a/1/', '2:34'],
    ['/ab/c', '3:18'],
    ['/__proto__/0/0', '3:42'],
  ])('finds where %j begins', (pointer, place) => {
    expect(short(pointer)).toBe(place);
  });

  it.each(['/b', '/a/2', '/a/-', '/a/00', '/a/0/0', '/ab/c/d', 'a', '/a/1/b~2'])(
    'finds nothing for %j',
    (pointer) => {
      expect(short(pointer)).toBeUndefined();
    },
  );

  it('finds every value of any text, by one pass for all of them', () => {
    fc.assert(
      fc.property(fc.jsonValue({ depthSize: 'medium' }), fc.nat(3), (value, indent) => {
        const whole = JSON.stringify(value, undefined, indent);
        const wanted = new Map(everyValue(JSON.parse(whole) as Json, []));
        const places = locateAllInJson(whole, wanted.keys());
        expect([...places.keys()].sort()).toEqual([...wanted.keys()].sort());
        for (const [pointer, place] of places) {
          const member = JSON.stringify(wanted.get(pointer));
          const rest = whole.slice(offsetOf(whole, place));
          expect(rest.replace(/\s+/g, '').startsWith(member.replace(/\s+/g, ''))).toBe(true);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('ends on any text, JSON or not', () => {
    const units = fc.constantFrom(...'{}[]:,"\\ 01a'.split(''));
    fc.assert(
      fc.property(fc.string({ unit: units, maxLength: 30 }), (broken) => {
        expect(() => locateAllInJson(broken, ['/a/0', '/0/0/a', '/'])).not.toThrow();
      }),
      { numRuns: 3_000 },
    );
  });
});
