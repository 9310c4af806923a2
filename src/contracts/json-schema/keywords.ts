import { DIALECTS, type Dialect } from '#contracts/json-schema/dialect';

/**
 * How a keyword holds schemas: one, an array of them, an object of them, one or an array (`items` of the older drafts), or
 * an object of schemas and lists of names (`dependencies`).
 */
export type SchemaHolder = 'one' | 'array' | 'object' | 'one-or-array' | 'dependencies';

/** From which draft on a keyword holds schemas in this way, and up to which. */
const HOLDERS: readonly (readonly [string, SchemaHolder, Dialect, Dialect])[] = [
  ['allOf', 'array', 'draft-04', '2020-12'],
  ['anyOf', 'array', 'draft-04', '2020-12'],
  ['oneOf', 'array', 'draft-04', '2020-12'],
  ['not', 'one', 'draft-04', '2020-12'],
  ['properties', 'object', 'draft-04', '2020-12'],
  ['patternProperties', 'object', 'draft-04', '2020-12'],
  ['additionalProperties', 'one', 'draft-04', '2020-12'],
  ['definitions', 'object', 'draft-04', '2020-12'],
  ['dependencies', 'dependencies', 'draft-04', 'draft-07'],
  ['items', 'one-or-array', 'draft-04', '2019-09'],
  ['additionalItems', 'one', 'draft-04', '2019-09'],
  ['contains', 'one', 'draft-06', '2020-12'],
  ['propertyNames', 'one', 'draft-06', '2020-12'],
  ['if', 'one', 'draft-07', '2020-12'],
  ['then', 'one', 'draft-07', '2020-12'],
  ['else', 'one', 'draft-07', '2020-12'],
  ['$defs', 'object', '2019-09', '2020-12'],
  ['dependentSchemas', 'object', '2019-09', '2020-12'],
  ['unevaluatedItems', 'one', '2019-09', '2020-12'],
  ['unevaluatedProperties', 'one', '2019-09', '2020-12'],
  ['contentSchema', 'one', '2019-09', '2020-12'],
  ['prefixItems', 'array', '2020-12', '2020-12'],
  ['items', 'one', '2020-12', '2020-12'],
];

const BY_DIALECT: ReadonlyMap<Dialect, ReadonlyMap<string, SchemaHolder>> = new Map(
  DIALECTS.map((dialect, at) => [
    dialect,
    new Map(
      HOLDERS.filter(
        ([, , from, to]) => DIALECTS.indexOf(from) <= at && at <= DIALECTS.indexOf(to),
      ).map(([keyword, holder]) => [keyword, holder]),
    ),
  ]),
);

/** Gives the keywords of a draft that hold schemas. */
export function schemaHolders(dialect: Dialect): ReadonlyMap<string, SchemaHolder> {
  return BY_DIALECT.get(dialect) ?? new Map();
}
