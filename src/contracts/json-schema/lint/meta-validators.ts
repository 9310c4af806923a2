import type { Options, ValidateFunction } from 'ajv';
import { ajvOf } from '#contracts/json-schema/ajv-of';
import { type Dialect, metaSchemaUri } from '#contracts/json-schema/dialect';
import { findMetaSchema } from '#contracts/json-schema/meta-schemas';
import type { Json, JsonObject } from '#domain/canonical-json';

const OPTIONS: Options = { logger: false, meta: false, strict: false, validateSchema: false };

/** Compiled meta-schemas. Compiling takes tens of milliseconds, and what comes of it never changes. */
const whole = new Map<Dialect, ValidateFunction>();
const flat = new Map<Dialect, readonly ValidateFunction[]>();

/** Gives the validator of whole schemas under a meta-schema. It stops at the first error, or soon after. */
export function wholeValidator(dialect: Dialect): ValidateFunction {
  const validate = whole.get(dialect) ?? compileWhole(dialect);
  whole.set(dialect, validate);
  return validate;
}

/**
 * Gives the validators that look at one subschema and not at those inside it, and tell every error. All errors of a whole
 * schema at once would cost the square of their number.
 */
export function flatValidators(dialect: Dialect): readonly ValidateFunction[] {
  const validators = flat.get(dialect) ?? compileFlat(dialect);
  flat.set(dialect, validators);
  return validators;
}

function compileWhole(dialect: Dialect): ValidateFunction {
  const ajv = ajvOf(dialect, OPTIONS);
  const [root, ...vocabularies] = load(dialect);
  return ajv.addSchema([...vocabularies]).compile(root);
}

function compileFlat(dialect: Dialect): readonly ValidateFunction[] {
  const inside = { type: dialect === 'draft-04' ? ['object'] : ['object', 'boolean'] };
  return load(dialect).map((part) =>
    ajvOf(dialect, { ...OPTIONS, allErrors: true }).compile(flatten(part, inside) as JsonObject),
  );
}

/** Puts `inside` wherever a meta-schema refers to itself, and lets pass what a vocabulary looks at by itself. */
function flatten(schema: Json, inside: JsonObject): Json {
  if (Array.isArray(schema)) return schema.map((item: Json) => flatten(item, inside));
  if (typeof schema !== 'object' || schema === null) return schema;
  const { $ref, $dynamicRef, $recursiveRef } = schema as JsonObject;
  // As names of keywords in `properties` the same words hold objects.
  if ([$dynamicRef, $recursiveRef].some((each) => typeof each === 'string')) return inside;
  if ($ref === '#') return inside;
  if (typeof $ref === 'string' && $ref.startsWith('meta/')) return {};
  return Object.fromEntries(
    Object.entries(schema).map(([key, value]) => [key, flatten(value, inside)]),
  );
}

/** Gives the meta-schema of a draft, and after it the vocabularies that it is made of. */
function load(dialect: Dialect): readonly [JsonObject, ...JsonObject[]] {
  const uri = metaSchemaUri(dialect);
  const root = withoutSlowRules(findMetaSchema(uri) ?? {}) as JsonObject;
  const parts = Array.isArray(root['allOf']) ? (root['allOf'] as { readonly $ref: string }[]) : [];
  const vocabularies = parts.map(({ $ref }) => findMetaSchema(new URL($ref, uri).href) ?? {});
  return [root, ...vocabularies.map((each) => withoutSlowRules(each) as JsonObject)];
}

/**
 * Takes away the rule that items are unique, but where they are strings. The validator compares every other item with
 * every other: a list of 100,000 would take minutes.
 */
function withoutSlowRules(schema: Json): Json {
  if (Array.isArray(schema)) return schema.map(withoutSlowRules);
  if (typeof schema !== 'object' || schema === null) return schema;
  const { items } = schema as { readonly items?: { readonly type?: Json } };
  const kept = Object.entries(schema).filter(
    ([key, value]) => key !== 'uniqueItems' || value !== true || items?.type === 'string',
  );
  return Object.fromEntries(kept.map(([key, value]) => [key, withoutSlowRules(value)]));
}
