import { setTimeout as delay } from 'node:timers/promises';
import { bearerHeaders } from '#cli/bearer';
import { registryFetch } from '#cli/registry-fetch';

/** An answer of the registry that is not a success. */
export class ResponseError extends Error {
  override readonly name = 'ResponseError';
  readonly status: number;
  readonly code: string | undefined;
  /** The whole problem (RFC 9457) as it was sent; empty where the answer was none. */
  readonly problem: object;

  constructor(status: number, problem: { readonly code?: string; readonly detail?: string }) {
    super(problem.detail ?? `The registry answered ${status}`);
    this.status = status;
    this.code = problem.code;
    this.problem = problem;
  }
}

/** A success, read whole. */
export interface RegistryAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Uint8Array;
}

export interface SendOptions {
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly body?: unknown;
  /** Bytes to send as they are. */
  readonly stream?: { readonly bytes: Uint8Array };
  readonly idempotencyKey?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** The largest answer that is read. Default: any. What is over it is cut off, and the request fails. */
  readonly answerBytesMax?: number;
}

export interface RegistryClientOptions {
  /** Longest time for a request and its answer. Default: 120 s, because publishing hashes what was uploaded. */
  readonly timeoutMs?: number;
  /** Aborts every request. Default: nothing does. */
  readonly signal?: AbortSignal;
  /** Go with every request. Default: none. */
  readonly headers?: Readonly<Record<string, string>>;
}

const TIMEOUT_MS = 120_000;

/** Talks to a registry over HTTP, like anybody else. What is refused with 429 it sends again when it may. */
export class RegistryClient {
  /** Sends any request, with the certificate of this process where it has one. */
  readonly fetch: typeof globalThis.fetch;
  readonly #base: string;
  readonly #options: RegistryClientOptions;

  constructor(base: string, options: RegistryClientOptions = {}) {
    this.fetch = registryFetch();
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

  /** Sends a request and gives its answer with its headers. @throws ResponseError, AnswerTooLarge */
  async ask(path: string, options: SendOptions): Promise<RegistryAnswer> {
    const response = await this.#fetch(path, options);
    if (!response.ok) await parse(response);
    const { status, headers } = response;
    return { status, headers, bytes: await readAtMost(response, options.answerBytesMax) };
  }

  async #fetch(path: string, options: SendOptions): Promise<Response> {
    const { method, body, stream, idempotencyKey } = options;
    const headers: Record<string, string> = {
      ...bearerHeaders(),
      ...this.#options.headers,
      ...options.headers,
    };
    if (body !== undefined) headers['Content-Type'] = 'application/json';
    if (stream !== undefined) headers['Content-Type'] = 'application/octet-stream';
    if (idempotencyKey !== undefined) headers['Idempotency-Key'] = idempotencyKey;
    const content = stream?.bytes ?? (body === undefined ? undefined : JSON.stringify(body));
    const { timeoutMs = TIMEOUT_MS, signal: own } = this.#options;
    const timeout = AbortSignal.timeout(timeoutMs);
    const signal = own === undefined ? timeout : AbortSignal.any([timeout, own]);
    const sent = content === undefined ? {} : { body: content };
    for (;;) {
      const response = await this.fetch(`${this.#base}${path}`, {
        method,
        headers,
        signal,
        ...sent,
      });
      const seconds = Number(response.headers.get('retry-after') ?? Number.NaN);
      // Nothing was done: who sends much is only told to wait. The timeout bounds how often.
      if (response.status !== 429 || !(seconds >= 0)) return response;
      await response.body?.cancel();
      await delay(seconds * 1_000, undefined, { signal });
    }
  }
}

/** An answer that has more bytes than were asked for at most. */
export class AnswerTooLarge extends Error {
  override readonly name = 'AnswerTooLarge';
}

async function readAtMost(response: Response, bytesMax = Infinity): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  // Leaving the loop cancels the body: nothing more is sent.
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    bytes += chunk.length;
    if (bytes > bytesMax) {
      throw new AnswerTooLarge(
        `Cannot read ${new URL(response.url).pathname}: it is larger (want at most ${bytesMax} bytes)`,
      );
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, bytes);
}

async function parse(response: Response): Promise<unknown> {
  const text = await response.text();
  if (response.ok) return JSON.parse(text);
  const isProblem =
    response.headers.get('content-type')?.startsWith('application/problem+json') ?? false;
  throw new ResponseError(response.status, isProblem ? JSON.parse(text) : {});
}
