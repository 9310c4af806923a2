import type { WitChange } from '#contracts/wit/diff/change';
import { diffFunction } from '#contracts/wit/diff/diff-functions';
import {
  BOTH,
  type DiffPlace,
  makeChange,
  NOBODY,
  unionKeys,
  type WitComparison,
} from '#contracts/wit/diff/diff-place';
import { diffType } from '#contracts/wit/diff/diff-types';
import { functionName, functionText, typeText } from '#contracts/wit/diff/excerpt';
import type { ResolvedFunction, ResolvedInterface, ResolvedType } from '#contracts/wit/resolved';
import { quote } from '#domain/errors';

interface InterfacePair {
  readonly older: ResolvedInterface;
  readonly newer: ResolvedInterface;
}

/**
 * Compares what stands in an interface that both sides have: its types, then its functions, each sorted by name. A
 * function that is added breaks who provides the interface, one that is removed breaks who uses it.
 */
export function diffInterface(
  comparison: WitComparison,
  place: DiffPlace,
  { older, newer }: InterfacePair,
): readonly WitChange[] {
  const types = unionKeys(older.types, newer.types).flatMap((name) => {
    const pair = { older: older.types.get(name), newer: newer.types.get(name) };
    return diffTypeEntry(comparison, place, pair);
  });
  const functions = unionKeys(older.functions, newer.functions).flatMap((name) => {
    const pair = { older: older.functions.get(name), newer: newer.functions.get(name) };
    return diffFunctionEntry(comparison, place, pair);
  });
  return [...types, ...functions];
}

/** Compares a type that may stand on one side alone. One that is removed breaks all who could name it. */
export function diffTypeEntry(
  comparison: WitComparison,
  place: DiffPlace,
  pair: { readonly older: ResolvedType | undefined; readonly newer: ResolvedType | undefined },
): readonly WitChange[] {
  const { older, newer } = pair;
  if (older !== undefined && newer !== undefined) {
    return diffType(comparison, place, { older, newer });
  }
  if (newer !== undefined) {
    const { name } = newer;
    const message = `The type ${quote(name)} was added to ${place.noun}`;
    const facts = { name, after: typeText(newer), message, breaks: NOBODY, feature: true };
    return [makeChange(place, { rule: 'type-added', ...facts })];
  }
  if (older === undefined) return [];
  const { name } = older;
  const message = `The type ${quote(name)} was removed from ${place.noun}`;
  const facts = { name, before: typeText(older), message, breaks: BOTH };
  return [makeChange(place, { rule: 'type-removed', ...facts })];
}

function diffFunctionEntry(
  comparison: WitComparison,
  place: DiffPlace,
  pair: {
    readonly older: ResolvedFunction | undefined;
    readonly newer: ResolvedFunction | undefined;
  },
): readonly WitChange[] {
  const { older, newer } = pair;
  if (older !== undefined && newer !== undefined) {
    return diffFunction(comparison, place, { name: functionName(newer), older, newer });
  }
  if (newer !== undefined) {
    const name = functionName(newer);
    const message = `The function ${quote(name)} was added to ${place.noun}`;
    const after = functionText(newer);
    const facts = { name, after, message, breaks: ['provider'], feature: true } as const;
    return [makeChange(place, { rule: 'function-added', ...facts })];
  }
  if (older === undefined) return [];
  const name = functionName(older);
  const message = `The function ${quote(name)} was removed from ${place.noun}`;
  const facts = { name, before: functionText(older), message, breaks: ['user'] } as const;
  return [makeChange(place, { rule: 'function-removed', ...facts })];
}
