import { gzipSync } from 'node:zlib';
import { sha256Of } from '#domain/digest';
import type { FuzzOperation } from '#test/support/fuzz/described-api';
import { nearlyRight, WRONG_BODIES } from '#test/support/fuzz/fuzz-mutations';
import { bodyValue, oneOf, parameterText, type ValueSource } from '#test/support/fuzz/fuzz-values';
import { BLOBS } from '#test/support/fuzz/fuzz-words';
import { HOSTILE_PATH_PARTS } from '#test/support/hostile-names';

/** One request, ready to be sent. */
export interface FuzzRequest {
  readonly kind: 'right' | 'nearly' | 'wrong';
  /** The operation that it was made from. */
  readonly operation: FuzzOperation;
  readonly method: string;
  readonly target: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Buffer | undefined;
}

interface Draft {
  readonly operation: FuzzOperation;
  method: string;
  path: string;
  query: [string, string][];
  headers: [string, string][];
  body: Buffer | undefined;
}

/** Makes the next request. */
export function fuzzRequest(
  operations: readonly FuzzOperation[],
  source: ValueSource,
  shares: { readonly right: number; readonly nearly: number },
): FuzzRequest {
  const { random } = source;
  const operation = oneOf(random, operations);
  const draft = rightDraft(operation, source);
  const chance = random.next();
  if (chance < shares.right) return finished(draft, 'right');
  if (chance < shares.right + shares.nearly) {
    oneOf(random, draft.body === undefined ? NEARLY : [...NEARLY, spoilBody, spoilBody, spoilBody])(
      draft,
      source,
    );
    return finished(draft, 'nearly');
  }
  oneOf(random, WRONG)(draft, source);
  return finished(draft, 'wrong');
}

function rightDraft(operation: FuzzOperation, source: ValueSource): Draft {
  const { random } = source;
  const draft: Draft = {
    operation,
    method: operation.method,
    path: operation.path,
    query: [],
    headers: [],
    body: undefined,
  };
  const blob = oneOf(random, BLOBS);
  const digest = sha256Of(blob);
  for (const parameter of operation.parameters) {
    const { name } = parameter;
    if (parameter.in === 'header') continue;
    const isDigest = name === 'sha256' && !operation.path.includes('datasets');
    const text = isDigest
      ? digest
      : name === 'prefix'
        ? digest.slice(0, 2)
        : parameterText(parameter, operation, source);
    if (parameter.in === 'path')
      draft.path = draft.path.replace(`{${name}}`, () => encoded(text, random.next() < 0.8));
    else if (parameter.required === true || random.next() < 0.25) draft.query.push([name, text]);
  }
  if (operation.body !== undefined) {
    draft.headers.push(['content-type', operation.body.mediaType]);
    draft.body =
      operation.body.mediaType === 'application/json'
        ? Buffer.from(JSON.stringify(bodyValue(operation, source)))
        : blob;
  }
  addRightHeaders(draft, source);
  return draft;
}

function addRightHeaders(draft: Draft, { random, learned }: ValueSource): void {
  const { headers, operation } = draft;
  const takes = (name: string): boolean =>
    operation.parameters.some((parameter) => parameter.name === name);
  if (takes('Idempotency-Key') && random.next() < 0.2)
    headers.push(['idempotency-key', `key-${random.int(50)}`]);
  if (takes('Atlas-Min-Position') && random.next() < 0.05)
    headers.push(['atlas-min-position', String(1 + random.int(40))]);
  const etags = learned.of('etag');
  if (etags.length > 0 && random.next() < 0.15)
    headers.push([random.next() < 0.8 ? 'if-none-match' : 'if-match', oneOf(random, etags)]);
  if (random.next() < 0.1) headers.push(['accept-encoding', 'gzip']);
  if (random.next() < 0.05) headers.push(['accept', 'application/x-ndjson']);
  if (operation.path.includes('artifacts') && random.next() < 0.3)
    headers.push(['range', oneOf(random, ['bytes=0-1', 'bytes=-1', 'bytes=99-', 'bytes=1-'])]);
}

/** Encodes a part of a path; a slash in it is sent as it is where the name may span segments. */
function encoded(text: string, keepsSlash: boolean): string {
  const part = encodeURIComponent(text.toWellFormed());
  return keepsSlash ? part.replaceAll('%2F', '/') : part;
}

type Edit = (draft: Draft, source: ValueSource) => void;

const spoilBody: Edit = (draft, source) => {
  const { random, pools } = source;
  if (draft.operation.body?.mediaType !== 'application/json') {
    draft.body = Buffer.from(oneOf(random, pools.texts));
    return;
  }
  const text = nearlyRight(bodyValue(draft.operation, source), pools, random);
  draft.body = Buffer.from(text);
};

const spoilPath: Edit = (draft, { random, pools }) => {
  const parts = draft.path.split('/');
  parts[1 + random.int(parts.length - 1)] = encoded(oneOf(random, pools.hostile), false);
  draft.path = parts.join('/');
};

const spoilQuery: Edit = (draft, { random, pools }) => {
  const names = draft.operation.parameters.filter((one) => one.in === 'query');
  const name = names.length === 0 ? 'extra' : oneOf(random, names).name;
  const text = oneOf(random, pools.hostile);
  draft.query = draft.query.filter(([other]) => other !== name);
  draft.query.push([name, text]);
  if (random.next() < 0.15) draft.query.push([name, text]);
  if (random.next() < 0.1) draft.query.push([oneOf(random, ['__proto__', '', 'extra']), 'x']);
};

const READ_HEADERS = [
  'atlas-tenant',
  'atlas-environment',
  'idempotency-key',
  'x-idempotency-key',
  'if-match',
  'if-none-match',
  'atlas-min-position',
  'atlas-actor',
  'last-event-id',
  'range',
  'if-range',
  'accept',
  'accept-encoding',
  'host',
  'x-forwarded-for',
  'x-http-method-override',
  'authorization',
];
const HEADER_VALUES = ['', '*', '"', 'W/"x"', '"a", "b"', 'bytes=0-0,2-3', 'bytes=9-1', '-1'];

const spoilHeader: Edit = (draft, { random, pools }) => {
  const text =
    random.next() < 0.3 ? oneOf(random, HEADER_VALUES) : headerText(oneOf(random, pools.hostile));
  const name = oneOf(random, READ_HEADERS);
  draft.headers = [...draft.headers.filter(([other]) => other !== name), [name, text]];
};

/** Gives what a client's library lets pass in a header. */
export function headerText(text: string): string {
  return Buffer.from(text.slice(0, 2_000))
    .toString('latin1')
    .replaceAll(/[^\t\u0020-\u007e\u0080-\u00ff]/g, '?');
}

const prefixScope: Edit = (draft, { random, pools }) => {
  const [tenant, environment] = [0, 1].map(() =>
    random.next() < 0.5 ? 'acme' : encoded(oneOf(random, pools.hostile), false),
  );
  draft.path = `/tenants/${tenant}/environments/${environment}${draft.path}`;
};

const NEARLY: readonly Edit[] = [spoilPath, spoilQuery, spoilHeader, prefixScope];

const wrongBody: Edit = (draft, { random }) => {
  draft.body = oneOf(random, WRONG_BODIES);
};

const wrongMedia: Edit = (draft, { random }) => {
  const type = oneOf(random, ['text/plain', 'application/xml', '', 'application/json, x', 'json']);
  draft.headers = draft.headers.filter(([name]) => name !== 'content-type');
  if (type !== '') draft.headers.push(['content-type', type]);
};

const wrongEncoding: Edit = (draft, { random }) => {
  const body = draft.body ?? Buffer.from('{}');
  const encoding = oneOf(random, ['gzip', 'br', 'deflate', 'gzip, gzip', 'identity', 'x']);
  draft.headers.push(['content-encoding', encoding]);
  const packed = gzipSync(body);
  draft.body = oneOf(random, [
    body,
    packed,
    packed.subarray(0, packed.length >> 1),
    gzipSync(Buffer.alloc(400_000)),
  ]);
};

const wrongMethod: Edit = (draft, { random }) => {
  draft.method = oneOf(random, [
    'DELETE',
    'PATCH',
    'OPTIONS',
    'HEAD',
    'POST',
    'PUT',
    'GET',
    'TRACE',
  ]);
  if (draft.method === 'GET' || draft.method === 'HEAD') draft.body = undefined;
};

const wrongTarget: Edit = (draft, { random }) => {
  const parts = draft.path.split('/');
  parts.splice(1 + random.int(parts.length), random.int(2), oneOf(random, HOSTILE_PATH_PARTS));
  draft.path = parts.join('/');
};

const WRONG: readonly Edit[] = [wrongBody, wrongMedia, wrongEncoding, wrongMethod, wrongTarget];

function finished(draft: Draft, kind: FuzzRequest['kind']): FuzzRequest {
  const { operation, method, path, headers, body } = draft;
  const query = draft.query.map(
    ([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value.toWellFormed())}`,
  );
  const target = query.length === 0 ? path : `${path}?${query.join('&')}`;
  return { kind, operation, method, target, headers, body };
}

/** Writes a request as a line that a shell carries out. */
export function curlLine(base: string, { method, target, headers, body }: FuzzRequest): string {
  const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
  const data =
    body === undefined
      ? []
      : [`printf %s ${quoted(body.toString('base64'))} | base64 -d |`, ' --data-binary @-'];
  const all = headers.map(([name, value]) => ` -H ${quoted(`${name}: ${value}`)}`).join('');
  const verb = method === 'HEAD' ? '--head' : `-X ${method}`;
  return `${data[0] ?? ''} curl --path-as-is -i -m 10 ${verb}${all}${data[1] ?? ''} ${quoted(base + target)}`.trim();
}
