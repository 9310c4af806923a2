import type { WitGate } from '#contracts/wit/ast';
import type { WitChange, WitChangeRule, WitRole } from '#contracts/wit/diff/change';
import { excerpt, gatesText } from '#contracts/wit/diff/excerpt';
import type { WitSide } from '#contracts/wit/diff/wit-side';

/** The two texts that are compared. */
export interface WitComparison {
  readonly older: WitSide;
  readonly newer: WitSide;
  /** How interfaces of other packages differ, by the ids of both: worlds share them. */
  readonly foreign: Map<string, InterfaceFate>;
}

/** How the contents of an interface differ as a whole. */
export interface InterfaceFate {
  readonly added: boolean;
  readonly removed: boolean;
  readonly changed: boolean;
}

/** Who a change breaks, seen from one interface or function: the `user` calls it, the `provider` gives it. */
export type WitParty = 'user' | 'provider';

export const NOBODY: readonly WitParty[] = [];
export const BOTH: readonly WitParty[] = ['user', 'provider'];

/** Where items stand, and in which roles others rely on them. */
export interface DiffPlace {
  /** Names the place in a message: `interface "types"`. */
  readonly noun: string;
  /** Gives the `item` of what has this name in the place; of the place itself for an empty name. */
  readonly item: (name: string) => string;
  readonly users: readonly WitRole[];
  readonly providers: readonly WitRole[];
}

const ROLES: readonly WitRole[] = ['importer', 'exporter', 'component', 'host'];

interface ChangeFacts {
  readonly rule: WitChangeRule;
  readonly name: string;
  readonly before?: string | undefined;
  readonly after?: string | undefined;
  readonly message: string;
  readonly breaks: readonly WitParty[];
  readonly feature?: boolean;
}

/** Makes a change in a place, its parties told as the roles that they have there. */
export function makeChange(place: DiffPlace, facts: ChangeFacts): WitChange {
  const { rule, name, before, after, message, breaks, feature = false } = facts;
  const broken = new Set([
    ...(breaks.includes('user') ? place.users : []),
    ...(breaks.includes('provider') ? place.providers : []),
  ]);
  return {
    rule,
    item: place.item(name),
    before,
    after,
    message,
    breaks: ROLES.filter((role) => broken.has(role)),
    feature,
  };
}

interface Noted {
  readonly docs: string | undefined;
  readonly gates?: readonly WitGate[];
}

/** Compares documentation and gates, which break nobody. `noun` names the item in messages. */
export function diffNotes(
  place: DiffPlace,
  item: { readonly name: string; readonly noun: string },
  notes: { readonly older: Noted; readonly newer: Noted },
): readonly WitChange[] {
  const { name, noun } = item;
  const { older, newer } = notes;
  const changes: WitChange[] = [];
  const [before, after] = [gatesText(older.gates ?? []), gatesText(newer.gates ?? [])];
  if (before !== after) {
    const message = gateMessage(noun, older.gates ?? [], newer.gates ?? []);
    const texts = { before: before || undefined, after: after || undefined };
    changes.push(
      makeChange(place, { rule: 'gate-changed', name, ...texts, message, breaks: NOBODY }),
    );
  }
  if (older.docs !== newer.docs) {
    const message = `The documentation of ${noun} changed`;
    const texts = { before: cutDocs(older.docs), after: cutDocs(newer.docs) };
    changes.push(
      makeChange(place, { rule: 'docs-changed', name, ...texts, message, breaks: NOBODY }),
    );
  }
  return changes;
}

function cutDocs(docs: string | undefined): string | undefined {
  return docs === undefined ? undefined : excerpt(docs);
}

function gateMessage(noun: string, older: readonly WitGate[], newer: readonly WitGate[]): string {
  const deprecated = newer.find(({ kind }) => kind === 'deprecated');
  const before = older.some(({ kind }) => kind === 'deprecated');
  if (deprecated?.kind !== 'deprecated' || before) return `The gates of ${noun} changed`;
  return `The ${noun} is deprecated since ${deprecated.version}`;
}

/** Lists the keys of both maps, each once, sorted by UTF-16 units. */
export function unionKeys(
  older: ReadonlyMap<string, unknown>,
  newer: ReadonlyMap<string, unknown>,
): readonly string[] {
  return [...new Set([...older.keys(), ...newer.keys()])].sort();
}
