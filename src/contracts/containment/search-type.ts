import { Claims } from '#contracts/containment/claims';
import { findArray } from '#contracts/containment/find-array';
import { findNumber } from '#contracts/containment/find-number';
import { findObject } from '#contracts/containment/find-object';
import { findText } from '#contracts/containment/find-text';
import { type Finding, NONE, undecided, witness } from '#contracts/containment/finding';
import { FALSE, type Literal, TRUE, type ValueType } from '#contracts/containment/node';
import type { ValueSearch } from '#contracts/containment/value-search';

/** Looks for a value of one type that satisfies a statement in its form for that type. */
export function searchType(solver: ValueSearch, form: Literal, type: ValueType): Finding {
  if (form === FALSE) return NONE;
  const claims = new Claims({
    table: solver.table,
    disjointness: solver.disjointness,
    ways: new Map(),
  });
  claims.add(form);
  claims.settle();
  return new TypeSearch(solver, form, type).search(claims);
}

/** A choice decides much when each of its ways says at least four things. */
const DECISIVE_WEIGHT = 1 / 4;

class TypeSearch {
  readonly #solver: ValueSearch;
  readonly #form: Literal;
  readonly #type: ValueType;

  constructor(solver: ValueSearch, form: Literal, type: ValueType) {
    this.#solver = solver;
    this.#form = form;
    this.#type = type;
  }

  search(claims: Claims): Finding {
    this.#solver.step();
    if (!claims.isPossible) return NONE;
    const open = claims.choices().map((ways) => ({ ways, weight: this.#weightOf(ways) }));
    const found = this.#find(claims.plain);
    // What is impossible without the choices is so with them; what satisfies them too is found.
    if (open.length === 0 || found.kind === 'none' || this.#satisfies(found)) return found;
    let narrowest: readonly Literal[] | undefined;
    for (const { ways, weight } of open.toSorted((a, b) => a.weight - b.weight)) {
      const probe = this.#probe(claims, ways);
      if (probe.found !== undefined) return probe.found;
      if (probe.ways.length === 0) return NONE;
      if (probe.ways.length < (narrowest?.length ?? Infinity)) narrowest = probe.ways;
      // After such a choice most others are settled: it would be a waste to look at them now.
      if (probe.ways.length === 1 || weight < DECISIVE_WEIGHT * ways.length) {
        narrowest = probe.ways;
        break;
      }
    }
    return this.#branch(claims, narrowest ?? []);
  }

  /** Says how little a choice decides: few ways that say much come first. */
  #weightOf(ways: readonly Literal[]): number {
    const said = ways.map((way) => {
      const node = this.#solver.table.node(way);
      return node.kind === 'and' && way % 2 === 0 ? node.parts.length : 1;
    });
    return (ways.length * ways.length) / said.reduce((sum, count) => sum + count, 1);
  }

  /**
   * Drops the ways of a choice that are impossible beside the plain statements, whatever the other choices come to. Most
   * proofs end here, without trying combinations.
   */
  #probe(
    claims: Claims,
    ways: readonly Literal[],
  ): { readonly ways: readonly Literal[]; readonly found: Finding | undefined } {
    const left: Literal[] = [];
    for (const way of ways) {
      this.#solver.step();
      const values = claims.valuesFor(way);
      if (values?.some((list) => list.every((value) => this.#isImpossible(value))) === true)
        continue;
      if (values === undefined) {
        const found = this.#find(claims.plainWith(way));
        if (found.kind === 'none') continue;
        if (this.#satisfies(found)) return { ways: left, found };
      }
      left.push(way);
    }
    return { ways: left, found: undefined };
  }

  #isImpossible(value: Literal): boolean {
    return this.#solver.solve(value).kind === 'none';
  }

  #branch(claims: Claims, ways: readonly Literal[]): Finding {
    let finding: Finding = NONE;
    for (const way of ways) {
      const one = this.search(claims.with(way));
      if (one.kind === 'witness') return one;
      if (finding.kind === 'none') finding = one;
    }
    return finding;
  }

  #satisfies(found: Finding): boolean {
    return found.kind === 'witness' && this.#solver.judge.judge(this.#form, found.value) === 'yes';
  }

  /** Looks for a value for plain statements alone. */
  #find(plain: Literal): Finding {
    if (plain === FALSE) return NONE;
    return this.#solver.remember(`${this.#type} ${plain}`, () => {
      this.#solver.step();
      const found = this.#findPlain(plain);
      if (found.kind !== 'witness') return found;
      const answer = this.#solver.judge.judge(plain, found.value);
      if (answer === 'yes') return found;
      return undecided(
        answer === 'unknown'
          ? opaqueReason(this.#solver, plain)
          : 'a value was found that does not satisfy what it was made for',
      );
    });
  }

  #findPlain(plain: Literal): Finding {
    const node = this.#solver.table.node(plain);
    const parts = node.kind === 'and' && plain % 2 === 0 ? node.parts : [plain];
    // What cannot be decided is asked of the value that the rest leads to.
    const atoms = parts.filter(
      (part) => part !== TRUE && this.#solver.table.node(part).kind !== 'opaque',
    );
    const listed = this.#listed(atoms);
    if (listed !== undefined) return listed;
    switch (this.#type) {
      case 'null':
        return witness(null);
      case 'boolean':
        return this.#first(atoms, [true, false]);
      case 'integer':
      case 'fraction':
        return findNumber(this.#solver, atoms, this.#type === 'integer');
      case 'string':
        return findText(this.#solver, atoms);
      case 'array':
        return findArray(this.#solver, atoms);
      case 'object':
        return findObject(this.#solver, atoms);
      default:
        return this.#type satisfies never;
    }
  }

  /** Tries the values of an enumeration, where there is one among the statements. */
  #listed(atoms: readonly Literal[]): Finding | undefined {
    for (const atom of atoms) {
      const node = this.#solver.table.node(atom);
      if (node.kind === 'enum' && atom % 2 === 0)
        return this.#first(atoms, [...node.values.values()]);
    }
    return undefined;
  }

  #first(
    atoms: readonly Literal[],
    values: readonly Extract<Finding, { kind: 'witness' }>['value'][],
  ): Finding {
    const all = this.#solver.table.and(atoms);
    let finding: Finding = NONE;
    for (const value of values) {
      const answer = this.#solver.judge.judge(all, value);
      if (answer === 'yes') return witness(value);
      if (answer === 'unknown') finding = undecided(opaqueReason(this.#solver, all));
    }
    return finding;
  }
}

/** Says why a value cannot be judged. */
function opaqueReason(solver: ValueSearch, plain: Literal): string {
  const node = solver.table.node(plain);
  const parts = node.kind === 'and' ? node.parts : [plain];
  for (const part of parts) {
    const inner = solver.table.node(part);
    if (inner.kind === 'opaque') return inner.reason;
    if (inner.kind === 'format')
      return `whether a text has the format "${inner.name}" is not known`;
  }
  return 'whether a value satisfies it cannot be told';
}
