import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { expect } from 'vitest';

/** An answer, read whole and checked against the OpenAPI document. */
export interface ApiAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The JSON body, untyped on purpose: tests look at what is there. */
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly json: any;
  readonly position: number;
}

export interface ApiRequest {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'DELETE' | 'PATCH' | 'HEAD';
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Sent as it is. */
  readonly raw?: string | Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
  /** Set for paths that the document does not describe. */
  readonly undocumented?: boolean;
}

interface Operation {
  readonly responses: Record<string, { content?: Record<string, { schema?: object }> }>;
}

interface Document {
  readonly paths: Record<string, Record<string, Operation>>;
  readonly components: { readonly schemas: Record<string, object> };
}

/**
 * Talks to a registry as any client would, and fails the test for every answer that the registry's own OpenAPI document does
 * not describe: status, media type, schema.
 */
export class Api {
  readonly url: string;
  #document: Document | undefined;
  readonly #ajv = addFormats.default(new Ajv2020({ strict: false, allErrors: true }));
  readonly #validators = new Map<object, ValidateFunction>();

  constructor(url: string) {
    this.url = url;
  }

  async get(path: string, headers: Record<string, string> = {}): Promise<ApiAnswer> {
    return await this.send(path, { headers });
  }

  async post(
    path: string,
    body: unknown,
    headers: Record<string, string> = {},
  ): Promise<ApiAnswer> {
    return await this.send(path, { method: 'POST', body, headers });
  }

  async send(path: string, request: ApiRequest = {}): Promise<ApiAnswer> {
    const { method = 'GET', body, raw, headers = {} } = request;
    const content = raw ?? (body === undefined ? undefined : JSON.stringify(body));
    const type = body === undefined ? {} : { 'Content-Type': 'application/json' };
    const response = await fetch(`${this.url}${path}`, {
      method,
      headers: { ...type, ...headers },
      ...(content === undefined ? {} : { body: content }),
    });
    const text = await response.text();
    const isJson = /[+/]json/.test(response.headers.get('content-type') ?? '');
    const answer: ApiAnswer = {
      status: response.status,
      headers: response.headers,
      text,
      json: isJson && text !== '' ? JSON.parse(text) : undefined,
      position: Number(response.headers.get('atlas-position') ?? Number.NaN),
    };
    checkProblem(answer, method);
    if (request.undocumented !== true) await this.#check(method, path, answer);
    return answer;
  }

  async document(): Promise<Document> {
    this.#document ??= (await (await fetch(`${this.url}/openapi.json`)).json()) as Document;
    return this.#document;
  }

  async #check(method: string, path: string, answer: ApiAnswer): Promise<void> {
    const document = await this.document();
    const operation = operationOf(document, method, path);
    expect(operation, `${method} ${path} is not in the OpenAPI document`).toBeDefined();
    const described = operation?.responses[String(answer.status)];
    expect(described, `${method} ${path}: status ${answer.status} is not documented`).toBeDefined();
    if (answer.text === '') return;
    const type = (answer.headers.get('content-type') ?? '').split(';')[0] ?? '';
    const schema = described?.content?.[type]?.schema;
    expect(
      schema,
      `${method} ${path}: ${answer.status} with ${type} is not documented`,
    ).toBeDefined();
    if (schema === undefined || answer.json === undefined) return;
    const validate = this.#validator(document, schema);
    validate(answer.json);
    expect(validate.errors ?? [], `${method} ${path}: the body is not as documented`).toEqual([]);
  }

  #validator(document: Document, schema: object): ValidateFunction {
    const kept = this.#validators.get(schema);
    if (kept !== undefined) return kept;
    const made = this.#ajv.compile({ ...schema, components: document.components });
    this.#validators.set(schema, made);
    return made;
  }
}

/** Every answer that is not a success is a problem, with everything that a client may rely on. */
function checkProblem({ status, headers, json }: ApiAnswer, method: string): void {
  if (status < 400 || method === 'HEAD' || json?.parts !== undefined) return;
  expect(headers.get('content-type')).toBe('application/problem+json');
  expect(json).toMatchObject({
    status,
    type: expect.stringMatching(/^urn:atlas-registry:problem:/),
  });
  expect(json.detail.length).toBeGreaterThan(20);
  if (method !== 'GET') expect(['not-applied', 'unknown']).toContain(json.outcome);
  if (status === 503) expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
}

function operationOf(document: Document, method: string, path: string): Operation | undefined {
  const bare = (path.split('?')[0] ?? '').replace(/^\/tenants\/[^/]+\/environments\/[^/]+/, '');
  const matching = Object.keys(document.paths).filter((template) => patternOf(template).test(bare));
  // The template with the most fixed text fits best: .../{name}/publish before .../{name}.
  const best = matching.toSorted((a, b) => fixedLength(b) - fixedLength(a));
  const verb = method === 'HEAD' ? 'get' : method.toLowerCase();
  return best
    .map((template) => document.paths[template]?.[verb])
    .find((found) => found !== undefined);
}

function patternOf(template: string): RegExp {
  const any = template.includes('/datasets/{name}') ? '.+' : '[^/]*';
  return new RegExp(`^${template.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, any)}$`, 's');
}

function fixedLength(template: string): number {
  return template.replaceAll(/\{\w+\}/g, '').length;
}
