import { createRequire } from 'node:module';
import type { Json } from '#domain/canonical-json';

const DRAFT_2019 = 'https://json-schema.org/draft/2019-09/';
const DRAFT_2020 = 'https://json-schema.org/draft/2020-12/';

/** Where the package `ajv` keeps each meta-schema and vocabulary. */
const FILES: ReadonlyMap<string, string> = new Map([
  ['http://json-schema.org/draft-04/schema', 'ajv-draft-04/dist/refs/json-schema-draft-04.json'],
  ['http://json-schema.org/draft-06/schema', 'ajv/dist/refs/json-schema-draft-06.json'],
  ['http://json-schema.org/draft-07/schema', 'ajv/dist/refs/json-schema-draft-07.json'],
  [`${DRAFT_2019}schema`, 'ajv/dist/refs/json-schema-2019-09/schema.json'],
  ...['core', 'applicator', 'validation', 'meta-data', 'format', 'content'].map(
    (name): [string, string] => [
      `${DRAFT_2019}meta/${name}`,
      `ajv/dist/refs/json-schema-2019-09/meta/${name}.json`,
    ],
  ),
  [`${DRAFT_2020}schema`, 'ajv/dist/refs/json-schema-2020-12/schema.json'],
  ...[
    'core',
    'applicator',
    'unevaluated',
    'validation',
    'meta-data',
    'format-annotation',
    'content',
  ].map((name): [string, string] => [
    `${DRAFT_2020}meta/${name}`,
    `ajv/dist/refs/json-schema-2020-12/meta/${name}.json`,
  ]),
]);

const load = createRequire(import.meta.url);

/** Gives a meta-schema or a vocabulary of the known drafts by its URI without a fragment, by either scheme. */
export function findMetaSchema(uri: string): Json | undefined {
  const rest = uri.replace(/^https?:/, '');
  const file = FILES.get(`http:${rest}`) ?? FILES.get(`https:${rest}`);
  return file === undefined ? undefined : (load(file) as Json);
}
