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

/** How many patterns and demands are told apart: each may double the cells. */
const CRITERIA_MAX = 12;

/**
 * Sorts the names that no statement mentions by the rules for them, and by the demands that they meet: where there is room
 * for one property alone, its name must meet them all. `undefined` when there are too many cells.
 */
export function freshNames(solver: ValueSearch, rules: ObjectRules): NameCells | undefined {
  const { table } = solver;
  const patterns = rules.patterns.map((source) => table.plain({ kind: 'pattern', source }));
  const criteria = [...patterns, ...rules.nameDemands];
  if (criteria.length > CRITERIA_MAX) return undefined;
  const fresh = table.and([
    table.type(TYPE_BITS.string),
    ...rules.nameRules,
    ...(rules.known.size === 0 ? [] : [not(table.enum(rules.known))]),
  ]);
  const cells: NameCell[] = [];
  let doubt: Finding | undefined;
  const split = (name: Literal, held: readonly boolean[]): void => {
    solver.step();
    const found = solver.solve(name);
    if (found.kind === 'none') return;
    if (found.kind === 'unknown') doubt ??= found;
    const next = criteria[held.length];
    if (next !== undefined) {
      split(table.and([name, next]), [...held, true]);
      split(table.and([name, not(next)]), [...held, false]);
      return;
    }
    const isHeld = (source: string): boolean => held[rules.patterns.indexOf(source)] === true;
    const matches = (matcher: NameMatcher): boolean => {
      if (matcher.kind === 'name') return false;
      if (matcher.kind === 'pattern') return isHeld(matcher.source);
      return !matcher.patterns.some(isHeld);
    };
    const value = table.and(
      rules.rules.filter(({ matcher }) => matches(matcher)).map(({ each }) => each),
    );
    if (value !== FALSE) cells.push({ name, value, matches });
  };
  split(fresh, []);
  return { cells, doubt };
}
