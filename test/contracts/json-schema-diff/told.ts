import type { Dialect } from '#contracts/json-schema/dialect';
import { SchemaSet } from '#contracts/json-schema/schema-set';
import { diffSchemas, type SchemaDiff } from '#contracts/json-schema-diff/diff-schemas';
import type { Json } from '#domain/canonical-json';

/** How two schemas are compared. */
export interface DiffSetting {
  readonly dialect?: Dialect;
  readonly assertsFormats?: boolean;
}

/** Compares two schemas, of 2020-12 where nothing else is said. */
export function diffOf(
  older: Json,
  newer: Json,
  { dialect = '2020-12', assertsFormats = true }: DiffSetting = {},
): SchemaDiff {
  const options = { defaultDialect: dialect };
  return diffSchemas(new SchemaSet(older, options), new SchemaSet(newer, options), {
    assertsFormats,
  });
}

/** Tells each change as `rule effect before -> after`, with `-` where a side has nothing. */
export function told(older: Json, newer: Json, setting?: DiffSetting): readonly string[] {
  return diffOf(older, newer, setting).changes.map(
    ({ rule, effect, before = '-', after = '-' }) => `${rule} ${effect} ${before} -> ${after}`,
  );
}
