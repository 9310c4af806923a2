import { childEntries, keywordsOf, type SchemaPlace } from '#contracts/json-schema/schema-place';
import { canonicalJson, type Json } from '#domain/canonical-json';

/** The most pairs of branches whose likeness is measured. Beyond that they go by their index. */
const LIKENESS_PAIRS_MAX = 10_000;

/** One branch where it stands, and the schema that it stands for, through references. */
export interface Branch {
  readonly place: SchemaPlace;
  readonly target: SchemaPlace;
}

/** Branches that stand for each other, or have nothing on the other side. */
export interface MatchedBranches {
  readonly pairs: readonly { readonly older: Branch; readonly newer: Branch }[];
  readonly removed: readonly Branch[];
  readonly added: readonly Branch[];
}

/**
 * Finds which branch of an older list stands for which of a newer one: those of equal text first, then those that refer to
 * the same name, have the same title or the same constants, then the most alike. So an inserted branch is one branch.
 */
export function matchBranches(older: readonly Branch[], newer: readonly Branch[]): MatchedBranches {
  const pairs: { older: Branch; newer: Branch }[] = [];
  let [left, right] = [older, newer];
  const pairUp = (keyOf: (branch: Branch) => string | undefined): void => {
    const byKey = new Map<string, Branch[]>();
    for (const branch of right) {
      const key = keyOf(branch);
      if (key !== undefined) byKey.set(key, [...(byKey.get(key) ?? []), branch]);
    }
    const taken = new Set<Branch>();
    left = left.filter((branch) => {
      const other = byKey.get(keyOf(branch) ?? '')?.shift();
      if (other === undefined) return true;
      taken.add(other);
      pairs.push({ older: branch, newer: other });
      return false;
    });
    right = right.filter((branch) => !taken.has(branch));
  };
  pairUp(({ place }) => canonicalJson(place.schema));
  pairUp(({ place }) => text(keywordsOf(place)['$ref']));
  pairUp(({ target }) => text(keywordsOf(target)['title']));
  pairUp(({ target }) => constantsOf(target));
  const alike = pairByLikeness(left, right);
  pairs.push(...alike);
  const [known, kept] = [
    new Set(alike.map((each) => each.older)),
    new Set(alike.map((each) => each.newer)),
  ];
  return {
    pairs,
    removed: left.filter((branch) => !known.has(branch)),
    added: right.filter((branch) => !kept.has(branch)),
  };
}

function text(value: Json | undefined): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** Writes the members that can have one value only: what tells the branches of a union apart. */
function constantsOf(place: SchemaPlace): string | undefined {
  const constants = childEntries(place, 'properties').flatMap(([name, child]) => {
    const { const: constant, enum: list } = keywordsOf(child);
    const only = Array.isArray(list) && list.length === 1 ? (list[0] as Json) : constant;
    return only === undefined ? [] : [[name, only] as const];
  });
  return constants.length === 0 ? undefined : canonicalJson(Object.fromEntries(constants));
}

function pairByLikeness(
  left: readonly Branch[],
  right: readonly Branch[],
): readonly { readonly older: Branch; readonly newer: Branch }[] {
  const sameCount = left.length === right.length;
  const byIndex = left.flatMap((older, index) => {
    const newer = right[index];
    return newer === undefined ? [] : [{ older, newer }];
  });
  if (left.length * right.length > LIKENESS_PAIRS_MAX) return byIndex;
  const candidates = left.flatMap((older, row) =>
    right.map((newer, column) => ({
      older,
      newer,
      likeness: likenessOf(older.target, newer.target),
      distance: Math.abs(row - column),
    })),
  );
  candidates.sort((one, other) => other.likeness - one.likeness || one.distance - other.distance);
  const taken = new Set<Branch>();
  return candidates.filter(({ older, newer, likeness }) => {
    // As many came as went: then a branch that is like no other was most likely rewritten.
    if ((likeness === 0 && !sameCount) || taken.has(older) || taken.has(newer)) return false;
    taken.add(older).add(newer);
    return true;
  });
}

/** Measures from 0 to 1 how much of two schemas has the same names. */
function likenessOf(one: SchemaPlace, other: SchemaPlace): number {
  const [left, right] = [featuresOf(one), featuresOf(other)];
  const shared = [...left].filter((feature) => right.has(feature)).length;
  const all = left.size + right.size - shared;
  return all === 0 ? 1 : shared / all;
}

function featuresOf(place: SchemaPlace): ReadonlySet<string> {
  const { type, enum: values } = keywordsOf(place);
  const types = (Array.isArray(type) ? (type as readonly Json[]) : [type]).map(
    (each) => `type ${canonicalJson(each ?? null)}`,
  );
  const names = childEntries(place, 'properties').map(([name]) => `property ${name}`);
  const listed = Array.isArray(values)
    ? (values as readonly Json[]).slice(0, 50).map((value) => `value ${canonicalJson(value)}`)
    : [];
  return new Set([...(type === undefined ? [] : types), ...names, ...listed]);
}
