import { type Dialect, dialectOf, refHidesSiblings } from '#contracts/json-schema/dialect';
import { resolveUri } from '#contracts/json-schema/schema-document';
import { isJsonObject, type Json, type JsonObject } from '#domain/canonical-json';

/** What schemas use, as far as it decides how they can be validated. */
export interface SchemaTraits {
  readonly keywords: Set<string>;
  readonly formats: Set<string>;
  /** Whether some part declares another draft. */
  mixesDialects: boolean;
  /** Whether an `if` has no `then`. */
  hasIfWithoutThen: boolean;
  /** Whether what is left over of arrays is judged in more than one place. */
  judgesLeftItemsTwice: boolean;
}

/** Gives the traits of a schema that is not looked at yet. */
export function newTraits(): SchemaTraits {
  return {
    keywords: new Set(),
    formats: new Set(),
    mixesDialects: false,
    hasIfWithoutThen: false,
    judgesLeftItemsTwice: false,
  };
}

/** Values that only look like schemas. */
const DATA = new Set(['const', 'default', 'enum', 'examples']);

/** Keywords whose members have names that publishers chose. */
const NAMED = new Set(
  '$defs definitions dependencies dependentSchemas patternProperties properties'.split(' '),
);

/** What the validator minds beside a reference although it is told not to. */
const HIDDEN = new Set(['$id', 'id', 'type']);

const AFTER_TUPLES = new Set(['contains', 'maxContains', 'minContains', 'uniqueItems']);

/** What the validator takes for rules and no draft does. */
const FOREIGN = new Set(['$async', 'nullable']);

export interface PrepareOptions {
  readonly dialect: Dialect;
  /** The absolute URI of the document. */
  readonly uri: string;
}

/**
 * Copies a schema without what the validator adds to the drafts, with an absolute identifier, and notes in `traits` what
 * it uses.
 */
export function prepareSchema(
  schema: Json,
  { dialect, uri }: PrepareOptions,
  traits: SchemaTraits,
): Json {
  const prepared = copySchema(schema, dialect, traits);
  if (!isJsonObject(prepared)) return prepared;
  const keyword = dialect === 'draft-04' ? 'id' : '$id';
  const { [keyword]: id, ...rest } = prepared;
  if (typeof id !== 'string' || id.startsWith('#')) return prepared;
  return { ...rest, [keyword]: resolveUri(id, uri)?.uri ?? id };
}

function copySchema(schema: Json, dialect: Dialect, traits: SchemaTraits): Json {
  if (Array.isArray(schema)) return schema.map((item: Json) => copySchema(item, dialect, traits));
  if (!isJsonObject(schema)) return schema;
  const { $schema, format } = schema;
  if (typeof format === 'string') traits.formats.add(format);
  if (typeof $schema === 'string' && dialectOf($schema) !== dialect) traits.mixesDialects = true;
  if (schema['if'] !== undefined && schema['then'] === undefined) {
    traits.hasIfWithoutThen = true;
  }
  const isHiding = refHidesSiblings(dialect) && typeof schema['$ref'] === 'string';
  return mapMembers(withItem(withoutTuple(schema)), (keyword, value) => {
    if (isHiding && HIDDEN.has(keyword)) return undefined;
    const isAgain = keyword === 'unevaluatedItems' && traits.keywords.has(keyword);
    if (isAgain) traits.judgesLeftItemsTwice = true;
    traits.keywords.add(keyword);
    if (FOREIGN.has(keyword) && typeof value === 'boolean') return undefined;
    if (DATA.has(keyword)) return value;
    if (!NAMED.has(keyword) || !isJsonObject(value)) return copySchema(value, dialect, traits);
    return mapMembers(value, (name, member) => {
      if (name === '__proto__') traits.keywords.add(name);
      return copySchema(member, dialect, traits);
    });
  });
}

/**
 * Says of an array that must contain something that it has an item. Without it the validator takes what it found in one
 * array for true of an empty one after it: `{"items": {"contains": {"const": 1}}}` would accept `[[1], []]`.
 */
function withItem(schema: JsonObject): JsonObject {
  const { contains, minContains, minItems } = schema;
  const isNeeded = contains !== undefined && minContains !== 0;
  if (!isNeeded || (typeof minItems === 'number' && minItems > 0)) return schema;
  return { ...schema, minItems: 1 };
}

/**
 * Says once more, apart from a tuple, what an array must contain and that its items differ. Beside a tuple that is longer
 * than the array the validator skips it: `{"items": [true, {}], "contains": {"const": 1}}` would accept `[2]`.
 */
function withoutTuple(schema: JsonObject): JsonObject {
  const { allOf, items, prefixItems } = schema;
  const rules = Object.entries(schema).filter(([keyword]) => AFTER_TUPLES.has(keyword));
  if (rules.length === 0 || !(Array.isArray(items) || Array.isArray(prefixItems))) return schema;
  const known = Array.isArray(allOf) ? (allOf as readonly Json[]) : [];
  return { ...schema, allOf: [...known, Object.fromEntries(rules)] };
}

function mapMembers(
  object: JsonObject,
  map: (key: string, value: Json) => Json | undefined,
): JsonObject {
  const entries = Object.entries(object).map(([key, value]) => [key, map(key, value)] as const);
  return Object.fromEntries(
    entries.flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
  );
}
