import { escapeToken, unescapeToken } from '#contracts/json/pointer';
import { type Dialect, dialectOf, refHidesSiblings } from '#contracts/json-schema/dialect';
import { schemaHolders } from '#contracts/json-schema/keywords';
import {
  keywordsOf,
  type SchemaPlace,
  type SchemaResource,
} from '#contracts/json-schema/schema-place';
import { isJsonObject, type Json, type JsonObject } from '#domain/canonical-json';

/** The base of a document that has no URI of its own. Nothing is ever fetched from it. */
export const DEFAULT_BASE = 'https://schema.invalid/';

/** Resolves a reference against a base; `undefined` when one of them is no URI. */
export function resolveUri(
  reference: string,
  base: string,
): { readonly uri: string; readonly fragment: string } | undefined {
  try {
    const url = new URL(reference, base);
    const fragment = decodeURIComponent(url.hash.slice(1));
    url.hash = '';
    return { uri: url.href.replace(/#$/, ''), fragment };
  } catch {
    return undefined;
  }
}

export interface DocumentOptions {
  readonly key: string;
  readonly uri: string;
  readonly dialect: Dialect;
}

/** One document with every schema in it and the URIs that they have. */
export class SchemaDocument {
  readonly root: SchemaPlace;
  readonly resources = new Map<string, SchemaResource>();
  /** Every place of the document by its pointer. */
  readonly places = new Map<string, SchemaPlace>();
  /** URIs and anchors that are given twice. */
  readonly twice: { readonly pointer: string; readonly name: string }[] = [];
  readonly #key: string;

  constructor(schema: Json, { key, uri, dialect }: DocumentOptions) {
    this.#key = key;
    const resource = this.#addResource(uri, '');
    this.root = this.#addPlace(schema, '', { dialect, resource });
  }

  /** Gives the schema at a pointer, also where no keyword says that there is one. */
  at(pointer: string): SchemaPlace | undefined {
    const known = this.places.get(pointer);
    if (known !== undefined) return known;
    let [value, above]: [Json | undefined, SchemaPlace] = [this.root.schema, this.root];
    let path = '';
    for (const token of pointer.split('/').slice(1)) {
      value = member(value, unescapeToken(token));
      path += `/${token}`;
      above = this.places.get(path) ?? above;
    }
    if (typeof value !== 'boolean' && !isJsonObject(value)) return undefined;
    return this.#addPlace(value, pointer, above);
  }

  #addResource(uri: string, pointer: string): SchemaResource {
    const resource: SchemaResource = {
      uri,
      pointer,
      anchors: new Map(),
      dynamicAnchors: new Map(),
      recursive: false,
    };
    if (this.resources.has(uri)) this.twice.push({ pointer, name: uri });
    else this.resources.set(uri, resource);
    return resource;
  }

  #addPlace(
    schema: Json,
    pointer: string,
    above: Pick<SchemaPlace, 'dialect' | 'resource'>,
  ): SchemaPlace {
    const { dialect, resource } = isJsonObject(schema)
      ? this.#begin(schema, pointer, above)
      : above;
    const children = new Map<string, SchemaPlace>();
    const place = { schema, pointer, document: this.#key, dialect, resource, children };
    this.places.set(pointer, place);
    this.#name(place);
    for (const [path, child] of heldSchemas(keywordsOf(place), dialect)) {
      const inner = `${pointer}/${path}`;
      // A reference may have led inside before anything led here.
      children.set(path, this.places.get(inner) ?? this.#addPlace(child, inner, place));
    }
    return place;
  }

  /** Says which resource and dialect hold from here on. */
  #begin(
    schema: JsonObject,
    pointer: string,
    above: Pick<SchemaPlace, 'dialect' | 'resource'>,
  ): Pick<SchemaPlace, 'dialect' | 'resource'> {
    const declared = schema['$schema'];
    const named = typeof declared === 'string' ? dialectOf(declared) : undefined;
    const dialect = named ?? above.dialect;
    const id = ownId(schema, dialect);
    if (id === undefined || id.startsWith('#')) {
      // Without a URI of its own only the root of a document says what it is written in.
      return { dialect: pointer === '' ? dialect : above.dialect, resource: above.resource };
    }
    const uri = resolveUri(id, above.resource.uri)?.uri;
    if (uri === undefined) return above;
    if (uri === above.resource.uri && above.resource.pointer === pointer) {
      return { dialect, resource: above.resource };
    }
    return { dialect, resource: this.#addResource(uri, pointer) };
  }

  #name(place: SchemaPlace): void {
    const { $anchor, $dynamicAnchor, $recursiveAnchor } = keywordsOf(place);
    const { resource, dialect, pointer } = place;
    const id = ownId(keywordsOf(place), dialect);
    const names = [id?.includes('#') === true ? id.slice(id.indexOf('#') + 1) : '', $anchor];
    for (const name of [...names, $dynamicAnchor]) {
      if (typeof name !== 'string' || name === '') continue;
      if (resource.anchors.has(name)) this.twice.push({ pointer, name: `#${name}` });
      else resource.anchors.set(name, place);
    }
    if (typeof $dynamicAnchor === 'string') resource.dynamicAnchors.set($dynamicAnchor, place);
    if ($recursiveAnchor === true && pointer === resource.pointer) resource.recursive = true;
  }
}

function ownId(schema: JsonObject, dialect: Dialect): string | undefined {
  if (refHidesSiblings(dialect) && typeof schema['$ref'] === 'string') return undefined;
  const id = schema[dialect === 'draft-04' ? 'id' : '$id'];
  return typeof id === 'string' ? id : undefined;
}

/** Lists the schemas directly inside, each with its path from here. */
function heldSchemas(keywords: JsonObject, dialect: Dialect): readonly (readonly [string, Json])[] {
  const found: [string, Json][] = [];
  const add = (path: string, value: Json | undefined): void => {
    if (typeof value === 'boolean' || isJsonObject(value)) found.push([path, value]);
  };
  for (const [keyword, holder] of schemaHolders(dialect)) {
    const held = keywords[keyword];
    if (held === undefined) continue;
    if (holder === 'one' || (holder === 'one-or-array' && !Array.isArray(held))) {
      add(keyword, held);
    } else if (Array.isArray(held)) {
      if (holder === 'array' || holder === 'one-or-array')
        held.forEach((item: Json, index) => add(`${keyword}/${index}`, item));
    } else if (isJsonObject(held)) {
      for (const key of Object.keys(held)) add(`${keyword}/${escapeToken(key)}`, held[key]);
    }
  }
  return found;
}

function member(value: Json | undefined, token: string): Json | undefined {
  if (Array.isArray(value)) return /^(0|[1-9]\d*)$/.test(token) ? value[Number(token)] : undefined;
  return isJsonObject(value) && Object.hasOwn(value, token) ? value[token] : undefined;
}
