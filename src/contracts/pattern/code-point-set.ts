/** Holds code points as sorted ranges that neither meet nor overlap: first, last, first, last and so on, ends included. */
export type CodePointSet = readonly number[];

/** One range of code points, both ends included. */
export type CodePointRange = readonly [first: number, last: number];

export const CODE_POINT_MAX = 0x10_ffff;

/** Makes a set of ranges in any order. */
export function codePointSet(ranges: readonly CodePointRange[]): CodePointSet {
  const set: number[] = [];
  for (const [first, last] of ranges.toSorted((a, b) => a[0] - b[0])) {
    const end = set.at(-1);
    if (end !== undefined && first <= end + 1) set[set.length - 1] = Math.max(end, last);
    else set.push(first, last);
  }
  return set;
}

/** Gives the ranges of a set, in order. */
export function rangesOf(set: CodePointSet): CodePointRange[] {
  const ranges: CodePointRange[] = [];
  for (let index = 0; index < set.length; index += 2) {
    ranges.push([set[index] ?? 0, set[index + 1] ?? 0]);
  }
  return ranges;
}

/** Unites sets. */
export function unite(sets: readonly CodePointSet[]): CodePointSet {
  return codePointSet(sets.flatMap(rangesOf));
}

/** Gives every code point that is not in the set. */
export function complement(set: CodePointSet): CodePointSet {
  const rest: number[] = [];
  let next = 0;
  for (const [first, last] of rangesOf(set)) {
    if (first > next) rest.push(next, first - 1);
    next = last + 1;
  }
  if (next <= CODE_POINT_MAX) rest.push(next, CODE_POINT_MAX);
  return rest;
}

/** Says whether a code point is in the set, in logarithmic time. */
export function holds(set: CodePointSet, codePoint: number): boolean {
  let low = 0;
  let high = set.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((set[middle] ?? 0) < codePoint) low = middle + 1;
    else high = middle;
  }
  // An odd place is the end of a range that began before; an even one is a beginning, which must be met.
  return low % 2 === 1 || set[low] === codePoint;
}

/** Says whether two sets share a code point. */
export function overlap(one: CodePointSet, other: CodePointSet): boolean {
  let left = 0;
  let right = 0;
  while (left < one.length && right < other.length) {
    if ((one[left + 1] ?? 0) < (other[right] ?? 0)) left += 2;
    else if ((other[right + 1] ?? 0) < (one[left] ?? 0)) right += 2;
    else return true;
  }
  return false;
}

/** Takes a text apart into code points; a surrogate without its partner is one. */
export function codePointsOf(text: string): number[] {
  return Array.from(text, (character) => character.codePointAt(0) ?? 0);
}
