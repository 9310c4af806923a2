import { type ArrayRules, ruleAt } from '#contracts/containment/array-rules';
import type { Finding } from '#contracts/containment/finding';
import { FALSE, type Literal, not } from '#contracts/containment/node';
import type { ValueSearch } from '#contracts/containment/value-search';

/** One way to choose the item at an index: which of the counted statements it satisfies, and which demands it meets. */
export interface ItemOption {
  readonly item: Literal;
  /** One entry for each counted statement: whether the item counts. */
  readonly counts: readonly boolean[];
  /** The demands that it meets, as the sum of 2 to the power of their indexes. */
  readonly demands: number;
}

/** How many counted statements and demands are told apart for one item: each doubles the ways. */
const BITS_MAX = 10;
/** They are the bits of one number. */
const DEMANDS_MAX = 30;

/** The ways to choose an item, and whether some way could not be decided. */
export interface ItemOptions {
  readonly options: readonly ItemOption[];
  readonly doubt: Finding | undefined;
}

/**
 * Lists the ways to choose an item for which there is a value, for one index or for several that share it; `undefined` when
 * there are too many.
 */
export function itemOptions(
  solver: ValueSearch,
  rules: ArrayRules,
  indexes: readonly number[],
): ItemOptions | undefined {
  const { table } = solver;
  const demands = rules.demands.flatMap(({ from, to }, at) =>
    indexes.some((index) => from <= index && index < to) ? [at] : [],
  );
  const bits = rules.counts.length + demands.length;
  if (bits > BITS_MAX || rules.demands.length > DEMANDS_MAX) return undefined;
  const rule = table.and(indexes.map((index) => ruleAt(table, rules, index)));
  const options: ItemOption[] = [];
  let doubt: Finding | undefined;
  for (let choice = 0; choice < 2 ** bits; choice += 1) {
    solver.step();
    const isSet = (bit: number): boolean => Math.floor(choice / 2 ** bit) % 2 === 1;
    const counts = rules.counts.map((_, at) => isSet(at));
    const met = demands.filter((_, at) => isSet(rules.counts.length + at));
    const item = table.and([
      rule,
      ...rules.counts.map(({ item }, at) => (counts[at] === true ? item : not(item))),
      ...met.map((at) => rules.demands[at]?.item ?? FALSE),
    ]);
    const found = solver.solve(item);
    if (found.kind === 'unknown') doubt ??= found;
    if (found.kind === 'witness')
      options.push({ item, counts, demands: met.reduce((sum, at) => sum + 2 ** at, 0) });
  }
  return { options, doubt };
}
