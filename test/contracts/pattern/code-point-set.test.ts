import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  CODE_POINT_MAX,
  type CodePointRange,
  codePointSet,
  codePointsOf,
  complement,
  holds,
  overlap,
  rangesOf,
  unite,
} from '#contracts/pattern/code-point-set';

const ranges = fc.array(
  fc
    .tuple(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: 6 }))
    .map(([first, more]): CodePointRange => [first, first + more]),
  { maxLength: 8 },
);
const POINTS = Array.from({ length: 50 }, (_, point) => point);
const isIn = (point: number, of: readonly CodePointRange[]) =>
  of.some(([first, last]) => first <= point && point <= last);

describe('a set of code points', () => {
  it('holds what is in one of its ranges, and keeps ranges apart', () => {
    fc.assert(
      fc.property(ranges, (given) => {
        const set = codePointSet(given);
        expect(POINTS.filter((point) => holds(set, point))).toEqual(
          POINTS.filter((point) => isIn(point, given)),
        );
        const kept = rangesOf(set);
        expect(kept.every(([first, last]) => first <= last)).toBe(true);
        expect(kept.every(([first], at) => first > (kept[at - 1]?.[1] ?? -2) + 1)).toBe(true);
      }),
    );
  });

  it('has a complement that holds the rest, up to the greatest code point', () => {
    fc.assert(
      fc.property(ranges, (given) => {
        const set = codePointSet(given);
        expect(POINTS.every((point) => holds(set, point) !== holds(complement(set), point))).toBe(
          true,
        );
        expect(complement(complement(set))).toEqual(set);
      }),
    );
    expect(complement([])).toEqual([0, CODE_POINT_MAX]);
    expect(complement([0, CODE_POINT_MAX])).toEqual([]);
  });

  it('overlaps another exactly when one code point is in both', () => {
    fc.assert(
      fc.property(ranges, ranges, (left, right) => {
        const [one, other] = [codePointSet(left), codePointSet(right)];
        const isShared = POINTS.some((point) => holds(one, point) && holds(other, point));
        expect(overlap(one, other)).toBe(isShared);
        expect(unite([one, other])).toEqual(codePointSet([...left, ...right]));
      }),
    );
  });

  it('counts a surrogate without its partner as one code point', () => {
    expect(codePointsOf('a🐲\ud83d')).toEqual([0x61, 0x1f4_32, 0xd8_3d]);
  });
});
