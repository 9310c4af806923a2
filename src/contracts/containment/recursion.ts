import { keywordsOf, type SchemaPlace } from '#contracts/json-schema/schema-place';
import type { SchemaSet } from '#contracts/json-schema/schema-set';
import { canonicalJson } from '#domain/canonical-json';
import { sha256Of } from '#domain/digest';

/**
 * Gives a name to a schema that leads back to itself; `undefined` where it does not. Two schemas that have the same text
 * and lead by the same references to the same texts have the same name, in whatever document they stand.
 */
export function recursionKey(place: SchemaPlace, set: SchemaSet): string | undefined {
  const reached = new Map<SchemaPlace, ReferenceUse>();
  const open = [...referencesUnder(place, set)];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (reached.has(next.target)) continue;
    reached.set(next.target, next);
    open.push(...referencesUnder(next.target, set));
  }
  if (![...reached.keys()].some((target) => holds(target, place))) return undefined;
  const texts = new Set([...reached.values()].map(({ reference }) => reference));
  // Documents may have different URIs and mean the same; only where that is unclear the URI counts.
  const clear = texts.size === reached.size;
  const labelled = [...reached].map(([target, { reference, base }]) =>
    canonicalJson([clear ? reference : `${base} ${reference}`, target.dialect, target.schema]),
  );
  return sha256Of(canonicalJson([place.dialect, place.schema, labelled.sort()]));
}

/** Says whether a schema is or encloses another. */
function holds(outer: SchemaPlace, inner: SchemaPlace): boolean {
  if (outer.document !== inner.document) return false;
  return inner.pointer === outer.pointer || inner.pointer.startsWith(`${outer.pointer}/`);
}

interface ReferenceUse {
  readonly reference: string;
  readonly base: string;
  readonly target: SchemaPlace;
}

const KNOWN = new WeakMap<SchemaSet, Map<SchemaPlace, readonly ReferenceUse[]>>();

/** Lists the references in a schema and in all schemas inside of it. */
function referencesUnder(place: SchemaPlace, set: SchemaSet): readonly ReferenceUse[] {
  const bySet = KNOWN.get(set) ?? new Map<SchemaPlace, readonly ReferenceUse[]>();
  KNOWN.set(set, bySet);
  const known = bySet.get(place);
  if (known !== undefined) return known;
  const base = place.resource.uri;
  const found = targetsFrom(place, set).map(
    ([reference, target]): ReferenceUse => ({ reference, base, target }),
  );
  for (const child of place.children.values()) found.push(...referencesUnder(child, set));
  bySet.set(place, found);
  return found;
}

/** Lists what the references of one schema may lead to: a dynamic one to every schema that has its anchor. */
function targetsFrom(place: SchemaPlace, set: SchemaSet): readonly [string, SchemaPlace][] {
  const { $ref, $dynamicRef, $recursiveRef } = keywordsOf(place);
  const found: [string, SchemaPlace | undefined][] = [];
  if (typeof $ref === 'string') found.push([$ref, set.resolve(place, $ref)]);
  if (typeof $dynamicRef === 'string') {
    found.push([$dynamicRef, set.resolve(place, $dynamicRef)]);
    const name = $dynamicRef.slice($dynamicRef.indexOf('#') + 1);
    for (const { dynamicAnchors } of set.resources())
      found.push([$dynamicRef, dynamicAnchors.get(name)]);
  }
  if (typeof $recursiveRef === 'string') {
    found.push([$recursiveRef, set.rootOf(place.resource)]);
    for (const resource of set.resources())
      if (resource.recursive) found.push([$recursiveRef, set.rootOf(resource)]);
  }
  return found.flatMap(([reference, target]): [string, SchemaPlace][] =>
    target === undefined ? [] : [[reference, target]],
  );
}
