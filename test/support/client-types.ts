import { join } from 'node:path';
import { packageInfo } from '#ops/package-root';

/** Where the types of the client stand. */
export const CLIENT_TYPES_PATH = join(packageInfo().root, 'src/api-client/operations.ts');
/** A registry with these settings has every operation that clients are given. */
export const ALL_OPERATIONS = { ATLAS_ENABLE_ADMIN_ENDPOINTS: 'true' } as const;

interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly Schema[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly description?: string;
}

interface Content {
  readonly content?: Readonly<Record<string, { readonly schema?: Schema }>>;
}

interface Parameter {
  readonly in: string;
  readonly name: string;
  readonly required?: boolean;
  readonly schema: Schema;
}

interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly tags: readonly string[];
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: Content & { readonly required?: boolean };
  readonly responses: Readonly<Record<string, Content>>;
}

/** What of an OpenAPI document the types are made from. */
export interface ApiDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

/** Keywords that say nothing about a type: they bound values, or describe them. */
const WITHOUT_TYPE = new Set(
  'description example examples default format minimum maximum exclusiveMinimum exclusiveMaximum minLength maxLength pattern minItems maxItems uniqueItems propertyNames minProperties maxProperties'.split(
    ' ',
  ),
);
const WITH_TYPE = new Set(
  '$ref type enum const anyOf items properties required additionalProperties'.split(' '),
);
/** The views of these show positions of the stream of job runs. */
const JOBS_TAGS = new Set(['job-runs', 'lineage']);

/** Writes the types of every operation, and how each is sent, as a TypeScript module. @throws Error for a keyword that it does not know */
export function clientTypes({ paths, components }: ApiDocument): string {
  const operations = Object.entries(paths)
    .flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
    )
    // Events go on for ever: the client follows them.
    .filter(({ operation }) => operation.operationId !== 'followEvents')
    .toSorted((a, b) => (a.operation.operationId < b.operation.operationId ? -1 : 1));
  return [
    '// Made from the OpenAPI document: make client-types',
    '',
    '/** The bodies that requests and answers have, by their names in the OpenAPI document. */',
    'export interface Schemas {',
    ...Object.entries(components.schemas).map(
      ([name, schema]) => `${comment(schema.description)}  readonly ${name}: ${typeOf(schema)};`,
    ),
    '}',
    '',
    '/** What every operation takes and answers. */',
    'export interface Operations {',
    ...operations.map(
      ({ operation }) =>
        `${comment(operation.summary)}  readonly ${operation.operationId}: ${operationType(operation)};`,
    ),
    '}',
    '',
    '/** How every operation is sent: method, path, whether it is a command that takes a key, which stream its positions count, the media types of a success. */',
    'export const OPERATIONS = {',
    ...operations.map(({ path, method, operation }) => {
      const { operationId, parameters = [], tags } = operation;
      const isCommand = parameters.some(({ name }) => name === 'Idempotency-Key');
      const stream = tags.some((tag) => JOBS_TAGS.has(tag)) ? 'jobs' : 'registry';
      const media = answerTypes(operation).join(' ');
      return `  ${operationId}: ['${method.toUpperCase()}', '${path}', ${isCommand}, '${stream}', '${media}'],`;
    }),
    '} as const;',
    '',
  ].join('\n');
}

/** The media types of what a success holds; none where it holds nothing. */
function answerTypes({ responses }: Operation): readonly string[] {
  const successes = Object.entries(responses).filter(([status]) => Number(status) < 300);
  return [...new Set(successes.flatMap(([, { content = {} }]) => Object.keys(content)))];
}

function operationType({ parameters = [], requestBody, responses }: Operation): string {
  const body = requestBody === undefined ? undefined : contentType(requestBody, 'sent');
  const sent = requestBody?.required === true ? body : `${body} | undefined`;
  const answers = Object.entries(responses)
    .filter(([status]) => Number(status) < 300)
    .map(([, response]) => contentType(response, 'received'));
  const answer = [...new Set(answers)].join(' | ');
  const params = fieldsOf(parameters, 'path');
  const query = fieldsOf(parameters, 'query');
  return `{ readonly params: ${params}; readonly query: ${query}; readonly body: ${body === undefined ? 'undefined' : sent}; readonly answer: ${answer} }`;
}

function contentType({ content = {} }: Content, direction: 'sent' | 'received'): string {
  const types = Object.entries(content).map(([media, { schema = {} }]) => {
    if (media === 'application/json') return typeOf(schema);
    if (media.startsWith('text/') || media.endsWith('ndjson')) return 'string';
    return direction === 'sent' ? 'Uint8Array | Blob' : 'Uint8Array';
  });
  return types.length === 0 ? 'undefined' : [...new Set(types)].join(' | ');
}

function fieldsOf(parameters: readonly Parameter[], place: string): string {
  const fields = parameters
    .filter((parameter) => parameter.in === place)
    .map(({ name, required, schema }) =>
      place === 'query' && required !== true
        ? `readonly ${keyOf(name)}?: ${queryType(schema)} | undefined`
        : `readonly ${keyOf(name)}: ${queryType(schema)}`,
    );
  return fields.length === 0 ? 'Record<never, never>' : `{ ${fields.join('; ')} }`;
}

/** In an address everything is text, and a list is one text or several. */
function queryType(schema: Schema): string {
  const type = typeOf(schema);
  if (type === 'number') return 'number | string';
  return type === 'boolean' ? 'boolean | string' : type;
}

function typeOf(schema: Schema): string {
  const unknown = Object.keys(schema).filter((k) => !WITHOUT_TYPE.has(k) && !WITH_TYPE.has(k));
  if (unknown.length > 0)
    throw new Error(`Cannot write a type: the schema says "${unknown[0]}" (want a known keyword)`);
  if (schema.$ref !== undefined) return `Schemas['${schema.$ref.split('/').at(-1)}']`;
  if (schema.enum !== undefined) return schema.enum.map((v) => JSON.stringify(v)).join(' | ');
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.anyOf !== undefined) return [...new Set(schema.anyOf.map(typeOf))].join(' | ');
  const types = typeof schema.type === 'string' ? [schema.type] : (schema.type ?? []);
  return types.length === 0 ? 'unknown' : types.map((type) => plainType(type, schema)).join(' | ');
}

function plainType(type: string, schema: Schema): string {
  if (type === 'integer') return 'number';
  if (type === 'array') return `readonly (${typeOf(schema.items ?? {})})[]`;
  return type === 'object' ? objectType(schema) : type;
}

function objectType({ properties = {}, required = [], additionalProperties }: Schema): string {
  const fields = Object.entries(properties).map(
    ([name, schema]) =>
      `${comment(schema.description)}  readonly ${keyOf(name)}${required.includes(name) ? '' : '?'}: ${typeOf(schema)};`,
  );
  const rest = typeof additionalProperties === 'object' ? typeOf(additionalProperties) : 'unknown';
  if (fields.length > 0) return `{\n${fields.join('\n')}\n}`;
  const isClosed = additionalProperties === false || additionalProperties === undefined;
  return isClosed ? 'Record<string, never>' : `Readonly<Record<string, ${rest}>>`;
}

function comment(text: string | undefined): string {
  return text === undefined ? '' : `  /** ${text.replaceAll('*/', '* /')} */\n`;
}

function keyOf(name: string): string {
  return /^[A-Za-z_]\w*$/.test(name) ? name : JSON.stringify(name);
}
