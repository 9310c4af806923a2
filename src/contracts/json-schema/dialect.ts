/** The drafts of JSON Schema that a contract may be written in. */
export const DIALECTS = ['draft-04', 'draft-06', 'draft-07', '2019-09', '2020-12'] as const;
export type Dialect = (typeof DIALECTS)[number];

/** What a schema without `$schema` is taken for. */
export const DEFAULT_DIALECT: Dialect = '2020-12';

const META_SCHEMA_URIS: Readonly<Record<Dialect, string>> = {
  'draft-04': 'http://json-schema.org/draft-04/schema',
  'draft-06': 'http://json-schema.org/draft-06/schema',
  'draft-07': 'http://json-schema.org/draft-07/schema',
  '2019-09': 'https://json-schema.org/draft/2019-09/schema',
  '2020-12': 'https://json-schema.org/draft/2020-12/schema',
};

/** Gives the URI of the meta-schema of a draft, without a fragment. */
export function metaSchemaUri(dialect: Dialect): string {
  return META_SCHEMA_URIS[dialect];
}

/** Tells the draft that a `$schema` names, by either scheme and with or without an empty fragment. */
export function dialectOf(schemaUri: string): Dialect | undefined {
  const plain = schemaUri.replace(/#$/, '').replace(/^https?:/, '');
  return DIALECTS.find((dialect) => META_SCHEMA_URIS[dialect].replace(/^https?:/, '') === plain);
}

/** Says whether a draft ignores every keyword beside `$ref`: those before 2019-09 do. */
export function refHidesSiblings(dialect: Dialect): boolean {
  return dialect === 'draft-04' || dialect === 'draft-06' || dialect === 'draft-07';
}
