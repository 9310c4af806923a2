import type { WitChange, WitPartKind } from '#contracts/wit/diff/change';
import { compareTypes, diffParts, type WitPart } from '#contracts/wit/diff/diff-parts';
import {
  BOTH,
  type DiffPlace,
  diffNotes,
  makeChange,
  NOBODY,
  type WitComparison,
} from '#contracts/wit/diff/diff-place';
import { typeText } from '#contracts/wit/diff/excerpt';
import type { ResolvedShape, ResolvedType, WitRef } from '#contracts/wit/resolved';
import { quote } from '#domain/errors';

interface TypePair {
  readonly older: ResolvedType;
  readonly newer: ResolvedType;
}

/** Compares a type that both sides have. Any change of its structure breaks both parties. */
export function diffType(
  comparison: WitComparison,
  place: DiffPlace,
  pair: TypePair,
): readonly WitChange[] {
  const { older, newer } = pair;
  const { name } = newer;
  const before = partsOf(older.shape);
  const after = partsOf(newer.shape);
  const changes: WitChange[] = [];
  let fate: ReturnType<typeof compareTypes> = 'same';
  if (before !== undefined && before.kind === after?.kind) {
    const lists = { kind: before.kind, owner: name, older: before.parts, newer: after.parts };
    const parts = diffParts(comparison, place, lists);
    changes.push(...parts.changes);
    if (parts.respelled) fate = 'respelled';
  } else fate = compareWhole(comparison, pair);
  if (fate === 'changed' || fate === 'respelled') {
    changes.push(wholeChange(place, pair, fate));
  }
  return [...changes, ...diffNotes(place, { name, noun: `type ${quote(name)}` }, pair)];
}

function wholeChange(place: DiffPlace, pair: TypePair, fate: 'changed' | 'respelled'): WitChange {
  const { name } = pair.newer;
  const noun = `The type ${quote(name)} of ${place.noun}`;
  const texts = { before: typeText(pair.older), after: typeText(pair.newer) };
  if (fate === 'respelled') {
    const message = `${noun} is written otherwise and is the same`;
    const rule = 'type-respelled';
    return makeChange(place, { rule, name, ...texts, message, breaks: NOBODY });
  }
  const message = `${noun} is another type`;
  return makeChange(place, { rule: 'type-changed', name, ...texts, message, breaks: BOTH });
}

/** Compares definitions that have no parts in common: aliases, resources, and those of different kinds. */
function compareWhole(
  comparison: WitComparison,
  { older, newer }: TypePair,
): ReturnType<typeof compareTypes> {
  if (older.shape.kind === 'alias' && newer.shape.kind === 'alias') {
    return compareTypes(comparison, older.shape.type, newer.shape.type);
  }
  const same =
    comparison.older.structure(refTo(older)) === comparison.newer.structure(refTo(newer));
  if (older.shape.kind === newer.shape.kind) return same ? 'same' : 'changed';
  return same ? 'respelled' : 'changed';
}

function refTo({ key }: ResolvedType): WitRef {
  return { kind: 'type', key };
}

function partsOf(
  shape: ResolvedShape,
): { readonly kind: WitPartKind; readonly parts: readonly WitPart[] } | undefined {
  switch (shape.kind) {
    case 'record':
      return { kind: 'record-field', parts: shape.fields };
    case 'variant':
      return { kind: 'variant-case', parts: shape.cases };
    case 'enum':
      return { kind: 'enum-label', parts: shape.labels };
    case 'flags':
      return { kind: 'flag', parts: shape.labels };
    case 'alias':
    case 'resource':
      return undefined;
    default:
      return shape satisfies never;
  }
}
