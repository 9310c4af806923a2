import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import type { DescribedApi, FuzzOperation, FuzzSchema } from '#test/support/fuzz/described-api';
import type { FuzzRequest } from '#test/support/fuzz/fuzz-requests';

/** An answer as it came. */
export interface FuzzAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
  readonly durationMs: number;
}

const PROBLEM = 'application/problem+json';
/** One value a line: of no values there are no lines. */
const LINES = 'application/x-ndjson';
/** What a request may be told before anybody has looked for a route. */
const BEFORE_ROUTING: ReadonlySet<number> = new Set([408, 413, 414, 417, 429, 431]);
const DURATION_MS_MAX = 15_000;

/** Judges answers by the document of the registry that gives them. */
export class AnswerJudge {
  readonly #api: DescribedApi;
  readonly #ajv = addFormats.default(new Ajv2020({ strict: false }));
  readonly #validators = new Map<object, ValidateFunction>();

  constructor(api: DescribedApi) {
    this.#api = api;
  }

  /** Says what is wrong with an answer; `undefined` when the document describes it. */
  faultOf(request: FuzzRequest, answer: FuzzAnswer): string | undefined {
    const { status } = answer;
    if (status === 500) return `500: ${answer.body.toString('utf8').slice(0, 300)}`;
    if (answer.durationMs > DURATION_MS_MAX) return `it took ${Math.round(answer.durationMs)} ms`;
    const media = mediaOf(answer);
    if (status >= 400 && request.method !== 'HEAD') {
      const problem = this.#problemFault(request, answer, media);
      if (problem !== undefined) return problem;
    }
    const verb = request.method === 'HEAD' ? 'GET' : request.method;
    const candidates = this.#api.at(request.target).filter(({ method }) => method === verb);
    if (candidates.length === 0) return undescribed(answer);
    const faults = candidates.map((operation) => this.#fault(operation, request, answer));
    return faults.includes(undefined) ? undefined : faults[0];
  }

  #fault(operation: FuzzOperation, request: FuzzRequest, answer: FuzzAnswer): string | undefined {
    const { status, body } = answer;
    const described = operation.responses[String(status)];
    if (described === undefined) return `${operation.operationId} does not describe ${status}`;
    if (body.length === 0) {
      const mayBeEmpty = described.content === undefined || request.method === 'HEAD';
      // A file may have no bytes.
      const isFile = 'application/octet-stream' in (described.content ?? {});
      return mayBeEmpty || isFile || mediaOf(answer) === LINES
        ? undefined
        : `${status} has no body`;
    }
    const media = mediaOf(answer);
    const content = described.content?.[media];
    if (content === undefined)
      return `${operation.operationId} does not describe ${status} ${media}`;
    return this.#bodyFault(operation, content.schema, { media, body: plainBody(answer) });
  }

  #bodyFault(
    { operationId }: FuzzOperation,
    schema: FuzzSchema | undefined,
    { media, body }: { readonly media: string; readonly body: Buffer },
  ): string | undefined {
    if (schema === undefined || !/json/.test(media)) return undefined;
    const text = body.toString('utf8');
    const values = media === LINES ? text.split('\n').filter(Boolean) : [text];
    const validate = this.#validator(schema);
    for (const value of values) {
      if (validate(JSON.parse(value))) continue;
      return `${operationId}: the body is not as described: ${this.#ajv.errorsText(validate.errors)}`;
    }
    return undefined;
  }

  #problemFault({ method }: FuzzRequest, answer: FuzzAnswer, media: string): string | undefined {
    const { status, headers } = answer;
    const text = plainBody(answer).toString('utf8');
    // Readiness shows its parts.
    if (status === 503 && media === 'application/json' && text.includes('"parts"'))
      return undefined;
    if (media !== PROBLEM) return `${status} is no problem but "${media}"`;
    const { Problem = {} } = this.#api.document.components.schemas;
    const validate = this.#validator(Problem);
    const problem = JSON.parse(text) as Record<string, unknown>;
    if (!validate(problem)) return `not a problem: ${this.#ajv.errorsText(validate.errors)}`;
    if (problem['status'] !== status) return `${status} says ${String(problem['status'])}`;
    if (method !== 'GET' && problem['outcome'] === undefined) return `${status} has no outcome`;
    if (status === 503 && headers['retry-after'] === undefined) return '503 has no Retry-After';
    if (status === 405 && headers['allow'] === undefined) return '405 has no Allow';
    return undefined;
  }

  #validator(schema: object): ValidateFunction {
    const kept = this.#validators.get(schema);
    if (kept !== undefined) return kept;
    const { components } = this.#api.document;
    const made = this.#ajv.compile({ ...schema, components });
    this.#validators.set(schema, made);
    return made;
  }
}

/** What stands nowhere in the document may only be refused. */
function undescribed({ status }: FuzzAnswer): string | undefined {
  const isRefused = [400, 404, 405].includes(status) || BEFORE_ROUTING.has(status);
  return isRefused ? undefined : `${status} to what nothing describes`;
}

function mediaOf({ headers }: FuzzAnswer): string {
  return String(headers['content-type'] ?? '').split(';')[0] ?? '';
}

function plainBody({ headers, body }: FuzzAnswer): Buffer {
  const encoding = headers['content-encoding'];
  if (encoding === 'gzip') return gunzipSync(body);
  return encoding === 'br' ? brotliDecompressSync(body) : body;
}
