import type { Literal } from '#contracts/containment/node';
import { not } from '#contracts/containment/node';
import type { NodeTable } from '#contracts/containment/node-table';

/** What some item of a range must satisfy. */
export interface ItemDemand {
  readonly from: number;
  readonly to: number;
  readonly item: Literal;
}

/** How many items must and may satisfy a statement. */
export interface ItemCount {
  readonly item: Literal;
  readonly least: number;
  readonly most: number;
}

/** What plain statements say of an array. */
export interface ArrayRules {
  readonly ranges: readonly ItemDemand[];
  readonly demands: readonly ItemDemand[];
  readonly counts: readonly ItemCount[];
  readonly min: number;
  readonly max: number;
  readonly isUnique: boolean;
  /** Whether two items must be equal. */
  readonly hasTwins: boolean;
}

/** Gathers the statements about an array. */
export function readArrayRules(table: NodeTable, atoms: readonly Literal[]): ArrayRules {
  const [ranges, demands]: [ItemDemand[], ItemDemand[]] = [[], []];
  const counts = new Map<Literal, { least: number; most: number }>();
  let [min, max, isUnique, hasTwins] = [0, Number.POSITIVE_INFINITY, false, false];
  for (const atom of atoms) {
    const node = table.node(atom);
    const isDenied = atom % 2 === 1;
    if (node.kind === 'minItems') {
      if (isDenied) max = Math.min(max, Math.ceil(node.count) - 1);
      else min = Math.max(min, Math.ceil(node.count));
    } else if (node.kind === 'uniqueItems') {
      if (isDenied) hasTwins = true;
      else isUnique = true;
    } else if (node.kind === 'items') {
      const { from, to } = node;
      if (isDenied) demands.push({ from, to, item: not(node.each) });
      else ranges.push({ from, to, item: node.each });
    } else if (node.kind === 'contains') {
      const count = counts.get(node.item) ?? { least: 0, most: Number.POSITIVE_INFINITY };
      counts.set(node.item, count);
      if (isDenied) count.most = Math.min(count.most, Math.ceil(node.count) - 1);
      else count.least = Math.max(count.least, Math.ceil(node.count));
    }
  }
  return {
    ranges,
    demands,
    counts: [...counts].map(([item, { least, most }]) => ({ item, least, most })),
    min,
    max,
    isUnique,
    hasTwins,
  };
}

/** Gives the first index from which on all items have the same rules. */
export function uniformFrom({ ranges, demands }: ArrayRules): number {
  const edges = [...ranges, ...demands].flatMap(({ from, to }) => [from, to]);
  return Math.max(0, ...edges.filter((edge) => Number.isFinite(edge)));
}

/** Says what every item at an index must satisfy. */
export function ruleAt(table: NodeTable, { ranges }: ArrayRules, index: number): Literal {
  return table.and(
    ranges.filter(({ from, to }) => from <= index && index < to).map(({ item }) => item),
  );
}
