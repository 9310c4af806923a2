import { type Literal, type NameMatcher, not } from '#contracts/containment/node';
import type { NodeTable } from '#contracts/containment/node-table';

/** What holds for the values under some names. */
export interface NameRule {
  readonly matcher: NameMatcher;
  readonly each: Literal;
}

/** What plain statements say of an object. */
export interface ObjectRules {
  readonly rules: readonly NameRule[];
  /** Some value under such a name must satisfy this. */
  readonly demands: readonly NameRule[];
  readonly required: ReadonlySet<string>;
  readonly absent: ReadonlySet<string>;
  /** Every name satisfies these. */
  readonly nameRules: readonly Literal[];
  /** Some name satisfies this, for each of these. */
  readonly nameDemands: readonly Literal[];
  readonly min: number;
  readonly max: number;
  /** Every name that the statements mention. */
  readonly known: ReadonlySet<string>;
  /** Every pattern of names that they mention. */
  readonly patterns: readonly string[];
}

/** Gathers the statements about an object. */
export function readObjectRules(table: NodeTable, atoms: readonly Literal[]): ObjectRules {
  const [rules, demands]: [NameRule[], NameRule[]] = [[], []];
  const [required, absent] = [new Set<string>(), new Set<string>()];
  const [nameRules, nameDemands]: [Literal[], Literal[]] = [[], []];
  let [min, max] = [0, Number.POSITIVE_INFINITY];
  for (const atom of atoms) {
    const node = table.node(atom);
    const isDenied = atom % 2 === 1;
    if (node.kind === 'minProperties') {
      if (isDenied) max = Math.min(max, Math.ceil(node.count) - 1);
      else min = Math.max(min, Math.ceil(node.count));
    } else if (node.kind === 'required') (isDenied ? absent : required).add(node.name);
    else if (node.kind === 'names') {
      const { matcher } = node;
      if (isDenied) demands.push({ matcher, each: not(node.each) });
      else rules.push({ matcher, each: node.each });
    } else if (node.kind === 'propertyNames') {
      if (isDenied) nameDemands.push(not(node.each));
      else nameRules.push(node.each);
    }
  }
  const known = new Set([...required, ...absent]);
  const patterns = new Set<string>();
  for (const { matcher } of [...rules, ...demands]) {
    if (matcher.kind === 'name') known.add(matcher.name);
    else if (matcher.kind === 'pattern') patterns.add(matcher.source);
    else {
      for (const name of matcher.names) known.add(name);
      for (const source of matcher.patterns) patterns.add(source);
    }
  }
  return {
    rules,
    demands,
    required,
    absent,
    nameRules,
    nameDemands,
    min,
    max,
    known,
    patterns: [...patterns].sort(),
  };
}
