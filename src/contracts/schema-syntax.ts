import { Ajv, type ErrorObject } from 'ajv';
import { Ajv2019 } from 'ajv/dist/2019.js';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { quote, RegistryError } from '#domain/errors';

export const SCHEMA_DRAFTS = ['draft-07', '2019-09', '2020-12'] as const;
export type SchemaDraft = (typeof SCHEMA_DRAFTS)[number];

const META_SCHEMAS: ReadonlyMap<string, SchemaDraft> = new Map([
  ['http://json-schema.org/draft-07/schema', 'draft-07'],
  ['https://json-schema.org/draft-07/schema', 'draft-07'],
  ['https://json-schema.org/draft/2019-09/schema', '2019-09'],
  ['https://json-schema.org/draft/2020-12/schema', '2020-12'],
]);

/** One place where a schema breaks the rules of its draft. */
export interface SchemaFault {
  /** JSON Pointer into the schema. */
  readonly path: string;
  readonly message: string;
}

/** What a schema without `$schema` is taken for. */
const DEFAULT_DRAFT: SchemaDraft = '2020-12';

/** Checks schemas against the meta-schemas of their drafts. Building a validator takes milliseconds: each is kept. */
export class SchemaSyntax {
  readonly #validators = new Map<SchemaDraft, Ajv>();

  /**
   * Checks that a text is JSON and a schema that is valid under the meta-schema of its draft (`$schema`; without it
   * 2020-12). The schema is not compiled and nothing that it refers to is fetched.
   * @throws INVALID_SCHEMA with every fault found
   */
  check(text: string): SchemaDraft {
    const schema = parse(text);
    const draft = draftOf(schema);
    const ajv = this.#validator(draft);
    if (ajv.validateSchema(schema) === true) return draft;
    const faults = (ajv.errors ?? []).map(faultOf);
    const first = faults[0];
    throw new RegistryError(
      'INVALID_SCHEMA',
      `Cannot publish JSON Schema: at ${quote(first?.path ?? '')} it ${first?.message ?? 'is wrong'} (want a schema that is valid under ${draft})`,
      { details: { draft, faults }, outcome: 'not-applied' },
    );
  }

  #validator(draft: SchemaDraft): Ajv {
    const kept = this.#validators.get(draft);
    if (kept !== undefined) return kept;
    const made = makeValidator(draft);
    this.#validators.set(draft, made);
    return made;
  }
}

function parse(text: string): boolean | Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const is = error instanceof Error ? error.message : String(error);
    throw invalid(`it is not JSON: ${is}`, 'a JSON text');
  }
  if (typeof value === 'boolean') return value;
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as Record<string, unknown>;
  }
  throw invalid(
    `it is ${Array.isArray(value) ? 'an array' : typeof value}`,
    'an object or a boolean',
  );
}

function draftOf(schema: boolean | Record<string, unknown>): SchemaDraft {
  const declared = typeof schema === 'boolean' ? undefined : schema['$schema'];
  if (declared === undefined) return DEFAULT_DRAFT;
  const draft =
    typeof declared === 'string' ? META_SCHEMAS.get(declared.replace(/#$/, '')) : undefined;
  if (draft === undefined) {
    throw invalid(
      `$schema is ${JSON.stringify(declared)}`,
      `one of ${[...META_SCHEMAS.keys()].join(', ')}`,
    );
  }
  return draft;
}

function makeValidator(draft: SchemaDraft): Ajv {
  const options = { allErrors: true, strict: false, logger: false } as const;
  switch (draft) {
    case 'draft-07':
      return new Ajv(options);
    case '2019-09':
      return new Ajv2019(options);
    case '2020-12':
      return new Ajv2020(options);
    default:
      return draft satisfies never;
  }
}

function faultOf(error: ErrorObject): SchemaFault {
  return { path: error.instancePath, message: error.message ?? error.keyword };
}

function invalid(is: string, want: string): RegistryError {
  return new RegistryError('INVALID_SCHEMA', `Cannot publish JSON Schema: ${is} (want ${want})`, {
    details: { faults: [{ path: '', message: is }] },
    outcome: 'not-applied',
  });
}
