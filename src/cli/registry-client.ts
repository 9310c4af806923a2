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

const TIMEOUT_MS = 120_000;

/** Talks to a registry over HTTP, like anybody else. */
export class RegistryClient {
  readonly #base: string;

  constructor(base: string) {
    this.#base = base.replace(/\/$/, '');
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
    return await fetch(`${this.#base}${path}`, {
      method,
      headers,
      signal: AbortSignal.timeout(TIMEOUT_MS),
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
