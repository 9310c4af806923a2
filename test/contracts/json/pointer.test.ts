import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parsePointer, pointerOf } from '#contracts/json/pointer';

/** The table of section 5 of RFC 6901. */
const SAMPLES: readonly (readonly [pointer: string, tokens: readonly string[]])[] = [
  ['', []],
  ['/foo', ['foo']],
  ['/foo/0', ['foo', '0']],
  ['/', ['']],
  ['/a~1b', ['a/b']],
  ['/c%d', ['c%d']],
  ['/i\\j', ['i\\j']],
  ['/ ', [' ']],
  ['/m~0n', ['m~n']],
  ['/~01', ['~1']],
];

describe('JSON Pointer', () => {
  it.each(SAMPLES)('reads and writes %j', (pointer, tokens) => {
    expect(parsePointer(pointer)).toEqual(tokens);
    expect(pointerOf(tokens)).toBe(pointer);
  });

  it.each(['a', '#', '#/a', ' /a', '/~', '/~2', '/a~/b', '/~~0'])('refuses %j', (text) => {
    expect(parsePointer(text)).toBeUndefined();
  });

  it('reads back whatever tokens it wrote', () => {
    const token = fc.string({ unit: fc.constantFrom('~', '/', '0', '1', 'a', '') });
    fc.assert(
      fc.property(fc.array(token), (tokens) => {
        expect(parsePointer(pointerOf(tokens))).toEqual(tokens);
      }),
    );
    expect(pointerOf(['a', 0])).toBe('/a/0');
  });
});
