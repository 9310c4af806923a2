import type { Json } from '#domain/canonical-json';

/**
 * What the search for a value comes to: one that satisfies everything, the proof that there is none, or neither, with the
 * reason.
 */
export type Finding =
  | { readonly kind: 'witness'; readonly value: Json }
  | { readonly kind: 'none' }
  | { readonly kind: 'unknown'; readonly reason: string };

export const NONE: Finding = { kind: 'none' };

/** Gives a value as a finding. */
export function witness(value: Json): Finding {
  return { kind: 'witness', value };
}

/** Gives up, with the reason. */
export function undecided(reason: string): Finding {
  return { kind: 'unknown', reason };
}

/** Takes the first witness of several ways; without one it is unknown if a way is unknown. */
export function firstWitness(ways: Iterable<Finding>): Finding {
  let finding: Finding = NONE;
  for (const way of ways) {
    if (way.kind === 'witness') return way;
    if (way.kind === 'unknown' && finding.kind === 'none') finding = way;
  }
  return finding;
}
