import type { WitChange, WitRole } from '#contracts/wit/diff/change';
import { bareId, compatibleVersion, versionOf } from '#contracts/wit/diff/compatible-id';
import { diffInterface } from '#contracts/wit/diff/diff-interface';
import {
  BOTH,
  type DiffPlace,
  diffNotes,
  makeChange,
  NOBODY,
  unionKeys,
  type WitComparison,
  type WitParty,
} from '#contracts/wit/diff/diff-place';
import { diffWorld, portsOf } from '#contracts/wit/diff/diff-world';
import { StructureNumbers, WitSide, type WitSubject } from '#contracts/wit/diff/wit-side';
import type { ResolvedWorld } from '#contracts/wit/resolved';
import { quote } from '#domain/errors';

/**
 * Compares two texts of a package, by what is visible in their resolutions: resolved without features, an item whose gate
 * goes from `@unstable` to `@since` is an addition. Packages that they refer to count only where the own items show them.
 * A version counts only when the newer cannot stand in for the older. Takes time in proportion to the texts, and answers
 * the same for the same texts: the package first, then interfaces, then worlds, each sorted by name.
 * @throws RangeError when a package is not in its resolution
 */
export function diffWit(older: WitSubject, newer: WitSubject): readonly WitChange[] {
  const numbers = new StructureNumbers();
  const comparison: WitComparison = {
    older: new WitSide(older, numbers),
    newer: new WitSide(newer, numbers),
    foreign: new Map(),
  };
  const before = new Set(comparison.older.ownTypes());
  const shared = new Set(comparison.newer.ownTypes().filter((key) => before.has(key)));
  comparison.older.share(shared);
  comparison.newer.share(shared);
  return [...diffPackage(comparison), ...diffInterfaces(comparison), ...diffWorlds(comparison)];
}

const ALL: DiffPlace['users'] = ['importer', 'exporter', 'component', 'host'];

function diffPackage({ older, newer }: WitComparison): readonly WitChange[] {
  const [before, after] = [older.pack.id, newer.pack.id];
  const [was, is] = [bareId(before), bareId(after)];
  const place: DiffPlace = { noun: 'package', item: () => is, users: ALL, providers: ALL };
  const changes: WitChange[] = [];
  if (was !== is) {
    const message = `The package is called ${quote(is)} instead of ${quote(was)}`;
    const facts = { name: '', before, after, message, breaks: BOTH };
    changes.push(makeChange(place, { rule: 'package-renamed', ...facts }));
  }
  if (compatibleVersion(versionOf(before)) !== compatibleVersion(versionOf(after))) {
    const message = `The package ${quote(after)} cannot stand in for ${quote(before)}`;
    const facts = { name: '', before, after, message, breaks: BOTH };
    changes.push(makeChange(place, { rule: 'package-version-incompatible', ...facts }));
  }
  const notes = { older: { docs: older.pack.docs }, newer: { docs: newer.pack.docs } };
  return [...changes, ...diffNotes(place, { name: '', noun: `package ${quote(is)}` }, notes)];
}

function diffInterfaces(comparison: WitComparison): readonly WitChange[] {
  const [older, newer] = [comparison.older.pack.interfaces, comparison.newer.pack.interfaces];
  const uses = usesInWorlds(comparison);
  return unionKeys(older, newer).flatMap((name) => {
    const place = interfacePlace(comparison, name, uses.get(`/${name}`));
    const [was, is] = [older.get(name), newer.get(name)];
    if (was === undefined || is === undefined) {
      return wholeItem(place, { kind: 'interface', name, added: was === undefined });
    }
    const pair = { older: was, newer: is };
    const notes = diffNotes(place, { name: '', noun: place.noun }, pair);
    return diffInterface(comparison, place, pair).concat(notes);
  });
}

function diffWorlds(comparison: WitComparison): readonly WitChange[] {
  const [older, newer] = [comparison.older.pack.worlds, comparison.newer.pack.worlds];
  const pack = bareId(comparison.newer.pack.id);
  return unionKeys(older, newer).flatMap((name) => {
    const [was, is] = [older.get(name), newer.get(name)];
    const place: DiffPlace = {
      noun: `world ${quote(name)}`,
      item: () => `world ${pack}/${name}`,
      users: ['component'],
      providers: ['host'],
    };
    if (was === undefined || is === undefined) {
      return wholeItem(place, { kind: 'world', name, added: was === undefined });
    }
    const pair = { older: was, newer: is };
    const notes = diffNotes(place, { name: '', noun: place.noun }, pair);
    return diffWorld(comparison, { name, ...pair }).concat(notes);
  });
}

function wholeItem(
  place: DiffPlace,
  { kind, name, added }: { kind: 'interface' | 'world'; name: string; added: boolean },
): readonly WitChange[] {
  const text = `${kind} ${name}`;
  const message = `The ${kind} ${quote(name)} was ${added ? 'added' : 'removed'}`;
  const facts = added
    ? { after: text, breaks: NOBODY, feature: true }
    : { before: text, breaks: BOTH };
  return [
    makeChange(place, {
      rule: `${kind}-${added ? 'added' : 'removed'}`,
      name: '',
      message,
      ...facts,
    }),
  ];
}

function interfacePlace(
  { newer }: WitComparison,
  name: string,
  uses: ReadonlySet<'import' | 'export'> | undefined,
): DiffPlace {
  const item = `${bareId(newer.pack.id)}/${name}`;
  const roles = (party: WitParty, own: WitRole): readonly WitRole[] => {
    // A component uses what its world imports and provides what it exports.
    const component = party === 'user' ? 'import' : 'export';
    const host = party === 'user' ? 'export' : 'import';
    return [
      own,
      ...(uses?.has(component) === true ? (['component'] as const) : []),
      ...(uses?.has(host) === true ? (['host'] as const) : []),
    ];
  };
  return {
    noun: `interface ${quote(name)}`,
    item: (part) => (part === '' ? item : `${item}#${part}`),
    users: roles('user', 'importer'),
    providers: roles('provider', 'exporter'),
  };
}

/** Finds for each own interface whether worlds that both sides have import it, or export it, on both sides. */
function usesInWorlds({
  older,
  newer,
}: WitComparison): ReadonlyMap<string, ReadonlySet<'import' | 'export'>> {
  const uses = new Map<string, Set<'import' | 'export'>>();
  const interfaceIn = (side: WitSide, ports: ReturnType<typeof portsOf>, key: string) => {
    const extern = ports.get(key)?.extern;
    return extern?.kind === 'interface' ? side.id(extern.id) : undefined;
  };
  const addUses = (kind: 'import' | 'export', was: ResolvedWorld, is: ResolvedWorld) => {
    const [before, after] = [portsOf(was, kind, older), portsOf(is, kind, newer)];
    for (const key of after.keys()) {
      const id = interfaceIn(newer, after, key);
      if (id === undefined || interfaceIn(older, before, key) !== id) continue;
      uses.set(id, (uses.get(id) ?? new Set()).add(kind));
    }
  };
  for (const [name, is] of newer.pack.worlds) {
    const was = older.pack.worlds.get(name);
    if (was === undefined) continue;
    addUses('import', was, is);
    addUses('export', was, is);
  }
  return uses;
}
