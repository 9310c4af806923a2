import { NotFoundError } from '#api-client/errors';
import { Transport } from '#api-client/transport';
import { type Credentials, environmentCredentials } from '#cli/profile/credentials';

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
  /** Who sends them. Default: what the environment says. */
  readonly credentials?: Credentials | undefined;
}

const TIMEOUT_MS = 120_000;

/** Talks to a registry over HTTP, like anybody else. What is refused with 429 it sends again when it may. */
export class RegistryClient {
  /** Sends any request, with the certificate of this process where it has one. */
  readonly fetch: typeof globalThis.fetch;
  readonly #transport: Transport;
  readonly #credentials: Credentials;

  constructor(base: string, options: RegistryClientOptions = {}) {
    const { timeoutMs = TIMEOUT_MS, signal, headers } = options;
    this.#credentials = options.credentials ?? environmentCredentials();
    this.fetch = this.#credentials.fetch();
    this.#transport = new Transport({
      url: base,
      token: this.#credentials.token,
      fetch: this.fetch,
      headers,
      timeoutMs,
      // Whoever waits at a terminal is told at once; who sends much waits for as long as a request may take.
      retry: { attemptsMax: 1, budgetMs: timeoutMs },
      signal,
    });
  }

  /** Gives the headers that say who sends a request. @throws CommandFault for what is no token */
  bearerHeaders(): Readonly<Record<string, string>> {
    const token = this.#credentials.token();
    return token === undefined ? {} : { Authorization: `Bearer ${token}` };
  }

  /** Gets JSON; `undefined` where there is no such thing. @throws ResponseError */
  async find<T>(path: string): Promise<T | undefined> {
    try {
      return await this.send<T>(path, { method: 'GET' });
    } catch (error) {
      if (error instanceof NotFoundError) return undefined;
      throw error;
    }
  }

  /** Sends a request and gives its JSON. @throws ResponseError */
  async send<T>(path: string, options: SendOptions): Promise<T> {
    const read = async (response: Response): Promise<T> => JSON.parse(await response.text()) as T;
    return await this.#exchange(path, options, read);
  }

  /** Sends a request and gives its answer with its headers. @throws ResponseError, AnswerTooLarge */
  async ask(path: string, options: SendOptions): Promise<RegistryAnswer> {
    return await this.#exchange(path, options, async (response) => {
      const { status, headers } = response;
      return { status, headers, bytes: await readAtMost(response, options.answerBytesMax) };
    });
  }

  async #exchange<T>(
    path: string,
    options: SendOptions,
    read: (response: Response) => Promise<T>,
  ): Promise<T> {
    const { method, body, stream, idempotencyKey } = options;
    const headers: Record<string, string> = { ...options.headers };
    if (body !== undefined) headers['Content-Type'] = 'application/json';
    if (stream !== undefined) headers['Content-Type'] = 'application/octet-stream';
    if (idempotencyKey !== undefined) headers['Idempotency-Key'] = idempotencyKey;
    const content = stream?.bytes ?? (body === undefined ? undefined : JSON.stringify(body));
    const isRepeatable = method === 'GET' || idempotencyKey !== undefined;
    return await this.#transport.exchange(
      { method, path, headers, body: content, isRepeatable },
      read,
    );
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
