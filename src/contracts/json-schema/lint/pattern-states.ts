import type { Pattern, PatternNode } from '#contracts/pattern/pattern';

/** Counts the states of a pattern with its counted repetitions written out, some too many rather than too few. */
export function patternStates(pattern: Pattern): number {
  return statesOf(pattern.root);
}

function statesOf(node: PatternNode): number {
  switch (node.kind) {
    case 'assertion':
    case 'set':
      return 1;
    case 'choice':
      return node.options.reduce((sum, option) => sum + statesOf(option), 1);
    case 'sequence':
      return node.parts.reduce((sum, part) => sum + statesOf(part), 1);
    case 'repeat':
      return Math.max(node.max ?? node.min, 1) * statesOf(node.body) + 1;
    default:
      return node satisfies never;
  }
}
