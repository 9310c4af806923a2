import { newIdempotencyKey } from '#api-client/artifact-digest';
import { OPERATIONS, type Operations } from '#api-client/operations';
import type { StreamName } from '#api-client/positions';
import type { Sending } from '#api-client/transport';

/** The name of an operation, as the OpenAPI document has it. */
export type OperationName = keyof Operations;

/** What every request may be told beside what its operation takes. */
export interface CallOptions {
  /** Of a command: makes a retry return the first answer. Default: a new one for each call. */
  readonly idempotencyKey?: string | undefined;
  /** Go with the request. Default: none. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly signal?: AbortSignal | undefined;
  /** What a read has to show at least, beside what the client carries by itself. */
  readonly minPosition?: number | undefined;
  /** The longest time for one attempt, in milliseconds. Default: that of the client. */
  readonly timeoutMs?: number | undefined;
}

/** What an operation takes. */
export type CallInput<K extends OperationName> = CallOptions & {
  readonly query?: Operations[K]['query'] | undefined;
} & (keyof Operations[K]['params'] extends never
    ? { readonly params?: undefined }
    : { readonly params: Operations[K]['params'] }) &
  (undefined extends Operations[K]['body']
    ? { readonly body?: Operations[K]['body'] }
    : { readonly body: Operations[K]['body'] });

/** What is sent for an operation, before anybody knows its types. */
export interface LooseInput extends CallOptions {
  readonly params?: object | undefined;
  readonly query?: object | undefined;
  readonly body?: unknown;
}

/** The stream whose positions an operation speaks of. */
export function streamOf(operation: OperationName): StreamName {
  return OPERATIONS[operation][3];
}

/** Whether an operation changes something. */
export function isWrite(operation: OperationName): boolean {
  const [method, , isCommand] = OPERATIONS[operation];
  return isCommand || method === 'PUT';
}

/** The media types of a success; none where it holds nothing. */
export function mediaTypesOf(operation: OperationName): readonly string[] {
  return OPERATIONS[operation][4].split(' ').filter((type) => type !== '');
}

/** Writes the request of an operation. @throws TypeError for a parameter of the path that is missing, `.` or `..` */
export function requestOf(
  operation: OperationName,
  input: LooseInput,
  minPosition: number | undefined,
): Sending {
  const [method, template, isCommand] = OPERATIONS[operation];
  const { params = {}, query = {}, body, idempotencyKey, headers, signal, timeoutMs } = input;
  const least = Math.max(minPosition ?? 0, input.minPosition ?? 0);
  const content = contentOf(body);
  return {
    method,
    path: `${pathOf(template, params)}${queryOf(query)}`,
    headers: {
      ...content?.headers,
      // Every attempt has the same key: whichever comes first counts.
      ...(isCommand ? { 'Idempotency-Key': idempotencyKey ?? newIdempotencyKey() } : {}),
      ...(method === 'GET' && least > 0 ? { 'Atlas-Min-Position': String(least) } : {}),
      ...headers,
    },
    ...(content === undefined ? {} : { body: content.body }),
    // Bytes that are put under their digest are the same bytes every time.
    isRepeatable: method === 'GET' || isCommand || operation === 'storeArtifact',
    signal,
    timeoutMs,
  };
}

function contentOf(body: unknown): Pick<Sending, 'body' | 'headers'> | undefined {
  if (body === undefined) return undefined;
  if (body instanceof Uint8Array || body instanceof Blob || typeof body === 'function')
    return {
      body: body as Sending['body'],
      headers: { 'Content-Type': 'application/octet-stream' },
    };
  return { body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } };
}

function pathOf(template: string, params: object): string {
  const values = new Map<string, unknown>(Object.entries(params));
  return template.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const value = values.get(name);
    if (typeof value !== 'string' || value === '')
      throw new TypeError(`Cannot write ${template}: "${name}" is missing (want a text)`);
    // As part of an address they lead elsewhere, and cannot be written otherwise (WHATWG URL, 4.1).
    if (value === '.' || value === '..')
      throw new TypeError(`Cannot write ${template}: "${name}" is ${value} (want a name)`);
    return encodeURIComponent(value);
  });
}

type QueryValue = string | number | boolean | undefined;

function queryOf(query: object): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query) as [
    string,
    QueryValue | readonly QueryValue[],
  ][]) {
    const values: readonly QueryValue[] = Array.isArray(value) ? value : [value];
    for (const one of values) if (one !== undefined) search.append(name, String(one));
  }
  return search.size === 0 ? '' : `?${search.toString()}`;
}
