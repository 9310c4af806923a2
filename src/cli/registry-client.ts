/** An answer of the registry that is not a success. */
export class ResponseError extends Error {
  override readonly name = 'ResponseError';
  readonly status: number;
  readonly code: string | undefined;

  constructor(status: number, problem: { readonly code?: string; readonly detail?: string }) {
    super(problem.detail ?? `The registry answered ${status}`);
    this.status = status;
    this.code = problem.code;
  }
}

export interface SendOptions {
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly body?: unknown;
  /** Bytes to send as they are. */
  readonly stream?: { readonly bytes: Uint8Array };
  readonly idempotencyKey?: string;
}

export interface RegistryClientOptions {
  /** Longest time for a request and its answer. Default: 120 s, because publishing hashes what was uploaded. */
  readonly timeoutMs?: number;
  /** Aborts every request. Default: nothing does. */
  readonly signal?: AbortSignal;
}

const TIMEOUT_MS = 120_000;

/** Talks to a registry over HTTP, like anybody else. */
export class RegistryClient {
  readonly #base: string;
  readonly #options: RegistryClientOptions;

  constructor(base: string, options: RegistryClientOptions = {}) {
    this.#base = base.replace(/\/$/, '');
    this.#options = options;
  }

  /** Gets JSON; `undefined` where there is no such thing. @throws ResponseError */
  async find<T>(path: string): Promise<T | undefined> {
    const response = await this.#fetch(path, { method: 'GET' });
    if (response.status === 404) return undefined;
    return (await parse(response)) as T;
  }

  /** Sends a request and gives its JSON. @throws ResponseError */
  async send<T>(path: string, options: SendOptions): Promise<T> {
    return (await parse(await this.#fetch(path, options))) as T;
  }

  async #fetch(
    path: string,
    { method, body, stream, idempotencyKey }: SendOptions,
  ): Promise<Response> {
    const headers: Record<string, string> = {};
    if (body !== undefined) headers['Content-Type'] = 'application/json';
    if (stream !== undefined) headers['Content-Type'] = 'application/octet-stream';
    if (idempotencyKey !== undefined) headers['Idempotency-Key'] = idempotencyKey;
    const content = stream?.bytes ?? (body === undefined ? undefined : JSON.stringify(body));
    const { timeoutMs = TIMEOUT_MS, signal } = this.#options;
    const timeout = AbortSignal.timeout(timeoutMs);
    return await fetch(`${this.#base}${path}`, {
      method,
      headers,
      signal: signal === undefined ? timeout : AbortSignal.any([timeout, signal]),
      ...(content === undefined ? {} : { body: content }),
    });
  }
}

async function parse(response: Response): Promise<unknown> {
  const text = await response.text();
  if (response.ok) return JSON.parse(text);
  const isProblem =
    response.headers.get('content-type')?.startsWith('application/problem+json') ?? false;
  throw new ResponseError(response.status, isProblem ? JSON.parse(text) : {});
}
