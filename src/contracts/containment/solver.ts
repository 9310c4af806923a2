import { Disjointness } from '#contracts/containment/disjoint';
import { type Finding, NONE, undecided, witness } from '#contracts/containment/finding';
import { Judge } from '#contracts/containment/judge';
import { PatternBook } from '#contracts/containment/name-patterns';
import { FALSE, type Literal, not, TRUE } from '#contracts/containment/node';
import { ComparisonStopped, type NodeTable } from '#contracts/containment/node-table';
import { searchType } from '#contracts/containment/search-type';
import { TypedForms } from '#contracts/containment/typed-form';
import type { ValueSearch } from '#contracts/containment/value-search';
import { LanguageTooLarge } from '#contracts/pattern/language';
import type { Json } from '#domain/canonical-json';

export interface SearchBudget {
  /** How many steps a search may take. */
  readonly stepsMax: number;
  /** Asked now and then whether the time is over. */
  readonly expired: () => boolean;
}

/** How deep values may lie in each other in a search. */
const DEPTH_MAX = 100;
const STEPS_BETWEEN_CLOCKS = 256;

/**
 * Looks for a value that satisfies a statement, or proves that there is none.
 *
 * What is looked for below is always a smaller value. A search that comes to itself again is given up there: the smallest
 * value of all cannot hold another one of the same kind inside. What was found "none" under such an assumption holds only
 * as long as the assumption does, so it is kept for later only when it rests on nothing that is still open.
 */
export class Solver implements ValueSearch {
  readonly table: NodeTable;
  readonly patterns = new PatternBook();
  readonly judge: Judge;
  readonly disjointness: Disjointness;
  readonly forms: TypedForms;
  readonly #found = new Map<string, Finding>();
  readonly #open = new Map<Literal, number>();
  // The outermost open search that what is being found rests on.
  #restsOn = Number.POSITIVE_INFINITY;
  #steps = 0;
  #budget: SearchBudget = { stepsMax: 0, expired: () => true };

  constructor(table: NodeTable) {
    this.table = table;
    this.judge = new Judge(table, this.patterns);
    this.disjointness = new Disjointness(table, this.judge);
    this.forms = new TypedForms(table, this.disjointness);
  }

  /**
   * Looks for a value that satisfies a statement. What was found for others before is used again.
   * @throws ComparisonStopped when the steps or the time are used up; then the solver is of no more use
   */
  search(literal: Literal, budget: SearchBudget): Finding {
    this.#budget = budget;
    this.#steps = 0;
    return this.solve(literal);
  }

  solve(literal: Literal): Finding {
    if (literal === FALSE) return NONE;
    if (literal === TRUE) return witness(null);
    const depth = this.#open.get(literal);
    if (depth !== undefined) {
      this.#restsOn = Math.min(this.#restsOn, depth);
      return NONE;
    }
    if (this.#open.size >= DEPTH_MAX) return undecided('values would lie too deep in each other');
    return this.remember(`value ${literal}`, () => {
      this.#open.set(literal, this.#open.size);
      try {
        return this.#search(literal);
      } finally {
        this.#open.delete(literal);
        // What rests on this search itself is settled with it.
        if (this.#restsOn >= this.#open.size) this.#restsOn = Number.POSITIVE_INFINITY;
      }
    });
  }

  /** Gives what was found before under a key, or finds it and keeps it if it rests on nothing open. */
  remember(key: string, find: () => Finding): Finding {
    const found = this.#found.get(key);
    if (found !== undefined) return found;
    const outer = this.#restsOn;
    this.#restsOn = Number.POSITIVE_INFINITY;
    const finding = find();
    if (finding.kind === 'witness' || this.#restsOn === Number.POSITIVE_INFINITY)
      this.#found.set(key, finding);
    this.#restsOn = Math.min(outer, this.#restsOn);
    return finding;
  }

  /** Counts a step. @throws ComparisonStopped */
  step(): void {
    this.#steps += 1;
    if (this.#steps > this.#budget.stepsMax) {
      throw new ComparisonStopped(`it takes more than ${this.#budget.stepsMax} steps`);
    }
    if (this.#steps % STEPS_BETWEEN_CLOCKS === 0 && this.#budget.expired()) {
      throw new ComparisonStopped('its time is over');
    }
  }

  /** Lists up to `max` different values; exhaustive when there are no others. */
  values(
    literal: Literal,
    max: number,
  ): { readonly values: readonly Json[]; readonly rest: Finding } {
    const values: Json[] = [];
    let rest: Finding = NONE;
    while (values.length <= max) {
      const others = values.length === 0 ? TRUE : not(this.table.enum(values));
      rest = this.solve(this.table.and([literal, others]));
      if (rest.kind !== 'witness' || values.length === max) break;
      values.push(rest.value);
    }
    return { values, rest };
  }

  #search(literal: Literal): Finding {
    this.step();
    const listed = this.#listedValues(literal);
    if (listed !== undefined) return this.#judgeAll(literal, listed);
    let finding: Finding = NONE;
    for (const type of this.forms.possible(literal)) {
      const one = this.#searchType(literal, type);
      if (one.kind === 'witness') return one;
      if (finding.kind === 'none') finding = one;
    }
    return finding;
  }

  #searchType(literal: Literal, type: Parameters<typeof searchType>[2]): Finding {
    try {
      return searchType(this, this.forms.of(literal, type), type);
    } catch (error) {
      if (error instanceof LanguageTooLarge) return undecided(error.message);
      throw error;
    }
  }

  /** Gives the shortest list of values that a statement allows, where it has one. */
  #listedValues(literal: Literal): readonly Json[] | undefined {
    const node = this.table.node(literal);
    if (literal % 2 === 1) return undefined;
    const parts = node.kind === 'and' ? node.parts : [literal];
    let shortest: readonly Json[] | undefined;
    for (const part of parts) {
      const inner = this.table.node(part);
      if (inner.kind !== 'enum' || part % 2 === 1) continue;
      if (shortest === undefined || inner.values.size < shortest.length)
        shortest = [...inner.values.values()];
    }
    return shortest;
  }

  /** Takes the first of some values that satisfies a statement. */
  #judgeAll(literal: Literal, values: readonly Json[]): Finding {
    let finding: Finding = NONE;
    for (const value of values) {
      this.step();
      const answer = this.judge.judge(literal, value);
      if (answer === 'yes') return witness(value);
      if (answer === 'unknown') finding = undecided(this.#whyUnknown(literal));
    }
    return finding;
  }

  #whyUnknown(literal: Literal): string {
    const reasons = new Set<string>();
    const visit = (part: Literal, left: number): void => {
      const node = this.table.node(part);
      if (node.kind === 'opaque') reasons.add(node.reason);
      if (node.kind === 'format')
        reasons.add(`whether a text has the format "${node.name}" is not known`);
      if ((node.kind === 'and' || node.kind === 'oneOf') && left > 0)
        for (const inner of node.parts) visit(inner, left - 1);
    };
    visit(literal, 4);
    return [...reasons][0] ?? 'whether a value satisfies it cannot be told';
  }
}
