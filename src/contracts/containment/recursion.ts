import { keywordsOf, type SchemaPlace } from '#contracts/json-schema/schema-place';
import type { SchemaSet } from '#contracts/json-schema/schema-set';
import { canonicalJson, type Json } from '#domain/canonical-json';
import { sha256Of } from '#domain/digest';

/**
 * Gives a name to a schema that leads back to itself; `undefined` where it does not. Two schemas have one name when they have
 * the same text, each reference in it leads to schemas of one name, and so on: whatever document they stand in.
 */
export function recursionKey(place: SchemaPlace, set: SchemaSet): string | undefined {
  // Numbered in the order in which they are met, so that a name says which reference leads where.
  const numbers = new Map<SchemaPlace, number>([[place, 0]]);
  const described: Json[] = [];
  for (const next of numbers.keys()) {
    const references = referencesUnder(next, set).map(({ at, target, means }): Json => {
      const number = numbers.get(target) ?? numbers.size;
      numbers.set(target, number);
      return [at.slice(next.pointer.length), number, means];
    });
    described.push([next.dialect, next.schema, references]);
  }
  const returns = [...numbers.keys()].some(
    (target, number) => (number > 0 || leadsTo(place, place, set)) && holds(target, place),
  );
  return returns ? sha256Of(canonicalJson(described)) : undefined;
}

/** Says whether a schema refers to another directly. */
function leadsTo(from: SchemaPlace, to: SchemaPlace, set: SchemaSet): boolean {
  return referencesUnder(from, set).some(({ target }) => target === to);
}

/** Says whether a schema is or encloses another. */
function holds(outer: SchemaPlace, inner: SchemaPlace): boolean {
  if (outer.document !== inner.document) return false;
  return inner.pointer === outer.pointer || inner.pointer.startsWith(`${outer.pointer}/`);
}

interface ReferenceUse {
  /** Where the reference stands: a JSON Pointer into its document. */
  readonly at: string;
  readonly target: SchemaPlace;
  /** What else decides where it leads: for a dynamic one, the URI under which the target is looked for. */
  readonly means: string;
}

const KNOWN = new WeakMap<SchemaSet, Map<SchemaPlace, readonly ReferenceUse[]>>();

/** Lists the references in a schema and in all schemas inside of it. */
function referencesUnder(place: SchemaPlace, set: SchemaSet): readonly ReferenceUse[] {
  const bySet = KNOWN.get(set) ?? new Map<SchemaPlace, readonly ReferenceUse[]>();
  KNOWN.set(set, bySet);
  const known = bySet.get(place);
  if (known !== undefined) return known;
  const found = targetsFrom(place, set).map(
    ([means, target]): ReferenceUse => ({ at: place.pointer, target, means }),
  );
  const children = [...place.children].sort(([a], [b]) => (a < b ? -1 : 1));
  for (const [, child] of children) found.push(...referencesUnder(child, set));
  bySet.set(place, found);
  return found;
}

/** Lists what the references of one schema may lead to: a dynamic one to every schema that has its anchor. */
function targetsFrom(place: SchemaPlace, set: SchemaSet): readonly [string, SchemaPlace][] {
  const { $ref, $dynamicRef, $recursiveRef } = keywordsOf(place);
  const found: [string, SchemaPlace | undefined][] = [];
  if (typeof $ref === 'string') found.push(['', set.resolve(place, $ref)]);
  if (typeof $dynamicRef === 'string') {
    found.push(['near', set.resolve(place, $dynamicRef)]);
    const name = $dynamicRef.slice($dynamicRef.indexOf('#') + 1);
    for (const { uri, dynamicAnchors } of set.resources())
      found.push([uri, dynamicAnchors.get(name)]);
  }
  if (typeof $recursiveRef === 'string') {
    found.push(['near', set.rootOf(place.resource)]);
    for (const resource of set.resources())
      if (resource.recursive) found.push([resource.uri, set.rootOf(resource)]);
  }
  return found.flatMap(([means, target]): [string, SchemaPlace][] =>
    target === undefined ? [] : [[means, target]],
  );
}
