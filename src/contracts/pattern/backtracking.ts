import { type CodePointSet, holds, overlap } from '#contracts/pattern/code-point-set';
import {
  type Follower,
  type FollowGraph,
  followGraph,
  loopsOf,
} from '#contracts/pattern/follow-graph';
import { buildNfa, type Nfa } from '#contracts/pattern/nfa';
import type { Pattern } from '#contracts/pattern/pattern';
import { quote } from '#domain/errors';

/** Patterns with more states are not judged: the work grows with the square of the states in a loop. */
const RISK_STATES_MAX = 1_000;

/** How many pairs of steps are compared before the search gives up, some hundred milliseconds. */
const RISK_PAIRS_MAX = 1_000_000;

const READABLE = 'abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_- .,:;/';

/**
 * Says in one sentence why an engine that backtracks may take exponential time for a text without a match, or gives
 * undefined when it does not or when that was not found within the limits. The sign is a loop in which one text is
 * read in two ways that begin and end alike: every round then doubles the ways (exponential ambiguity).
 */
export function backtrackingRisk(pattern: Pattern): string | undefined {
  const nfa = buildNfa(pattern);
  if (nfa.states.length > RISK_STATES_MAX) return undefined;
  const graph = followGraph(nfa);
  const search = new AmbiguitySearch(nfa);
  for (const loop of loopsOf(graph)) {
    const sets = search.findIn(within(graph, new Set(loop)));
    if (sets === undefined) continue;
    return `A repetition can read ${quote(sharedCharacter(sets))} in two ways, so that an engine that backtracks may try twice as many ways for each further character`;
  }
  return undefined;
}

function within(graph: FollowGraph, loop: ReadonlySet<number>): FollowGraph {
  const followers = (state: number) =>
    (graph.get(state) ?? []).filter((follower) => loop.has(follower.state));
  return new Map(Array.from(loop, (state) => [state, followers(state)]));
}

function sharedCharacter(sets: readonly CodePointSet[]): string {
  const isShared = (codePoint: number) => sets.every((set) => holds(set, codePoint));
  const readable = Array.from(READABLE).find((text) => isShared(text.codePointAt(0) ?? 0));
  // The first character that two sets share is the first of a range in one of them.
  const first = sets.flat().find((codePoint) => isShared(codePoint)) ?? 0;
  return readable ?? String.fromCodePoint(first);
}

interface StatePair {
  readonly left: number;
  readonly right: number;
}

/** Looks for two ways by walking two states through a loop at once, with equal characters. */
class AmbiguitySearch {
  readonly #sets: readonly (CodePointSet | undefined)[];
  readonly #setNumbers: readonly number[];
  readonly #overlaps = new Map<number, boolean>();
  #comparisons = 0;

  constructor(nfa: Nfa) {
    this.#sets = nfa.states.map((state) => (state.kind === 'read' ? state.set : undefined));
    const numbers = new Map<string, number>();
    this.#setNumbers = this.#sets.map((set) => {
      const key = set?.join() ?? '';
      const number = numbers.get(key) ?? numbers.size;
      numbers.set(key, number);
      return number;
    });
  }

  /** Gives the sets of the two characters with which the ways part or meet again. */
  findIn(loop: FollowGraph): readonly CodePointSet[] | undefined {
    for (const follower of [...loop.values()].flat()) {
      if (follower.isTwice) return this.#setsOf(follower.state, follower.state);
    }
    const pairs: StatePair[] = Array.from(loop.keys(), (state) => ({ left: state, right: state }));
    const seen = new Set<number>();
    for (const pair of pairs) {
      for (const next of this.#after(loop, pair)) {
        const isMeeting = next.left === next.right;
        // All states of a loop lead to each other, so ways that parted and met can do so again and again.
        if (isMeeting && pair.left !== pair.right) return this.#setsOf(pair.left, pair.right);
        const key = next.left * RISK_STATES_MAX + next.right;
        if (isMeeting || seen.has(key)) continue;
        seen.add(key);
        pairs.push(next);
      }
    }
    return undefined;
  }

  /** Gives the pairs that one and the same character leads to, the smaller state first. */
  #after(loop: FollowGraph, { left, right }: StatePair): StatePair[] {
    const next: StatePair[] = [];
    const others: readonly Follower[] = loop.get(right) ?? [];
    for (const { state: one } of loop.get(left) ?? []) {
      this.#comparisons += others.length;
      if (this.#comparisons > RISK_PAIRS_MAX) return [];
      for (const { state: other } of others) {
        if (!this.#overlap(one, other)) continue;
        next.push({ left: Math.min(one, other), right: Math.max(one, other) });
      }
    }
    return next;
  }

  #overlap(one: number, other: number): boolean {
    const [left = 0, right = 0] = [this.#setNumbers[one], this.#setNumbers[other]];
    const key = Math.min(left, right) * RISK_STATES_MAX + Math.max(left, right);
    const known = this.#overlaps.get(key);
    if (known !== undefined) return known;
    const found = overlap(this.#sets[one] ?? [], this.#sets[other] ?? []);
    this.#overlaps.set(key, found);
    return found;
  }

  #setsOf(left: number, right: number): readonly CodePointSet[] {
    return [this.#sets[left] ?? [], this.#sets[right] ?? []];
  }
}
