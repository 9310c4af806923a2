/**
 * A set in the order of its items that keeps the first of them, at most so many. Which items are kept depends on the
 * items alone and never on the order in which they came: what is cut off once stays behind the kept ones for ever.
 */
export interface BoundedSet<T> {
  readonly items: readonly T[];
  /** Whether some item was cut off. */
  readonly isCut: boolean;
}

export interface UnionRules<T> {
  readonly itemsMax: number;
  /** The order of items. Those of order 0 are one item. */
  readonly compare: (left: T, right: T) => number;
  /** Joins two that are one item; `right` came later. */
  readonly join: (left: T, right: T) => T;
}

export const EMPTY_SET: BoundedSet<never> = { items: [], isCut: false };

/** Unites a set with more items, which may come in any order and more than once. */
export function unite<T>(
  set: BoundedSet<T>,
  more: readonly T[],
  { itemsMax, compare, join }: UnionRules<T>,
): BoundedSet<T> {
  if (more.length === 0) return set;
  const items: T[] = [];
  // Sorting is stable: of equal items the one that came later stands later.
  for (const item of [...set.items, ...more].sort(compare)) {
    const last = items.at(-1);
    if (last !== undefined && compare(last, item) === 0) items[items.length - 1] = join(last, item);
    else items.push(item);
  }
  const isCut = set.isCut || items.length > itemsMax;
  return { items: items.slice(0, itemsMax), isCut };
}

/** Compares texts by their UTF-16 units, which no locale changes. */
export function compareTexts(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}
