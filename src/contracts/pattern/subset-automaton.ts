import { type Alphabet, alphabetOf, representatives } from '#contracts/pattern/alphabet';
import { WORD_CHARACTERS } from '#contracts/pattern/character-sets';
import { holds } from '#contracts/pattern/code-point-set';
import { buildNfa, type Nfa, type NfaState } from '#contracts/pattern/nfa';
import type { Pattern, PatternAssertion } from '#contracts/pattern/pattern';

/** What stands before or after a place, as far as the assertions of the pattern ask. The beginning is `edge`. */
type Neighbour = 'edge' | 'other' | 'word';

/** Every state that a match could be in at one place of a text, and what stands before it. */
export interface Subset {
  /** Equal for equal subsets, and different for different ones. */
  readonly key: string;
  readonly states: readonly number[];
  readonly before: Neighbour;
  /** By what comes next: the states that read it. Undefined says that a match ends here. */
  readonly readers: Map<Neighbour, readonly number[] | undefined>;
}

/**
 * Reads a text with all the states of a pattern at once, which is what keeps the time linear. Assertions need the next
 * character, so a subset holds states before their empty steps, and these are done when the next character is known.
 */
export class SubsetAutomaton {
  readonly alphabet: Alphabet;
  readonly start: Subset;
  readonly #nfa: Nfa;
  readonly #representatives: readonly number[];
  readonly #asserts: ReadonlySet<PatternAssertion>;
  readonly #marks: Int32Array;
  #mark = 0;
  #work = 0;

  constructor(pattern: Pattern) {
    this.#nfa = buildNfa(pattern);
    const { states } = this.#nfa;
    const asserts = states.flatMap((state) => (state.kind === 'assert' ? [state.assertion] : []));
    this.#asserts = new Set(asserts);
    const sets = states.flatMap((state) => (state.kind === 'read' ? [state.set] : []));
    this.alphabet = alphabetOf(this.#looksAtWords ? [...sets, WORD_CHARACTERS] : sets);
    this.#representatives = representatives(this.alphabet);
    this.#marks = new Int32Array(states.length);
    this.start = subset([], this.#asserts.has('begin') ? 'edge' : 'other');
  }

  /** How many states were looked at since the start: a measure of time without a clock. */
  get work(): number {
    return this.#work;
  }

  /** Goes on by one character of a class. Gives `matched` when a match ended before it. */
  step(from: Subset, label: number): Subset | 'matched' {
    const codePoint = this.#representatives[label] ?? 0;
    const isWord = this.#looksAtWords && holds(WORD_CHARACTERS, codePoint);
    const after = isWord ? 'word' : 'other';
    const readers = this.#readers(from, after);
    if (readers === undefined) return 'matched';
    const next: number[] = [];
    this.#mark += 1;
    this.#work += readers.length + 1;
    for (const index of readers) {
      const state = this.#nfa.states[index];
      if (state?.kind !== 'read' || !holds(state.set, codePoint)) continue;
      if (this.#isNew(state.to)) next.push(state.to);
    }
    return subset(
      next.sort((a, b) => a - b),
      after,
    );
  }

  /** Says whether a match ends at the end of the text. */
  acceptsAtEnd(at: Subset): boolean {
    const isSeen = this.#asserts.has('end') || this.#looksAtWords;
    return this.#readers(at, isSeen ? 'edge' : 'other') === undefined;
  }

  get #looksAtWords(): boolean {
    return this.#asserts.has('boundary') || this.#asserts.has('no-boundary');
  }

  #readers(at: Subset, after: Neighbour): readonly number[] | undefined {
    if (at.readers.has(after)) return at.readers.get(after);
    const readers = this.#close(at, after);
    at.readers.set(after, readers);
    return readers;
  }

  #close({ states, before }: Subset, after: Neighbour): readonly number[] | undefined {
    const readers: number[] = [];
    // A match may begin at every place, so the start is always among the states.
    const stack = [...states, this.#nfa.start];
    this.#mark += 1;
    for (let index = stack.pop(); index !== undefined; index = stack.pop()) {
      const state = this.#nfa.states[index];
      if (state === undefined || !this.#isNew(index)) continue;
      this.#work += 1;
      if (state.kind === 'accept') return undefined;
      if (state.kind === 'read') readers.push(index);
      else stack.push(...emptySteps(state, before, after));
    }
    return readers;
  }

  #isNew(index: number): boolean {
    if (this.#marks[index] === this.#mark) return false;
    this.#marks[index] = this.#mark;
    return true;
  }
}

function emptySteps(
  state: Extract<NfaState, { kind: 'assert' | 'fork' }>,
  before: Neighbour,
  after: Neighbour,
): readonly number[] {
  if (state.kind === 'fork') return state.to;
  return isTrue(state.assertion, before, after) ? [state.to] : [];
}

function isTrue(assertion: PatternAssertion, before: Neighbour, after: Neighbour): boolean {
  const isBoundary = (before === 'word') !== (after === 'word');
  switch (assertion) {
    case 'begin':
      return before === 'edge';
    case 'boundary':
      return isBoundary;
    case 'end':
      return after === 'edge';
    case 'no-boundary':
      return !isBoundary;
    default:
      return assertion satisfies never;
  }
}

function subset(states: readonly number[], before: Neighbour): Subset {
  // State indexes stay under PATTERN_STATES_MAX, so each fits into one UTF-16 unit.
  const key = `${before}:${String.fromCharCode(...states)}`;
  return { key, states, before, readers: new Map() };
}
