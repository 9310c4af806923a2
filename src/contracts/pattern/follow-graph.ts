import { WORD_CHARACTERS } from '#contracts/pattern/character-sets';
import { type CodePointSet, complement, overlap } from '#contracts/pattern/code-point-set';
import type { Nfa, NfaState } from '#contracts/pattern/nfa';

const NO_WORD_CHARACTERS = complement(WORD_CHARACTERS);

/** A character of a pattern that may come right after another, and whether more than one way leads there. */
export interface Follower {
  readonly state: number;
  readonly isTwice: boolean;
}

/** The states that read, and by each of them which may be the next to read. */
export type FollowGraph = ReadonlyMap<number, readonly Follower[]>;

/**
 * Finds which reading states follow each other within a text. Beginning and end of the text are no place within it, so
 * nothing leads over `^` and `$`.
 */
export function followGraph(nfa: Nfa): FollowGraph {
  const graph = new Map<number, readonly Follower[]>();
  for (const [index, state] of nfa.states.entries()) {
    if (state.kind === 'read') graph.set(index, followersOf(nfa, state));
  }
  return graph;
}

type Reading = Extract<NfaState, { kind: 'read' }>;

function followersOf(nfa: Nfa, from: Reading): Follower[] {
  const ways = new Map<number, number>();
  const visits = new Map<number, number>();
  const path = new Set<number>();
  const crossed: ('boundary' | 'no-boundary')[] = [];
  const visit = (index: number): void => {
    const state = nfa.states[index];
    // A way that comes back to where it was reads nothing in between, and engines refuse it. Two ways are enough.
    const visited = visits.get(index) ?? 0;
    if (state === undefined || path.has(index) || visited >= 2) return;
    visits.set(index, visited + 1);
    if (state.kind === 'read') {
      if (mayMeet(from.set, state.set, crossed)) ways.set(index, (ways.get(index) ?? 0) + 1);
      return;
    }
    path.add(index);
    if (state.kind === 'fork') for (const next of state.to) visit(next);
    else if (state.kind === 'assert') {
      const { assertion } = state;
      if (assertion === 'boundary' || assertion === 'no-boundary') {
        crossed.push(assertion);
        visit(state.to);
        crossed.pop();
      }
    }
    path.delete(index);
  };
  visit(from.to);
  return Array.from(ways, ([state, count]) => ({ state, isTwice: count > 1 }));
}

/** Says whether characters of two sets can stand side by side with these assertions between them. */
function mayMeet(
  before: CodePointSet,
  after: CodePointSet,
  crossed: readonly ('boundary' | 'no-boundary')[],
): boolean {
  const both = (set: CodePointSet, other: CodePointSet) =>
    overlap(before, set) && overlap(after, other);
  return crossed.every((assertion) =>
    assertion === 'boundary'
      ? both(WORD_CHARACTERS, NO_WORD_CHARACTERS) || both(NO_WORD_CHARACTERS, WORD_CHARACTERS)
      : both(WORD_CHARACTERS, WORD_CHARACTERS) || both(NO_WORD_CHARACTERS, NO_WORD_CHARACTERS),
  );
}

/** Finds the loops of a graph: the greatest groups of states that all lead to each other, after R. Tarjan. */
export function loopsOf(graph: FollowGraph): (readonly number[])[] {
  const loops: (readonly number[])[] = [];
  const order = new Map<number, number>();
  const open: number[] = [];
  const isOpen = new Set<number>();
  const visit = (state: number): number => {
    const number = order.size;
    let low = number;
    order.set(state, number);
    open.push(state);
    isOpen.add(state);
    for (const { state: next } of graph.get(state) ?? []) {
      const known = order.get(next);
      if (known === undefined) low = Math.min(low, visit(next));
      else if (isOpen.has(next)) low = Math.min(low, known);
    }
    if (low === number) {
      const loop = open.splice(open.lastIndexOf(state));
      for (const member of loop) isOpen.delete(member);
      loops.push(loop);
    }
    return low;
  };
  for (const state of graph.keys()) if (!order.has(state)) visit(state);
  return loops;
}
