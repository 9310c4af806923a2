import type { Finding } from '#contracts/containment/finding';
import { FALSE, type Literal, type NameMatcher, not, TYPE_BITS } from '#contracts/containment/node';
import type { ObjectRules } from '#contracts/containment/object-rules';
import type { ValueSearch } from '#contracts/containment/value-search';

/** The names that no statement mentions and that match the same patterns: the same rules hold for all of them. */
export interface NameCell {
  /** What such a name is. */
  readonly name: Literal;
  /** What the value under it must satisfy. */
  readonly value: Literal;
  readonly matches: (matcher: NameMatcher) => boolean;
}

/** The cells of names, and whether something about them could not be decided. */
export interface NameCells {
  readonly cells: readonly NameCell[];
  readonly doubt: Finding | undefined;
}

/** How many patterns are told apart: each may double the cells. */
const PATTERNS_MAX = 12;

/** Sorts the names that no statement mentions by the rules for them. `undefined` when there are too many cells. */
export function freshNames(solver: ValueSearch, rules: ObjectRules): NameCells | undefined {
  const { table } = solver;
  if (rules.patterns.length > PATTERNS_MAX) return undefined;
  const fresh = table.and([
    table.type(TYPE_BITS.string),
    ...rules.nameRules,
    ...(rules.known.size === 0 ? [] : [not(table.enum(rules.known))]),
  ]);
  const cells: NameCell[] = [];
  let doubt: Finding | undefined;
  const split = (name: Literal, held: ReadonlyMap<string, boolean>): void => {
    solver.step();
    const found = solver.solve(name);
    if (found.kind === 'none') return;
    if (found.kind === 'unknown') doubt ??= found;
    const next = rules.patterns[held.size];
    if (next !== undefined) {
      const pattern = table.plain({ kind: 'pattern', source: next });
      split(table.and([name, pattern]), new Map(held).set(next, true));
      split(table.and([name, not(pattern)]), new Map(held).set(next, false));
      return;
    }
    const matches = (matcher: NameMatcher): boolean => {
      if (matcher.kind === 'name') return false;
      if (matcher.kind === 'pattern') return held.get(matcher.source) === true;
      return matcher.patterns.every((source) => held.get(source) === false);
    };
    const value = table.and(
      rules.rules.filter(({ matcher }) => matches(matcher)).map(({ each }) => each),
    );
    if (value !== FALSE) cells.push({ name, value, matches });
  };
  split(fresh, new Map());
  return { cells, doubt };
}
