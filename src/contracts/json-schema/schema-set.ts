import { DEFAULT_DIALECT, type Dialect, dialectOf } from '#contracts/json-schema/dialect';
import { findMetaSchema } from '#contracts/json-schema/meta-schemas';
import { DEFAULT_BASE, resolveUri, SchemaDocument } from '#contracts/json-schema/schema-document';
import type { SchemaPlace, SchemaResource } from '#contracts/json-schema/schema-place';
import type { Json, JsonObject } from '#domain/canonical-json';

export interface SchemaSetOptions {
  /** Registered schemas by the URI, absolute or relative, that `$ref` names them by. */
  readonly references?: ReadonlyMap<string, Json>;
  /** What a schema without `$schema` is written in. Default 2020-12. */
  readonly defaultDialect?: Dialect;
}

/**
 * A schema together with the registered schemas that it refers to. Knows every schema in them by place and by URI, and the
 * meta-schemas of the drafts. Never fetches anything.
 */
export class SchemaSet {
  readonly root: SchemaPlace;
  readonly document: SchemaDocument;
  readonly #resources = new Map<string, [SchemaDocument, SchemaResource]>();
  readonly #byKey = new Map<string, SchemaDocument>();
  readonly #dialect: Dialect;

  constructor(schema: Json, { references, defaultDialect }: SchemaSetOptions = {}) {
    this.#dialect = defaultDialect ?? DEFAULT_DIALECT;
    this.document = this.#add(schema, '', DEFAULT_BASE);
    this.root = this.document.root;
    for (const [key, reference] of references ?? []) {
      const uri = resolveUri(key, DEFAULT_BASE)?.uri;
      if (uri !== undefined) this.#byKey.set(key, this.#add(reference, key, uri));
    }
  }

  /** Gives the schema that a reference names from a place; `undefined` when it is not in the set. */
  resolve(from: SchemaPlace, reference: string): SchemaPlace | undefined {
    const target = resolveUri(reference, from.resource.uri);
    if (target === undefined) return undefined;
    const { uri, fragment } = target;
    const [document, resource] = this.#findResource(uri) ?? this.#findByKey(reference) ?? [];
    if (document === undefined || resource === undefined) return undefined;
    if (fragment === '') return document.at(resource.pointer);
    if (fragment.startsWith('/')) return document.at(`${resource.pointer}${fragment}`);
    return resource.anchors.get(fragment);
  }

  /** Gives the root of a resource. */
  rootOf(resource: SchemaResource): SchemaPlace | undefined {
    return this.#findResource(resource.uri)?.[0].at(resource.pointer);
  }

  /** Lists every schema with a URI of its own that is known so far. */
  *resources(): Iterable<SchemaResource> {
    for (const [, resource] of this.#resources.values()) yield resource;
  }

  /** Finds a registered schema whose key is what a reference says, whatever the base is. */
  #findByKey(reference: string): [SchemaDocument, SchemaResource] | undefined {
    const [key = ''] = reference.split('#', 1);
    const document = this.#byKey.get(key);
    return document === undefined ? undefined : [document, document.root.resource];
  }

  #findResource(uri: string): [SchemaDocument, SchemaResource] | undefined {
    const known = this.#resources.get(uri);
    if (known !== undefined) return known;
    const metaSchema = findMetaSchema(uri);
    if (metaSchema === undefined) return undefined;
    this.#add(metaSchema, uri, uri);
    return this.#resources.get(uri);
  }

  #add(schema: Json, key: string, uri: string): SchemaDocument {
    const dialect = declaredDialect(schema) ?? this.#dialect;
    const document = new SchemaDocument(schema, { key, uri, dialect });
    for (const [name, resource] of document.resources)
      if (!this.#resources.has(name)) this.#resources.set(name, [document, resource]);
    return document;
  }
}

/** Tells the draft that a schema declares; `undefined` without `$schema` or with an unknown one. */
export function declaredDialect(schema: Json): Dialect | undefined {
  if (typeof schema !== 'object' || schema === null || Array.isArray(schema)) return undefined;
  const declared = (schema as JsonObject)['$schema'];
  return typeof declared === 'string' ? dialectOf(declared) : undefined;
}
