import { Agent, type Client, type Dispatcher, request } from 'undici';
import type { Clock } from '#flow/clock';
import { withDeadline } from '#flow/deadline';
import { checkHost, type GuardedLookupOptions, guardedLookup } from '#flow/private-hosts';

export interface GuardedConnectionOptions extends GuardedLookupOptions {
  /** Longest time until a connection stands, TLS included. */
  readonly connectMs: number;
  /** Whose certificates count, in PEM, in place of the authorities that come with Node. Default: those. */
  readonly ca?: string | undefined;
}

export interface GuardedHttpOptions extends GuardedConnectionOptions {
  readonly connectionsPerHostMax: number;
}

export interface GuardedRequest {
  readonly url: URL;
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

type AnswerBody = Dispatcher.ResponseData['body'];

const HEADER_BYTES_MAX = 16_384;
// Shorter than servers keep an idle connection.
const IDLE_MS = 4_000;

/**
 * Gives the options of every connection to a server outside: to addresses that were checked as they were looked up, one
 * request at a time, with bounded headers. Whoever sends has a deadline of its own, so the library has none.
 */
export function guardedConnection(options: GuardedConnectionOptions): Client.Options {
  const { connectMs: timeout, ca } = options;
  const lookup = guardedLookup(options);
  return {
    connect: { timeout, lookup, ...(ca === undefined ? {} : { ca }) },
    maxHeaderSize: HEADER_BYTES_MAX,
    pipelining: 1,
    allowH2: false,
    headersTimeout: 0,
    bodyTimeout: 0,
  };
}

/** Sends requests to servers outside. Follows no redirect, and asks for no compression. */
export class GuardedHttp {
  readonly #options: GuardedHttpOptions;
  readonly #agent: Agent;

  constructor(options: GuardedHttpOptions) {
    this.#options = options;
    this.#agent = new Agent({
      ...guardedConnection(options),
      connections: options.connectionsPerHostMax,
      keepAliveTimeout: IDLE_MS,
      keepAliveMaxTimeout: IDLE_MS,
    });
  }

  /**
   * Sends a request and gives the head of its answer. The signal ends both, the body included.
   * @throws what `refusal` makes for a private host; the signal's reason; what the connection fails with
   */
  async send(
    { url, ...rest }: GuardedRequest,
    signal: AbortSignal,
  ): Promise<Dispatcher.ResponseData> {
    // An address in a URL is never looked up.
    checkHost(url, this.#options);
    try {
      const reply = await request(url, { ...rest, signal, dispatcher: this.#agent });
      // It may fail after nobody listens any more.
      reply.body.on('error', () => undefined);
      return reply;
    } catch (error) {
      signal.throwIfAborted();
      throw error;
    }
  }

  /** Ends all connections. One that is being made ends when it stands, or after some seconds; nobody waits for that. */
  close(): void {
    this.#agent.destroy().catch(() => undefined);
  }
}

/** Reads the body of an answer whole. @throws Error when it is larger */
export async function readAnswer(body: AnswerBody, bytesMax: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  // Leaving the loop ends the connection.
  for await (const chunk of body as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > bytesMax) throw new Error(`the answer is larger (want at most ${bytesMax} bytes)`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Reads what nobody wants to know, so that the connection can be used again; gives it up where that is long. */
export async function discardAnswer(
  body: AnswerBody,
  limits: {
    readonly bytesMax: number;
    readonly ms: number;
    readonly signal: AbortSignal;
    readonly clock: Clock;
  },
): Promise<void> {
  const { bytesMax: limit, ...rest } = limits;
  const error = (): Error => new Error('The answer did not end');
  try {
    await withDeadline(() => body.dump({ limit }), { ...rest, error });
  } catch {
    body.destroy();
  }
}
