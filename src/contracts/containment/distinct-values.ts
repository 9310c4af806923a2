import { type Finding, NONE, undecided, witness } from '#contracts/containment/finding';
import type { Literal } from '#contracts/containment/node';
import type { ValueSearch } from '#contracts/containment/value-search';
import { canonicalJson, type Json } from '#domain/canonical-json';

/**
 * Looks for different values, one for each statement, as an array. With n statements n values of each are enough to look
 * at: whichever the others take, one is left. So when there is no choice, there is none at all.
 */
export function distinctValues(solver: ValueSearch, items: readonly Literal[]): Finding {
  const lists: (readonly Json[])[] = [];
  let doubt: Finding | undefined;
  const known = new Map<Literal, readonly Json[]>();
  for (const item of items) {
    const kept = known.get(item);
    if (kept !== undefined) {
      lists.push(kept);
      continue;
    }
    const { values, rest } = solver.values(item, items.length);
    if (rest.kind === 'unknown') doubt ??= rest;
    known.set(item, values);
    lists.push(values);
  }
  const takenBy = new Map<string, number>();
  const chosen: Json[] = [];
  const place = (at: number, tried: Set<string>): boolean => {
    for (const value of lists[at] ?? []) {
      const text = canonicalJson(value);
      if (tried.has(text)) continue;
      tried.add(text);
      const holder = takenBy.get(text);
      if (holder !== undefined && !place(holder, tried)) continue;
      takenBy.set(text, at);
      chosen[at] = value;
      return true;
    }
    return false;
  };
  for (let at = 0; at < lists.length; at += 1) {
    solver.step();
    if (!place(at, new Set())) return doubt ?? NONE;
  }
  return lists.length === chosen.length ? witness(chosen) : undecided('no values were chosen');
}
