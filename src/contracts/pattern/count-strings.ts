import { classSizes } from '#contracts/pattern/alphabet';
import { type Dfa, stepOf } from '#contracts/pattern/dfa';
import { LANGUAGE_WORK_MAX, type LengthRange, within } from '#contracts/pattern/language-limits';

/** The state after some characters, and how many characters lead there. */
interface Edge {
  readonly to: number;
  readonly characters: number;
}

/** Counts, for one length after another, how many texts of it are accepted from each state on, up to `max`. */
export class EndingCounts {
  readonly #edges: readonly (readonly Edge[])[];
  readonly #max: number;
  #counts: Float64Array;
  #length = 0;
  #work = 0;

  constructor(dfa: Dfa, max: number) {
    this.#max = max;
    this.#edges = edgesOf(dfa);
    this.#counts = Float64Array.from(dfa.accepts);
  }

  get length(): number {
    return this.#length;
  }

  /** By state, for the length that is on. Another array for every length. */
  get counts(): Float64Array {
    return this.#counts;
  }

  /** How many texts of the length that is on are accepted from the beginning. */
  get accepted(): number {
    return this.#counts[0] ?? 0;
  }

  /** Says that no state accepts a text of this length, nor of any greater one. */
  get isOver(): boolean {
    return this.#counts.every((count) => count === 0);
  }

  /** Says that a text as long as there are states is accepted. It passes a state twice, so there are longer ones too. */
  get isEndless(): boolean {
    return this.#length >= this.#edges.length && !this.isOver;
  }

  /** @throws LanguageTooLarge when the work gets too much */
  advance(): void {
    const before = this.#counts;
    const after = new Float64Array(before.length);
    for (const [state, edges] of this.#edges.entries()) {
      let count = 0;
      for (const { to, characters } of edges) count += characters * (before[to] ?? 0);
      after[state] = Math.min(count, this.#max);
      this.#work += edges.length + 1;
    }
    this.#counts = after;
    this.#length += 1;
    within(this.#work, LANGUAGE_WORK_MAX, 'states to look at');
  }

  /** Leaves out lengths over which the counts have come back to what they are. */
  leap(lengths: number): void {
    this.#length += lengths;
  }
}

function edgesOf(dfa: Dfa): Edge[][] {
  const sizes = classSizes(dfa.alphabet);
  return Array.from({ length: dfa.stateCount }, (_, state) => {
    const characters = new Map<number, number>();
    for (const [label, size] of sizes.entries()) {
      const to = stepOf(dfa, state, label);
      characters.set(to, (characters.get(to) ?? 0) + size);
    }
    return Array.from(characters, ([to, count]) => ({ to, characters: count }));
  });
}

/** Notices that counts come back, after R. P. Brent: one earlier array is kept and replaced at powers of two. */
class Recurrence {
  #kept: Float64Array;
  #keptLength = 0;
  #period: number | undefined;

  constructor({ counts, length }: EndingCounts) {
    this.#kept = counts;
    this.#keptLength = length;
  }

  /** After how many lengths the counts come back, once that is known. Each array decides the next, so they always will. */
  periodAt({ counts, length }: EndingCounts): number | undefined {
    if (this.#period !== undefined || length === this.#keptLength) return this.#period;
    if (counts.every((count, state) => count === this.#kept[state])) {
      this.#period = length - this.#keptLength;
    } else if (length >= 2 * this.#keptLength) {
      this.#kept = counts;
      this.#keptLength = length;
    }
    return this.#period;
  }
}

/**
 * Counts the texts with a length in the range, at most `max`.
 * @throws LanguageTooLarge when the work gets too much before the counts come back to an earlier state
 */
export function countStrings(dfa: Dfa, max: number, range: LengthRange): number {
  const endings = new EndingCounts(dfa, max);
  const recurrence = new Recurrence(endings);
  while (endings.length < range.min) {
    if (endings.isOver) return 0;
    if (range.max === undefined && endings.isEndless) return max;
    const period = recurrence.periodAt(endings);
    const left = range.min - endings.length;
    if (period !== undefined && left >= period) endings.leap(left - (left % period));
    else endings.advance();
  }
  return sumCounts(endings, recurrence, { max, last: range.max });
}

function sumCounts(
  endings: EndingCounts,
  recurrence: Recurrence,
  { max, last }: { readonly max: number; readonly last: number | undefined },
): number {
  let sum = 0;
  let round: { readonly end: number; readonly period: number; readonly sum: number } | undefined;
  while (last === undefined || endings.length <= last) {
    const period = recurrence.periodAt(endings);
    if (period !== undefined) round ??= { end: endings.length + period, period, sum };
    if (last !== undefined && round?.end === endings.length) {
      // One whole period has been added up, so all that fit into the range give the same.
      const rounds = Math.floor((last - endings.length + 1) / round.period);
      sum = Math.min(sum + (sum - round.sum) * rounds, max);
      endings.leap(rounds * round.period);
      if (endings.length > last) return sum;
    }
    sum = Math.min(sum + endings.accepted, max);
    if (sum >= max || endings.isOver) return sum;
    if (last === undefined && endings.isEndless) return max;
    endings.advance();
  }
  return sum;
}
