import {
  type ArrayRules,
  readArrayRules,
  ruleAt,
  uniformFrom,
} from '#contracts/containment/array-rules';
import { distinctValues } from '#contracts/containment/distinct-values';
import {
  type Finding,
  firstWitness,
  NONE,
  undecided,
  witness,
} from '#contracts/containment/finding';
import {
  type ItemOption,
  type ItemOptions,
  itemOptions,
} from '#contracts/containment/item-options';
import type { Literal } from '#contracts/containment/node';
import type { ValueSearch } from '#contracts/containment/value-search';
import type { Json } from '#domain/canonical-json';

/** The longest array that is made. */
const LENGTH_MAX = 2_000;
/** The longest array whose items are made different from each other. */
const UNIQUE_MAX = 64;

/** Looks for an array. */
export function findArray(solver: ValueSearch, atoms: readonly Literal[]): Finding {
  const rules = readArrayRules(solver.table, atoms);
  if (rules.max < rules.min) return NONE;
  if (rules.counts.some(({ least, most }) => most < least)) return NONE;
  const search = new ArraySearch(solver, rules);
  return rules.hasTwins ? search.withTwins() : search.plain();
}

interface Path {
  readonly options: readonly ItemOption[];
  readonly counts: readonly number[];
  readonly demands: number;
}

/** Two indexes whose items are one value, chosen in one way. */
interface Twins {
  readonly first: number;
  readonly second: number;
  readonly option: ItemOption;
}

class ArraySearch {
  readonly #solver: ValueSearch;
  readonly #rules: ArrayRules;
  readonly #uniform: number;
  readonly #lengthMax: number;
  readonly #options = new Map<number, ItemOptions | undefined>();

  constructor(solver: ValueSearch, rules: ArrayRules) {
    this.#solver = solver;
    this.#rules = rules;
    this.#uniform = uniformFrom(rules);
    // A longer array has an item that brings nothing: without it, it would do as well.
    const useful = rules.counts.map(({ least, most }) =>
      Number.isFinite(most) ? most + 1 : least,
    );
    const enough = useful.reduce((sum, count) => sum + count, rules.demands.length);
    this.#lengthMax = Math.min(
      rules.max,
      Math.max(rules.min, this.#uniform) + enough + (rules.hasTwins ? 2 : 0),
    );
  }

  plain(): Finding {
    if (this.#lengthMax > LENGTH_MAX && this.#rules.min > LENGTH_MAX) {
      return undecided(`its arrays are longer than ${LENGTH_MAX}`);
    }
    if (this.#rules.isUnique) {
      const crowded = this.#crowded();
      if (crowded !== undefined) return crowded;
    }
    return this.#search(undefined);
  }

  /** Looks for an array in which two items are equal. */
  withTwins(): Finding {
    const last = Math.min(this.#uniform + 1, this.#rules.max - 1);
    const ways = function* (search: ArraySearch): Iterable<Finding> {
      for (let second = 1; second <= last; second += 1)
        for (let first = 0; first < second; first += 1) yield search.#withTwinsAt(first, second);
    };
    return firstWitness(ways(this));
  }

  #withTwinsAt(first: number, second: number): Finding {
    const shared = itemOptions(this.#solver, this.#rules, [first, second]);
    if (shared === undefined) return tooMany();
    const findings = shared.options.map((option) => this.#search({ first, second, option }));
    return firstWitness(shared.doubt === undefined ? findings : [...findings, shared.doubt]);
  }

  /** Says whether there are too few different values for the least number of items. */
  #crowded(): Finding | undefined {
    const { min } = this.#rules;
    if (min > UNIQUE_MAX) return undecided(`more than ${UNIQUE_MAX} items must be different`);
    const { table } = this.#solver;
    const items = Array.from({ length: min }, (_, index) => ruleAt(table, this.#rules, index));
    const distinct = distinctValues(this.#solver, items);
    return distinct.kind === 'witness' ? undefined : distinct;
  }

  /** Extends the ways to choose items, one index after the other, keeping one way for each state. */
  #search(twins: Twins | undefined): Finding {
    const start: Path = { options: [], counts: this.#rules.counts.map(() => 0), demands: 0 };
    let layer = new Map([[stateOf(start), start]]);
    let finding: Finding = NONE;
    const note = (one: Finding): void => {
      if (finding.kind === 'none') finding = one;
    };
    for (let length = 0; layer.size > 0; length += 1) {
      for (const path of layer.values()) {
        if (!this.#isComplete(path, length, twins)) continue;
        const made = this.#make(path, twins);
        if (made.kind === 'witness') return made;
        note(made);
      }
      if (length >= this.#lengthMax) break;
      if (length >= LENGTH_MAX) return undecided(`its arrays are longer than ${LENGTH_MAX}`);
      const options = this.#optionsAt(length, twins);
      if (options === undefined) return tooMany();
      if (options.doubt !== undefined) note(options.doubt);
      layer = this.#extend(layer, options.options);
    }
    return finding;
  }

  #optionsAt(index: number, twins: Twins | undefined): ItemOptions | undefined {
    if (twins !== undefined && (index === twins.first || index === twins.second)) {
      return { options: [twins.option], doubt: undefined };
    }
    const at = Math.min(index, this.#uniform);
    if (!this.#options.has(at)) this.#options.set(at, itemOptions(this.#solver, this.#rules, [at]));
    return this.#options.get(at);
  }

  #extend(layer: ReadonlyMap<string, Path>, options: readonly ItemOption[]): Map<string, Path> {
    const next = new Map<string, Path>();
    for (const path of layer.values())
      for (const option of options) {
        this.#solver.step();
        const counts = this.#rules.counts.map(({ least, most }, at) => {
          const count = (path.counts[at] ?? 0) + (option.counts[at] === true ? 1 : 0);
          return Number.isFinite(most) ? count : Math.min(count, least);
        });
        if (this.#rules.counts.some(({ most }, at) => (counts[at] ?? 0) > most)) continue;
        const demands = path.demands | option.demands;
        const extended = { options: [...path.options, option], counts, demands };
        const state = stateOf(extended);
        if (!next.has(state)) next.set(state, extended);
      }
    return next;
  }

  #isComplete(path: Path, length: number, twins: Twins | undefined): boolean {
    const { min, max, counts, demands } = this.#rules;
    if (length < min || length > max) return false;
    if (twins !== undefined && length <= twins.second) return false;
    if (path.demands !== 2 ** demands.length - 1) return false;
    return counts.every(({ least }, at) => (path.counts[at] ?? 0) >= least);
  }

  #make({ options }: Path, twins: Twins | undefined): Finding {
    const items = options.map(({ item }) => item);
    if (this.#rules.isUnique) {
      if (items.length > UNIQUE_MAX)
        return undecided(`more than ${UNIQUE_MAX} items must be different`);
      const distinct = distinctValues(this.#solver, items);
      // Another way to the same state may do better, so this is no proof.
      return distinct.kind === 'none' ? undecided('items may have to be equal') : distinct;
    }
    const values: Json[] = [];
    for (const item of items) {
      const found = this.#solver.solve(item);
      if (found.kind !== 'witness') return found;
      values.push(found.value);
    }
    const twin = twins === undefined ? undefined : values[twins.first];
    if (twins !== undefined && twin !== undefined) values[twins.second] = twin;
    return witness(values);
  }
}

function stateOf({ counts, demands }: Path): string {
  return `${counts.join(' ')} ${demands}`;
}

function tooMany(): Finding {
  return undecided('its items can be chosen in too many ways');
}
