import type { WitChange, WitRole } from '#contracts/wit/diff/change';
import { bareId } from '#contracts/wit/diff/compatible-id';
import { diffTypeEntry } from '#contracts/wit/diff/diff-interface';
import {
  BOTH,
  type DiffPlace,
  makeChange,
  unionKeys,
  type WitComparison,
} from '#contracts/wit/diff/diff-place';
import {
  diffSharedPort,
  portChanged,
  type WitPort,
  type WitPortKind,
} from '#contracts/wit/diff/diff-shared-port';
import { externText } from '#contracts/wit/diff/excerpt';
import type { WitSide } from '#contracts/wit/diff/wit-side';
import type { ResolvedWorld } from '#contracts/wit/resolved';
import { quote } from '#domain/errors';

interface WorldPair {
  readonly name: string;
  readonly older: ResolvedWorld;
  readonly newer: ResolvedWorld;
}

const COMPONENT: readonly WitRole[] = ['component'];
const HOST: readonly WitRole[] = ['host'];

/**
 * Compares a world that both sides have: what it imports, then what it exports, each sorted by name. An import that is
 * added breaks hosts, one that is removed breaks components; with exports it is the other way round. Interfaces of the
 * own package are compared where they are defined.
 */
export function diffWorld(comparison: WitComparison, pair: WorldPair): readonly WitChange[] {
  const world = `world ${bareId(pair.newer.id)}`;
  return (['import', 'export'] as const).flatMap((kind) => {
    const place = portPlace(kind, world, pair.name);
    const older = portsOf(pair.older, kind, comparison.older);
    const newer = portsOf(pair.newer, kind, comparison.newer);
    return unionKeys(older, newer).flatMap((key) =>
      diffPort(comparison, place, {
        kind,
        world: pair.name,
        older: older.get(key),
        newer: newer.get(key),
      }),
    );
  });
}

/** Lists what a world imports or exports, under names that both sides share. */
export function portsOf(
  world: ResolvedWorld,
  kind: WitPortKind,
  side: WitSide,
): ReadonlyMap<string, WitPort> {
  const externs = kind === 'import' ? world.imports : world.exports;
  // Names of their own have no ":"; ids have one, and are compared without what is compatible in their versions.
  return new Map(
    [...externs].map(([key, extern]) => [key.includes(':') ? side.id(key) : key, { key, extern }]),
  );
}

function portPlace(kind: WitPortKind, world: string, name: string): DiffPlace {
  const [users, providers] = kind === 'import' ? [COMPONENT, HOST] : [HOST, COMPONENT];
  return {
    noun: `world ${quote(name)}`,
    item: (part) => `${world} ${kind} ${part}`,
    users,
    providers,
  };
}

interface PortPair {
  /** The world's name in its package. */
  readonly world: string;
  readonly kind: WitPortKind;
  readonly older: WitPort | undefined;
  readonly newer: WitPort | undefined;
}

function diffPort(
  comparison: WitComparison,
  place: DiffPlace,
  { kind, world, older, newer }: PortPair,
): readonly WitChange[] {
  const type = older?.extern.kind === 'type' || newer?.extern.kind === 'type';
  if (older === undefined || newer === undefined) {
    if (!type) return oneSided(place, { kind, world, older, newer });
  } else if (older.extern.kind !== newer.extern.kind) {
    const message = `The ${kind} ${quote(bareId(newer.key))} of ${place.noun} is something else`;
    return [portChanged(place, { kind, older, newer, message, breaks: BOTH })];
  } else if (!type) return diffSharedPort(comparison, place, { kind, world, older, newer });
  const typeOf = (port: WitPort | undefined) =>
    port?.extern.kind === 'type' ? port.extern.value : undefined;
  return diffTypeEntry(comparison, place, { older: typeOf(older), newer: typeOf(newer) });
}

function oneSided(place: DiffPlace, { kind, older, newer }: PortPair): readonly WitChange[] {
  const port = newer ?? older;
  if (port === undefined) return [];
  const name = bareId(port.key);
  const text = externText(kind, port.key, port.extern);
  if (older === undefined) {
    const message = `The ${kind} ${quote(name)} was added to ${place.noun}`;
    const facts = { name, after: text, message, breaks: ['provider'], feature: true } as const;
    return [makeChange(place, { rule: `${kind}-added`, ...facts })];
  }
  const message = `The ${kind} ${quote(name)} was removed from ${place.noun}`;
  const facts = { name, before: text, message, breaks: ['user'] } as const;
  return [makeChange(place, { rule: `${kind}-removed`, ...facts })];
}
