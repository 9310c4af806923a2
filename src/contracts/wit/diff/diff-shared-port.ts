import type { WitChange } from '#contracts/wit/diff/change';
import { bareId, isOwnId } from '#contracts/wit/diff/compatible-id';
import { diffFunction } from '#contracts/wit/diff/diff-functions';
import { diffInterface } from '#contracts/wit/diff/diff-interface';
import {
  BOTH,
  type DiffPlace,
  diffNotes,
  type InterfaceFate,
  makeChange,
  type WitComparison,
  type WitParty,
} from '#contracts/wit/diff/diff-place';
import { externText } from '#contracts/wit/diff/excerpt';
import type { ResolvedExtern, ResolvedInterface } from '#contracts/wit/resolved';
import { quote } from '#domain/errors';

/** On which side of a world something stands. */
export type WitPortKind = 'import' | 'export';

/** Something that a world imports or exports, with the name it has there. */
export interface WitPort {
  readonly key: string;
  readonly extern: ResolvedExtern;
}

interface SharedPort {
  /** The world's name in its package. */
  readonly world: string;
  readonly kind: WitPortKind;
  readonly older: WitPort;
  readonly newer: WitPort;
}

interface InterfacePair {
  readonly older: ResolvedInterface;
  readonly newer: ResolvedInterface;
}

/**
 * Compares a function or interface that both sides of a world have under the same name. An interface in place is compared
 * item by item; of one in another package it is told whether it has more, less or other things.
 */
export function diffSharedPort(
  comparison: WitComparison,
  place: DiffPlace,
  port: SharedPort,
): readonly WitChange[] {
  const { kind, older, newer } = port;
  const name = bareId(newer.key);
  if (older.extern.kind === 'function' && newer.extern.kind === 'function') {
    const pair = { name, older: older.extern.value, newer: newer.extern.value };
    return diffFunction(comparison, place, pair);
  }
  if (older.extern.kind !== 'interface' || newer.extern.kind !== 'interface') return [];
  const notes = diffNotes(
    place,
    { name, noun: `${kind} ${quote(name)}` },
    {
      older: { docs: undefined, gates: older.extern.gates },
      newer: { docs: undefined, gates: newer.extern.gates },
    },
  );
  const id = comparison.newer.id(newer.extern.id);
  if (comparison.older.id(older.extern.id) !== id) {
    const message = `The ${kind} ${quote(name)} of ${place.noun} is another interface`;
    return [portChanged(place, { ...port, message, breaks: BOTH }), ...notes];
  }
  const pair = {
    older: comparison.older.interface(older.extern.id),
    newer: comparison.newer.interface(newer.extern.id),
  };
  if (pair.older === undefined || pair.newer === undefined) return notes;
  const both: InterfacePair = { older: pair.older, newer: pair.newer };
  if (!isOwnId(id)) return [...foreignChange(comparison, place, { ...port, both }), ...notes];
  // What another world of the package defines in place and this one includes is told there.
  if (!id.startsWith(`/${port.world}#`)) return notes;
  return [...diffInPlace(comparison, place, { name, ...both }), ...notes];
}

/** Tells that something which both sides have under one name is not the same. */
export function portChanged(
  place: DiffPlace,
  change: Omit<SharedPort, 'world'> & {
    readonly message: string;
    readonly breaks: readonly WitParty[];
    readonly feature?: boolean;
  },
): WitChange {
  const { kind, older, newer, message, breaks, feature = false } = change;
  return makeChange(place, {
    rule: `${kind}-changed`,
    name: bareId(newer.key),
    before: externText(kind, older.key, older.extern),
    after: externText(kind, newer.key, newer.extern),
    message,
    breaks,
    feature,
  });
}

function diffInPlace(
  comparison: WitComparison,
  place: DiffPlace,
  { name, older, newer }: InterfacePair & { readonly name: string },
): readonly WitChange[] {
  const inner: DiffPlace = {
    ...place,
    noun: `interface ${quote(name)} of ${place.noun}`,
    item: (part) => place.item(`${name}#${part}`),
  };
  const docs = diffNotes(
    place,
    { name, noun: `interface ${quote(name)}` },
    { older: { docs: older.docs }, newer: { docs: newer.docs } },
  );
  return [...diffInterface(comparison, inner, { older, newer }), ...docs];
}

function foreignChange(
  comparison: WitComparison,
  place: DiffPlace,
  port: SharedPort & { readonly both: InterfacePair },
): readonly WitChange[] {
  const { added, removed, changed } = contentsOf(comparison, port.both);
  const words = [
    ...(added ? ['more'] : []),
    ...(removed ? ['less'] : []),
    ...(changed ? ['other'] : []),
  ];
  if (words.length === 0) return [];
  const breaks: readonly WitParty[] = changed
    ? BOTH
    : [...(removed ? (['user'] as const) : []), ...(added ? (['provider'] as const) : [])];
  const name = quote(bareId(port.newer.key));
  const message = `The ${port.kind} ${name} of ${place.noun} has ${words.join(' and ')} functions or types`;
  return [portChanged(place, { ...port, message, breaks, feature: added })];
}

/** Says how the contents of an interface differ, once for all worlds that have it. Types that are added count for nothing. */
function contentsOf(comparison: WitComparison, { older, newer }: InterfacePair): InterfaceFate {
  const key = `${older.id} ${newer.id}`;
  const known = comparison.foreign.get(key);
  if (known !== undefined) return known;
  let [added, removed, changed] = [false, false, false];
  for (const [name, value] of newer.functions) {
    const was = older.functions.get(name);
    added ||= was === undefined;
    const same =
      was === undefined || comparison.older.signature(was) === comparison.newer.signature(value);
    changed ||= !same;
  }
  for (const name of older.functions.keys()) removed ||= !newer.functions.has(name);
  for (const [name, was] of older.types) {
    const is = newer.types.get(name);
    changed ||=
      is === undefined ||
      comparison.older.structure({ kind: 'type', key: was.key }) !==
        comparison.newer.structure({ kind: 'type', key: is.key });
  }
  const found = { added, removed, changed };
  comparison.foreign.set(key, found);
  return found;
}
