import { lintSchema } from '#contracts/json-schema/lint/lint-schema';

/** The `$schema` of each draft. */
export const SCHEMA_URIS = {
  'draft-04': 'http://json-schema.org/draft-04/schema#',
  'draft-06': 'http://json-schema.org/draft-06/schema#',
  'draft-07': 'http://json-schema.org/draft-07/schema#',
  '2019-09': 'https://json-schema.org/draft/2019-09/schema',
  '2020-12': 'https://json-schema.org/draft/2020-12/schema',
} as const;

/** Lints a schema with references that are given as values. */
export function lint(schema: unknown, references: Readonly<Record<string, unknown>> = {}) {
  const texts = Object.entries(references).map(
    ([uri, value]) => [uri, JSON.stringify(value)] as const,
  );
  return lintSchema(JSON.stringify(schema), { references: new Map(texts) });
}

/** Tells each fault as its rule and its pointer, after the reference that it is in. */
export function faultsOf(schema: unknown, references?: Readonly<Record<string, unknown>>) {
  return lint(schema, references).faults.map(
    ({ rule, pointer, reference = '' }) => `${rule} ${reference}${pointer}`,
  );
}

/** Tells each warning as its rule and its pointer. */
export function warningsOf(schema: unknown) {
  return lint(schema).warnings.map(({ rule, pointer }) => `${rule} ${pointer}`);
}
