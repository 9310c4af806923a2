import * as fc from 'fast-check';
import { applyPatch } from '#contracts/gate/apply-patch';
import type { Dialect } from '#contracts/json-schema/dialect';
import { metaSchemaUri } from '#contracts/json-schema/dialect';
import { SchemaSet } from '#contracts/json-schema/schema-set';
import type { Json, JsonObject } from '#domain/canonical-json';
import { type Chance, chanceOf } from '#test/contracts/gate/chance';

/** Two schemas of one draft, the one made from the other by a few steps, and a seed for documents. */
export interface RandomPair {
  readonly dialect: Dialect;
  readonly inner: JsonObject;
  readonly outer: JsonObject;
  readonly seed: number;
}

/** The names, texts and values that schemas and documents share, so that they meet. */
export const NAMES = ['a', 'b', 'ab', 'c'] as const;
export const TEXTS = ['', 'a', 'b', 'ab', 'ba', 'aab', 'abc'] as const;
export const VALUES: readonly Json[] = [
  null,
  true,
  false,
  0,
  1,
  2,
  1.5,
  -1,
  '',
  'a',
  'ab',
  [],
  [1],
  {},
  { a: 1 },
];
const PATTERNS = ['^a', 'b$', '^[ab]*$', 'a', '^.{2}$', '^a+b?$'];
/** The name of a branch. Written out it would make a promise of an object. */
const THEN = ['then'].join('');
const TYPES = ['null', 'boolean', 'integer', 'number', 'string', 'array', 'object'];

/** Gives pairs over all keywords of three drafts. */
export function randomPairs(): fc.Arbitrary<RandomPair> {
  return fc
    .constantFrom<Dialect>('draft-07', 'draft-07', '2019-09', '2020-12')
    .chain((dialect) =>
      fc.record({
        dialect: fc.constant(dialect),
        root: schemas(dialect, 3, true),
        definitions: fc.array(schemas(dialect, 2, false), { minLength: 2, maxLength: 2 }),
        spares: fc.array(schemas(dialect, 1, false), { minLength: 3, maxLength: 3 }),
        steps: fc.array(fc.nat(), { minLength: 1, maxLength: 3 }),
        turned: fc.boolean(),
        seed: fc.nat(),
      }),
    )
    .map(({ dialect, root, definitions, spares, steps, turned, seed }) => {
      const first: JsonObject = {
        ...(typeof root === 'object' ? (root as JsonObject) : { allOf: [root] }),
        $schema: metaSchemaUri(dialect),
        [definitionsKeyword(dialect)]: { x: definitions[0] ?? true, y: definitions[1] ?? true },
      };
      const second = steps.reduce<JsonObject>((schema, step) => {
        const chance = chanceOf(step);
        return mutate(schema, { dialect, spare: chance.pick(spares) ?? true, chance });
      }, first);
      const [inner, outer] = turned ? [second, first] : [first, second];
      return { dialect, inner, outer, seed };
    });
}

function definitionsKeyword(dialect: Dialect): string {
  return dialect === 'draft-07' ? 'definitions' : '$defs';
}

/** `inPlace` says whether a reference may stand here without leading into itself. */
function schemas(dialect: Dialect, depth: number, inPlace: boolean): fc.Arbitrary<Json> {
  const scalar = scalarRules();
  if (depth === 0)
    return fc.oneof({ weight: 1, arbitrary: fc.boolean() }, { weight: 8, arbitrary: scalar });
  const here = schemas(dialect, depth - 1, inPlace);
  const inside = schemas(dialect, depth - 1, true);
  const rules: { weight: number; arbitrary: fc.Arbitrary<JsonObject> }[] = [
    { weight: 4, arbitrary: scalar },
    { weight: 5, arbitrary: memberRules(dialect, inside, here) },
    { weight: 4, arbitrary: itemRules(dialect, inside) },
    { weight: 5, arbitrary: logicRules(here) },
  ];
  if (inPlace) rules.push({ weight: 1, arbitrary: referenceRules(dialect) });
  return fc.oneof(
    { weight: 1, arbitrary: fc.boolean() },
    {
      weight: 12,
      arbitrary: fc.array(fc.oneof(...rules), { minLength: 1, maxLength: 3 }).map(merge),
    },
  );
}

function merge(parts: readonly JsonObject[]): JsonObject {
  return Object.assign({}, ...parts) as JsonObject;
}

function scalarRules(): fc.Arbitrary<JsonObject> {
  const count = fc.integer({ min: 0, max: 3 });
  const limit = fc.constantFrom(-1, 0, 0.5, 1, 2, 3);
  const one = (keyword: string, values: fc.Arbitrary<Json>): fc.Arbitrary<JsonObject> =>
    values.map((value) => ({ [keyword]: value }));
  return fc.oneof(
    one('type', fc.uniqueArray(fc.constantFrom(...TYPES), { minLength: 1, maxLength: 3 })),
    one('type', fc.constantFrom(...TYPES)),
    one('const', fc.constantFrom(...VALUES)),
    one('enum', fc.uniqueArray(fc.constantFrom(...VALUES), { minLength: 1, maxLength: 4 })),
    one('minimum', limit),
    one('maximum', limit),
    one('exclusiveMinimum', limit),
    one('exclusiveMaximum', limit),
    one('multipleOf', fc.constantFrom(0.5, 1, 1.5, 2, 3)),
    one('minLength', count),
    one('maxLength', count),
    one('pattern', fc.constantFrom(...PATTERNS)),
  );
}

function memberRules(
  dialect: Dialect,
  inside: fc.Arbitrary<Json>,
  here: fc.Arbitrary<Json>,
): fc.Arbitrary<JsonObject> {
  const name = fc.constantFrom(...NAMES);
  const names = fc.uniqueArray(name, { minLength: 1, maxLength: 2 });
  const isOld = dialect === 'draft-07';
  return fc
    .record(
      {
        properties: fc.dictionary(name, inside, { minKeys: 1, maxKeys: 3 }),
        required: names,
        additionalProperties: inside,
        patternProperties: fc.dictionary(fc.constantFrom('^a', 'b', '^c$'), inside, {
          minKeys: 1,
          maxKeys: 2,
        }),
        propertyNames: fc.oneof(
          fc.constantFrom(...PATTERNS).map((pattern) => ({ pattern })),
          fc.uniqueArray(name, { minLength: 1, maxLength: 3 }).map((list) => ({ enum: list })),
          fc.integer({ min: 0, max: 2 }).map((maxLength) => ({ maxLength })),
        ),
        minProperties: fc.integer({ min: 0, max: 3 }),
        maxProperties: fc.integer({ min: 0, max: 3 }),
        [isOld ? 'dependencies' : 'dependentRequired']: fc.dictionary(name, names, {
          minKeys: 1,
          maxKeys: 2,
        }),
        ...(isOld
          ? {}
          : {
              dependentSchemas: fc.dictionary(name, here, { minKeys: 1, maxKeys: 2 }),
              unevaluatedProperties: inside,
            }),
      },
      { requiredKeys: [] },
    )
    .chain((rules) => thinned(rules as JsonObject));
}

/** Keeps one to four of the keywords, so that most of them are met together now and then. */
function thinned(rules: JsonObject): fc.Arbitrary<JsonObject> {
  const keys = Object.keys(rules);
  return fc
    .subarray(keys, { minLength: Math.min(1, keys.length), maxLength: Math.min(4, keys.length) })
    .map((kept) => Object.fromEntries(kept.map((key) => [key, rules[key] ?? true])));
}

function itemRules(dialect: Dialect, inside: fc.Arbitrary<Json>): fc.Arbitrary<JsonObject> {
  const count = fc.integer({ min: 0, max: 3 });
  const tuple = fc.array(inside, { minLength: 1, maxLength: 2 });
  const isNew = dialect === '2020-12';
  return fc
    .record(
      {
        items: isNew ? inside : fc.oneof(inside, tuple),
        [isNew ? 'prefixItems' : 'additionalItems']: isNew ? tuple : inside,
        contains: inside,
        minItems: count,
        maxItems: count,
        uniqueItems: fc.boolean(),
        ...(dialect === 'draft-07'
          ? {}
          : { minContains: count, maxContains: count, unevaluatedItems: inside }),
      },
      { requiredKeys: [] },
    )
    .chain((rules) => thinned(rules as JsonObject));
}

function logicRules(here: fc.Arbitrary<Json>): fc.Arbitrary<JsonObject> {
  const list = fc.array(here, { minLength: 1, maxLength: 3 });
  return fc.oneof(
    fc.record({ allOf: list }),
    fc.record({ anyOf: list }),
    fc.record({ oneOf: list }),
    fc.record({ not: here }),
    fc.record(
      { if: here, [THEN]: here, else: here },
      { requiredKeys: ['if'] },
    ) as fc.Arbitrary<JsonObject>,
  );
}

function referenceRules(dialect: Dialect): fc.Arbitrary<JsonObject> {
  return fc
    .constantFrom('x', 'y', undefined)
    .map((name) => ({ $ref: `#/${definitionsKeyword(dialect)}/${name ?? 'x'}` }));
}

interface Mutation {
  readonly dialect: Dialect;
  /** A schema that may come in. */
  readonly spare: Json;
  readonly chance: Chance;
}

/** Changes one place of a schema: a keyword dropped, added, raised or lowered, or the whole written another way. */
function mutate(schema: JsonObject, mutation: Mutation): JsonObject {
  const { chance, dialect } = mutation;
  const keyword = definitionsKeyword(dialect);
  const { $schema = '', [keyword]: definitions = {}, ...body } = schema;
  const isUsed = JSON.stringify(body).includes('"$ref"');
  const places = [...new SchemaSet(schema).document.places.keys()].filter(
    (each) => isUsed || !each.startsWith(`/${keyword}`),
  );
  const pointer = chance.pick(places) ?? '';
  const set = new SchemaSet(pointer === '' ? body : schema);
  const place = set.document.at(pointer)?.schema ?? true;
  const changed = chance.below(3) > 0 ? tuned(place, mutation) : rewritten(place, mutation);
  if (pointer !== '')
    return (applyPatch(schema, { pointer, value: changed }) ?? schema) as JsonObject;
  // The root keeps its draft and its definitions, however it is wrapped.
  const root = typeof changed === 'object' ? (changed as JsonObject) : { allOf: [changed] };
  return { ...root, $schema, [keyword]: definitions };
}

function tuned(schema: Json, { chance, spare }: Mutation): Json {
  if (typeof schema !== 'object' || schema === null) return spare;
  const keywords = schema as JsonObject;
  const keyword = chance.pick(Object.keys(keywords).filter((key) => !key.startsWith('$')));
  if (keyword === undefined) return spare;
  const value = keywords[keyword];
  const { [keyword]: _dropped, ...rest } = keywords;
  if (typeof value === 'number') {
    const moved = value + (chance.below(2) === 0 ? 1 : -1);
    return moved < 0 || (keyword === 'multipleOf' && moved <= 0)
      ? rest
      : { ...keywords, [keyword]: moved };
  }
  const isList = Array.isArray(value) && value.length > 1;
  if (isList && chance.below(3) > 0) {
    const at = chance.below(value.length);
    return { ...keywords, [keyword]: value.filter((_, index) => index !== at) };
  }
  if (chance.below(3) > 0) return rest;
  return typeof spare === 'object' ? { ...keywords, ...(spare as JsonObject) } : rest;
}

function rewritten(schema: Json, { chance, spare }: Mutation): Json {
  switch (chance.below(9)) {
    case 0:
      return { allOf: [schema] };
    case 1:
      return { allOf: [schema, spare] };
    case 2:
      return { anyOf: [schema, false] };
    case 3:
      return { anyOf: [spare, schema] };
    case 4:
      return { not: { not: schema } };
    case 5:
      return { oneOf: [schema, false] };
    case 6:
      return { if: schema, [THEN]: true, else: false };
    case 7:
      return { if: spare, [THEN]: schema, else: schema };
    default:
      return { anyOf: [{ allOf: [schema, spare] }, { allOf: [schema, { not: spare }] }] };
  }
}
