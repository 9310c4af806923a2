import type { CodePointSet } from '#contracts/pattern/code-point-set';
import type { Pattern, PatternAssertion, PatternNode } from '#contracts/pattern/pattern';

/** One state of a nondeterministic automaton, with the indexes of those after it. */
export type NfaState =
  | { readonly kind: 'accept' }
  | { readonly kind: 'assert'; readonly assertion: PatternAssertion; readonly to: number }
  | { readonly kind: 'fork'; readonly to: readonly number[] }
  | { readonly kind: 'read'; readonly set: CodePointSet; readonly to: number };

/** A pattern with its repetitions written out. Only `read` takes a character. */
export interface Nfa {
  readonly states: readonly NfaState[];
  readonly start: number;
}

/**
 * Builds the automaton of a pattern. A loop returns to a fork behind its body, never to the way in, so that two ways
 * to read the same text are two paths: the check for ambiguity counts them.
 */
export function buildNfa(pattern: Pattern): Nfa {
  const states: NfaState[] = [{ kind: 'accept' }];
  const start = add(states, pattern.root, 0);
  return { states, start };
}

/** Adds a node before the state `next` and gives its first state. */
function add(states: NfaState[], node: PatternNode, next: number): number {
  switch (node.kind) {
    case 'assertion':
      return push(states, { kind: 'assert', assertion: node.assertion, to: next });
    case 'choice':
      return push(states, { kind: 'fork', to: node.options.map((o) => add(states, o, next)) });
    case 'repeat':
      return addRepeat(states, node, next);
    case 'sequence':
      return node.parts.reduceRight((after, part) => add(states, part, after), next);
    case 'set':
      return push(states, { kind: 'read', set: node.set, to: next });
    default:
      return node satisfies never;
  }
}

function addRepeat(
  states: NfaState[],
  { body, min, max }: Extract<PatternNode, { kind: 'repeat' }>,
  next: number,
): number {
  let first = next;
  let left = min;
  if (max === undefined) {
    const loop = push(states, { kind: 'fork', to: [] });
    first = add(states, body, loop);
    states[loop] = { kind: 'fork', to: [first, next] };
    if (min === 0) first = push(states, { kind: 'fork', to: [first, next] });
    left = Math.max(min - 1, 0);
  } else {
    for (let copy = min; copy < max; copy += 1) {
      first = push(states, { kind: 'fork', to: [add(states, body, first), next] });
    }
  }
  for (; left > 0; left -= 1) first = add(states, body, first);
  return first;
}

function push(states: NfaState[], state: NfaState): number {
  return states.push(state) - 1;
}
