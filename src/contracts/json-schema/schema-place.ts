import { escapeToken } from '#contracts/json/pointer';
import type { Dialect } from '#contracts/json-schema/dialect';
import { isJsonObject, type Json, type JsonObject } from '#domain/canonical-json';

/** A schema with a URI of its own, and what is named in it. */
export interface SchemaResource {
  /** Absolute, without a fragment. */
  readonly uri: string;
  /** Where the resource begins in its document: a JSON Pointer. */
  readonly pointer: string;
  /** By the names of `$anchor`, `$dynamicAnchor`, and `$id` with a fragment in the older drafts. */
  readonly anchors: Map<string, SchemaPlace>;
  readonly dynamicAnchors: Map<string, SchemaPlace>;
  /** Whether the root says `$recursiveAnchor: true`. */
  recursive: boolean;
}

/** One schema where it stands in a document. */
export interface SchemaPlace {
  readonly schema: Json;
  /** JSON Pointer into the document. */
  readonly pointer: string;
  /** The key of the document: empty for the schema itself, else that of a reference. */
  readonly document: string;
  readonly dialect: Dialect;
  readonly resource: SchemaResource;
  /** The schemas directly inside, by keyword and key: `not`, `allOf/0`, `properties/a~1b`. */
  readonly children: Map<string, SchemaPlace>;
}

/** Gives the keywords of a schema; a boolean has none. */
export function keywordsOf(place: SchemaPlace): JsonObject {
  const { schema } = place;
  return isJsonObject(schema) ? schema : {};
}

/** Gives the schema that a keyword holds, or the one under a key or an index of it. */
export function childOf(
  place: SchemaPlace,
  keyword: string,
  key?: string | number,
): SchemaPlace | undefined {
  return place.children.get(key === undefined ? keyword : `${keyword}/${escapeToken(String(key))}`);
}

/** Lists the schemas of a keyword that holds an array of them. */
export function childList(place: SchemaPlace, keyword: string): readonly SchemaPlace[] {
  const list = keywordsOf(place)[keyword];
  if (!Array.isArray(list)) return [];
  return list.flatMap((_, index) => childOf(place, keyword, index) ?? []);
}

/** Lists the schemas of a keyword that holds an object of them, each with its key. */
export function childEntries(
  place: SchemaPlace,
  keyword: string,
): readonly (readonly [string, SchemaPlace])[] {
  const held = keywordsOf(place)[keyword];
  if (!isJsonObject(held)) return [];
  return Object.keys(held).flatMap((key): [string, SchemaPlace][] => {
    const child = childOf(place, keyword, key);
    return child === undefined ? [] : [[key, child]];
  });
}
