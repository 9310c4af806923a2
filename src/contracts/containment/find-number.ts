import { type Finding, NONE, undecided, witness } from '#contracts/containment/finding';
import type { Literal } from '#contracts/containment/node';
import {
  compare,
  floorQuotient,
  isMultipleOf,
  leastCommonMultiple,
  plus,
  type Rational,
  rationalOf,
  reduced,
  times,
  toDouble,
} from '#contracts/containment/rational';
import type { ValueSearch } from '#contracts/containment/value-search';
import type { Json } from '#domain/canonical-json';

/** How many candidates are tried where there may be more. */
const CANDIDATES_MAX = 4_096;
const ONE: Rational = { over: 1n, under: 1n };

interface Bound {
  readonly limit: Rational;
  readonly exclusive: boolean;
}

/** What the statements say of a number. */
interface NumberRules {
  lower: Bound | undefined;
  upper: Bound | undefined;
  /** The number is a multiple of this. */
  grid: Rational | undefined;
  readonly notMultiplesOf: Rational[];
  readonly excluded: Rational[];
}

/** Looks for a whole number, or for one that is not whole. */
export function findNumber(
  solver: ValueSearch,
  atoms: readonly Literal[],
  isWhole: boolean,
): Finding {
  const rules = readRules(solver, atoms, isWhole);
  const { grid } = rules;
  if (grid !== undefined && rules.notMultiplesOf.some((factor) => isMultipleOf(grid, factor))) {
    return NONE;
  }
  return grid === undefined ? findBetween(rules) : findOnGrid(rules, grid);
}

function readRules(solver: ValueSearch, atoms: readonly Literal[], isWhole: boolean): NumberRules {
  const rules: NumberRules = {
    lower: undefined,
    upper: undefined,
    grid: isWhole ? ONE : undefined,
    notMultiplesOf: isWhole ? [] : [ONE],
    excluded: [],
  };
  for (const atom of atoms) {
    const node = solver.table.node(atom);
    const isDenied = atom % 2 === 1;
    if (node.kind === 'minimum') {
      const { limit, exclusive } = node;
      if (isDenied) rules.upper = tighter(rules.upper, { limit, exclusive: !exclusive }, -1);
      else rules.lower = tighter(rules.lower, { limit, exclusive }, 1);
    } else if (node.kind === 'multipleOf') {
      if (isDenied) rules.notMultiplesOf.push(node.factor);
      else
        rules.grid =
          rules.grid === undefined ? node.factor : leastCommonMultiple(rules.grid, node.factor);
    } else if (node.kind === 'enum' && isDenied) {
      addExcluded(rules, node.values.values());
    }
  }
  return rules;
}

function addExcluded({ excluded }: NumberRules, values: Iterable<Json>): void {
  for (const value of values) if (typeof value === 'number') excluded.push(rationalOf(value));
}

function tighter(old: Bound | undefined, bound: Bound, sign: 1 | -1): Bound {
  if (old === undefined) return bound;
  const order = compare(bound.limit, old.limit) * sign;
  if (order === 0) return bound.exclusive ? bound : old;
  return order > 0 ? bound : old;
}

/** Looks among the multiples of a number, nearest to 0 first. */
function findOnGrid(rules: NumberRules, grid: Rational): Finding {
  const { lower, upper } = rules;
  let least = lower === undefined ? undefined : floorQuotient(lower.limit, grid);
  // The quotient below the limit is the limit itself only where that is allowed.
  if (lower !== undefined && least !== undefined) {
    const at = compare(times(grid, least), lower.limit);
    if (at < 0 || lower.exclusive) least += 1n;
  }
  let most = upper === undefined ? undefined : floorQuotient(upper.limit, grid);
  if (upper?.exclusive === true && most !== undefined)
    if (compare(times(grid, most), upper.limit) === 0) most -= 1n;
  if (least !== undefined && most !== undefined && least > most) return NONE;
  let [up, down] = startOf(least, most);
  // A number that satisfies everything and that no double stands for: others can write it.
  let isMissed = false;
  for (let tried = 0; tried < CANDIDATES_MAX; tried += 1) {
    const upFits = most === undefined || up <= most;
    const downFits = least === undefined || down >= least;
    if (!upFits && !downFits) return isMissed ? undecided('no double is such a number') : NONE;
    const takeUp = upFits && (!downFits || tried % 2 === 0);
    const candidate = times(grid, takeUp ? up : down);
    const found = asAllowed(rules, candidate);
    if (found !== undefined) return witness(found);
    isMissed ||= !isExcluded(rules, candidate);
    if (takeUp) up += 1n;
    else down -= 1n;
  }
  return undecided('no number was found among many that may satisfy it');
}

function startOf(least: bigint | undefined, most: bigint | undefined): [bigint, bigint] {
  if (least !== undefined && least > 0n) return [least, least - 1n];
  if (most !== undefined && most < 0n) return [most + 1n, most];
  return [0n, -1n];
}

/** Looks between two bounds for a number that is not whole: at even steps, then at ever finer ones. */
function findBetween(rules: NumberRules): Finding {
  const { lower, upper } = rules;
  if (lower !== undefined && upper !== undefined) {
    const order = compare(lower.limit, upper.limit);
    if (order > 0 || (order === 0 && (lower.exclusive || upper.exclusive))) return NONE;
    if (order === 0) {
      // One number is left, so what it is decides.
      const only = isExcluded(rules, lower.limit) ? undefined : toDouble(lower.limit);
      if (only !== undefined) return witness(only);
      return isExcluded(rules, lower.limit) ? NONE : undecided('no double is this number');
    }
  }
  for (const candidate of candidatesBetween(lower, upper)) {
    const found = isWithin(rules, candidate) ? asAllowed(rules, candidate) : undefined;
    if (found !== undefined) return witness(found);
  }
  return undecided('no number was found among many that may satisfy it');
}

function* candidatesBetween(
  lower: Bound | undefined,
  upper: Bound | undefined,
): Iterable<Rational> {
  const from = lower?.limit ?? plus(upper?.limit ?? reduced(0n, 1n), reduced(-1000n, 1n));
  const to = upper?.limit ?? plus(from, reduced(1000n, 1n));
  const width = plus(to, times(from, -1n));
  for (let parts = 2n; parts < 2_048n; parts = parts * 2n + 1n) {
    for (let part = 0n; part <= parts && part < 64n; part += 1n) {
      const exact = plus(from, reduced(width.over * part, width.under * parts));
      yield rounded(exact);
      yield exact;
    }
  }
}

/** Gives a short decimal near a number. */
function rounded(value: Rational): Rational {
  const double = Number(value.over) / Number(value.under);
  return Number.isFinite(double) ? rationalOf(Number(double.toPrecision(6))) : value;
}

function isWithin({ lower, upper }: NumberRules, value: Rational): boolean {
  const above = lower === undefined ? 1 : compare(value, lower.limit);
  const below = upper === undefined ? -1 : compare(value, upper.limit);
  if (above < 0 || (above === 0 && lower?.exclusive === true)) return false;
  return below < 0 || (below === 0 && upper?.exclusive !== true);
}

function isExcluded({ notMultiplesOf, excluded }: NumberRules, value: Rational): boolean {
  return (
    notMultiplesOf.some((factor) => isMultipleOf(value, factor)) ||
    excluded.some((other) => compare(other, value) === 0)
  );
}

function asAllowed(rules: NumberRules, value: Rational): number | undefined {
  return isExcluded(rules, value) ? undefined : toDouble(value);
}
