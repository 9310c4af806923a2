import type { WitChange, WitChangeRule, WitPartKind } from '#contracts/wit/diff/change';
import {
  BOTH,
  type DiffPlace,
  diffNotes,
  makeChange,
  type WitComparison,
} from '#contracts/wit/diff/diff-place';
import { caseText, excerpt, partText } from '#contracts/wit/diff/excerpt';
import type { WitRef } from '#contracts/wit/resolved';
import { quote } from '#domain/errors';

/** A parameter, field, case or label. */
export interface WitPart {
  readonly name: string;
  readonly docs?: string | undefined;
  readonly type?: WitRef | undefined;
}

interface PartLists {
  readonly kind: WitPartKind;
  /** The type or function that has the parts. */
  readonly owner: string;
  readonly older: readonly WitPart[];
  readonly newer: readonly WitPart[];
}

interface PartRules {
  readonly noun: string;
  readonly added: WitChangeRule;
  readonly removed: WitChangeRule;
  readonly renamed: WitChangeRule;
  readonly reordered: WitChangeRule;
  /** Labels have no type; theirs is never asked for. */
  readonly retyped: WitChangeRule;
}

const RULES: Readonly<Record<WitPartKind, PartRules>> = {
  param: {
    noun: 'parameter',
    added: 'param-added',
    removed: 'param-removed',
    renamed: 'param-renamed',
    reordered: 'params-reordered',
    retyped: 'param-type-changed',
  },
  'record-field': {
    noun: 'field',
    added: 'record-field-added',
    removed: 'record-field-removed',
    renamed: 'record-field-renamed',
    reordered: 'record-fields-reordered',
    retyped: 'record-field-type-changed',
  },
  'variant-case': {
    noun: 'case',
    added: 'variant-case-added',
    removed: 'variant-case-removed',
    renamed: 'variant-case-renamed',
    reordered: 'variant-cases-reordered',
    retyped: 'variant-case-type-changed',
  },
  'enum-label': {
    noun: 'label',
    added: 'enum-label-added',
    removed: 'enum-label-removed',
    renamed: 'enum-label-renamed',
    reordered: 'enum-labels-reordered',
    retyped: 'type-changed',
  },
  flag: {
    noun: 'flag',
    added: 'flag-added',
    removed: 'flag-removed',
    renamed: 'flag-renamed',
    reordered: 'flags-reordered',
    retyped: 'type-changed',
  },
};

/** What became of the type of a part or result. `elsewhere`: it changed, and that is told at a type that both sides share. */
type TypeFate = 'same' | 'respelled' | 'changed' | 'elsewhere';

/** Compares two types by structure and by how they are written. */
export function compareTypes(
  { older, newer }: WitComparison,
  before: WitRef | undefined,
  after: WitRef | undefined,
): TypeFate {
  const spelled = older.spelling(before) === newer.spelling(after);
  if (older.structure(before) === newer.structure(after)) return spelled ? 'same' : 'respelled';
  return spelled ? 'elsewhere' : 'changed';
}

/**
 * Compares parts by name. Every change of them breaks both parties, since types must be equal; `respelled` says that a
 * type of a part is written otherwise and is the same.
 */
export function diffParts(
  comparison: WitComparison,
  place: DiffPlace,
  lists: PartLists,
): { readonly changes: readonly WitChange[]; readonly respelled: boolean } {
  const { kind, owner, older, newer } = lists;
  const rules = RULES[kind];
  const before = new Map(older.map((part) => [part.name, part]));
  const after = new Map(newer.map((part) => [part.name, part]));
  const renames = renamesOf(comparison, lists, { before, after });
  const newNames = new Set(renames.values());
  const changes: WitChange[] = [];
  const tell = (rule: WitChangeRule, what: string, pair: readonly (WitPart | undefined)[]) => {
    const [was, is] = pair;
    const name = kind === 'param' ? owner : `${owner}.${(is ?? was)?.name ?? ''}`;
    const message = `The ${rules.noun} ${what} ${kind === 'param' ? 'function' : 'type'} ${quote(owner)} of ${place.noun}`;
    const texts = { before: textOf(kind, was), after: textOf(kind, is) };
    // A field or label that is new can be used from now, although types that are not equal break all.
    const feature = was === undefined && kind !== 'param';
    changes.push(makeChange(place, { rule, name, ...texts, message, breaks: BOTH, feature }));
  };
  let respelled = false;
  for (const part of older) {
    const same = after.get(part.name);
    const renamed = renames.get(part);
    if (renamed !== undefined) {
      const to = `${quote(part.name)} is now ${quote(renamed.name)} in`;
      tell(rules.renamed, to, [part, renamed]);
    } else if (same === undefined) {
      tell(rules.removed, `${quote(part.name)} was removed from`, [part, undefined]);
    } else {
      const fate = compareTypes(comparison, part.type, same.type);
      if (fate === 'changed') {
        tell(rules.retyped, `${quote(part.name)} has another type in`, [part, same]);
      }
      respelled ||= fate === 'respelled';
      const item = { name: `${owner}.${part.name}`, noun: `${rules.noun} ${quote(part.name)}` };
      const notes = { older: { docs: part.docs }, newer: { docs: same.docs } };
      changes.push(...diffNotes(place, item, notes));
    }
  }
  for (const part of newer) {
    if (before.has(part.name) || newNames.has(part)) continue;
    tell(rules.added, `${quote(part.name)} was added to`, [undefined, part]);
  }
  const reordered = reorder(place, lists, rules);
  return { changes: reordered === undefined ? changes : [...changes, reordered], respelled };
}

function textOf(kind: WitPartKind, part: WitPart | undefined): string | undefined {
  if (part === undefined) return undefined;
  const { name, type } = part;
  if (kind === 'variant-case') return caseText({ name, type });
  return partText(type === undefined ? { name } : { name, type });
}

/** Pairs parts that stand at the same index with the same type under names that only one side has. */
function renamesOf(
  { older, newer }: WitComparison,
  lists: PartLists,
  names: { before: ReadonlyMap<string, WitPart>; after: ReadonlyMap<string, WitPart> },
): ReadonlyMap<WitPart, WitPart> {
  const renames = new Map<WitPart, WitPart>();
  for (const [index, was] of lists.older.entries()) {
    const is = lists.newer[index];
    if (is === undefined || names.after.has(was.name) || names.before.has(is.name)) continue;
    if (older.structure(was.type) === newer.structure(is.type)) renames.set(was, is);
  }
  return renames;
}

function reorder(place: DiffPlace, lists: PartLists, rules: PartRules): WitChange | undefined {
  const names = [lists.older, lists.newer].map((parts) => new Set(parts.map(({ name }) => name)));
  const [older = [], newer = []] = names.map((own, index) =>
    [...own].filter((name) => names[1 - index]?.has(name) === true),
  );
  if (older.every((name, index) => newer[index] === name)) return undefined;
  const { kind, owner } = lists;
  return makeChange(place, {
    rule: rules.reordered,
    name: owner,
    before: excerptOf(older),
    after: excerptOf(newer),
    message: `The ${rules.noun}s of ${kind === 'param' ? 'function' : 'type'} ${quote(owner)} of ${place.noun} stand in another order`,
    breaks: BOTH,
  });
}

function excerptOf(names: readonly string[]): string {
  return excerpt(names.map((name) => partText({ name })).join(', '));
}
