import {
  type Finding,
  firstWitness,
  NONE,
  undecided,
  witness,
} from '#contracts/containment/finding';
import { freshNames, type NameCell, type NameCells } from '#contracts/containment/fresh-names';
import { every } from '#contracts/containment/judge';
import { type Literal, type NameMatcher, not, TRUE } from '#contracts/containment/node';
import { type ObjectRules, readObjectRules } from '#contracts/containment/object-rules';
import type { ValueSearch } from '#contracts/containment/value-search';
import type { Json } from '#domain/canonical-json';

/** The most properties that an object is given beyond those that it needs. */
const FILLED_MAX = 1_000;

/** Looks for an object. */
export function findObject(solver: ValueSearch, atoms: readonly Literal[]): Finding {
  const rules = readObjectRules(solver.table, atoms);
  if (rules.max < rules.min || rules.max < rules.required.size) return NONE;
  return new ObjectSearch(solver, rules).search();
}

/** The properties chosen so far, each with what its value must satisfy. */
type Chosen = ReadonlyMap<string, Literal>;

/** What must be found in the object: a value under some name, or a name. */
interface Demand {
  readonly value: Literal;
  readonly name: Literal;
  readonly matcher: NameMatcher | undefined;
}

class ObjectSearch {
  readonly #solver: ValueSearch;
  readonly #rules: ObjectRules;
  readonly #demands: readonly Demand[];
  #cells: NameCells | undefined | 'not asked' = 'not asked';
  #doubt: Finding | undefined;

  constructor(solver: ValueSearch, rules: ObjectRules) {
    this.#solver = solver;
    this.#rules = rules;
    this.#demands = [
      ...rules.demands.map(({ matcher, each }) => ({ matcher, value: each, name: TRUE })),
      ...rules.nameDemands.map((name) => ({ matcher: undefined, value: TRUE, name })),
    ];
  }

  search(): Finding {
    const chosen = new Map<string, Literal>();
    for (const name of this.#rules.required) {
      if (!this.#mayBe(name)) return this.#nothing();
      const value = this.#ruleFor(name);
      if (this.#isImpossible(value)) return this.#nothing();
      chosen.set(name, value);
    }
    const found = this.#meet(0, chosen);
    return found.kind === 'none' ? this.#nothing() : found;
  }

  #nothing(): Finding {
    return this.#doubt ?? NONE;
  }

  /** Meets one demand after the other, each in every way. */
  #meet(at: number, chosen: Chosen): Finding {
    this.#solver.step();
    if (chosen.size > this.#rules.max) return NONE;
    const demand = this.#demands[at];
    if (demand === undefined) return this.#complete(chosen);
    const ways = function* (search: ObjectSearch): Iterable<Finding> {
      for (const more of search.#waysToMeet(demand, chosen)) yield search.#meet(at + 1, more);
    };
    return firstWitness(ways(this));
  }

  *#waysToMeet(demand: Demand, chosen: Chosen): Iterable<Chosen> {
    for (const [name, value] of chosen) {
      if (!this.#fits(demand, name)) continue;
      const both = this.#solver.table.and([value, demand.value]);
      if (!this.#isImpossible(both)) yield new Map(chosen).set(name, both);
    }
    if (chosen.size >= this.#rules.max) return;
    for (const name of this.#rules.known) {
      if (chosen.has(name) || !this.#fits(demand, name) || !this.#mayBe(name)) continue;
      const both = this.#solver.table.and([this.#ruleFor(name), demand.value]);
      if (!this.#isImpossible(both)) yield new Map(chosen).set(name, both);
    }
    if (demand.matcher?.kind === 'name') return;
    for (const cell of this.#freshCells()) {
      if (demand.matcher !== undefined && !cell.matches(demand.matcher)) continue;
      const both = this.#solver.table.and([cell.value, demand.value]);
      if (this.#isImpossible(both)) continue;
      const name = this.#freshName(cell, { chosen, also: demand.name });
      if (name !== undefined) yield new Map(chosen).set(name, both);
    }
  }

  /** Adds properties until there are enough, and makes the object. */
  #complete(chosen: Chosen): Finding {
    const all = new Map(chosen);
    if (this.#rules.min > FILLED_MAX + all.size) {
      return undecided(`its objects have more than ${FILLED_MAX} properties`);
    }
    for (const name of this.#rules.known) {
      if (all.size >= this.#rules.min) break;
      if (all.has(name) || !this.#mayBe(name)) continue;
      const value = this.#ruleFor(name);
      if (!this.#isImpossible(value)) all.set(name, value);
    }
    for (const cell of all.size < this.#rules.min ? this.#freshCells() : []) {
      if (this.#isImpossible(cell.value)) continue;
      while (all.size < this.#rules.min) {
        const name = this.#freshName(cell, { chosen: all, also: TRUE });
        if (name === undefined) break;
        all.set(name, cell.value);
      }
    }
    return all.size < this.#rules.min ? this.#nothing() : this.#make(all);
  }

  #make(chosen: Chosen): Finding {
    const entries: [string, Json][] = [];
    for (const [name, value] of chosen) {
      const found = this.#solver.solve(value);
      if (found.kind !== 'witness') return found;
      entries.push([name, found.value]);
    }
    return witness(Object.fromEntries(entries));
  }

  /** Says what the value under a name must satisfy. */
  #ruleFor(name: string): Literal {
    const { table, patterns } = this.#solver;
    const values: Literal[] = [];
    for (const { matcher, each } of this.#rules.rules) {
      const isFor = patterns.isFor(matcher, name);
      if (isFor === undefined) this.#doubt ??= undecided('a pattern of names cannot be read');
      if (isFor !== false) values.push(each);
    }
    return table.and(values);
  }

  /** Says whether a property may have a name at all. */
  #mayBe(name: string): boolean {
    if (this.#rules.absent.has(name)) return false;
    const answer = every(this.#rules.nameRules, (rule) => this.#solver.judge.judge(rule, name));
    if (answer === 'unknown') this.#doubt ??= undecided('whether a name fits is not known');
    return answer !== 'no';
  }

  #fits({ matcher, name: rule }: Demand, name: string): boolean {
    const fits = matcher === undefined ? true : this.#solver.patterns.isFor(matcher, name);
    const answer = this.#solver.judge.judge(rule, name);
    if (fits === undefined || (fits && answer === 'unknown'))
      this.#doubt ??= undecided('whether a name fits is not known');
    return fits === true && answer !== 'no';
  }

  #isImpossible(value: Literal): boolean {
    const found = this.#solver.solve(value);
    // What is not decided here is decided when the object is made.
    return found.kind === 'none';
  }

  #freshCells(): readonly NameCell[] {
    if (this.#cells === 'not asked') this.#cells = freshNames(this.#solver, this.#rules);
    if (this.#cells === undefined) {
      this.#doubt ??= undecided('too many patterns of names hang together');
      return [];
    }
    this.#doubt ??= this.#cells.doubt;
    return this.#cells.cells;
  }

  /** Gives a name of a cell that the object does not have yet. */
  #freshName(
    cell: NameCell,
    { chosen, also }: { readonly chosen: Chosen; readonly also: Literal },
  ): string | undefined {
    const { table } = this.#solver;
    const taken = [...chosen.keys()];
    const others = taken.length === 0 ? TRUE : not(table.enum(taken));
    const found = this.#solver.solve(table.and([cell.name, also, others]));
    if (found.kind === 'unknown') this.#doubt ??= found;
    return found.kind === 'witness' && typeof found.value === 'string' ? found.value : undefined;
  }
}
