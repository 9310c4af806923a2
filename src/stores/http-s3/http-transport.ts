import type { Dispatcher } from 'undici';
import { isRegistryError, quote } from '#domain/errors';
import { idleGuard, withDeadline } from '#flow/deadline';
import { discardAnswer, guardedConnection } from '#flow/guarded-http';
import { checkHost } from '#flow/private-hosts';
import { type HttpConnection, HttpConnections } from '#stores/http-s3/http-connections';
import {
  checkLimits,
  checkToken,
  type HttpLimits,
  type HttpTransportOptions,
  parseBaseUrl,
} from '#stores/http-s3/http-options';
import { readHttpReply } from '#stores/http-s3/http-reply';
import { storeGuard } from '#stores/http-s3/store-guard';
import type { Transport, TransportReply, TransportRequest } from '#stores/http-s3/transport';
import { StoreError, type StoreErrorClass } from '#stores/store-error';

/** One request on its way. Its signal aborts with the caller's, or when its whole time is over. */
interface Call {
  readonly request: TransportRequest;
  readonly signal: AbortSignal;
  readonly limits: HttpLimits;
  /** Aborts it when a time is over; gives what forgets that time. */
  readonly limit: (ms: number, is: string) => () => void;
  /** Ends timers and listener. */
  readonly release: () => void;
}

const DISCARDED_BYTES_MAX = 16_384;
// What waits has a deadline; that many at once are a mistake.
const WAITING_MAX = 10_000;
// What the parser says of a reply that was cut off, and undici gives no code for.
const CUT = /Invalid EOF/;
const LATE_CODES: ReadonlySet<string> = new Set(['UND_ERR_CONNECT_TIMEOUT', 'ETIMEDOUT']);

/** Gets the files of a store over HTTP/1.1. Follows no redirect, accepts no compression, keeps connections for the next. */
export class HttpTransport implements Transport {
  readonly #options: HttpTransportOptions;
  readonly #base: URL;
  readonly #connections: HttpConnections;

  /**
   * @throws INVALID_SETTING when the URL or the token cannot be used; StoreError validation when the host is private and
   *   must not be
   */
  constructor(options: HttpTransportOptions) {
    const { source, limits, ca } = options;
    checkLimits(limits);
    this.#options = options;
    this.#base = parseBaseUrl(options.baseUrl, source);
    checkToken(options.bearerToken, source);
    const guard = storeGuard(this.#identity, options);
    checkHost(this.#base, guard);
    this.#connections = new HttpConnections({
      origin: this.#base.origin,
      connectionsMax: options.connectionsMax,
      waitingMax: WAITING_MAX,
      clock: options.clock,
      client: guardedConnection({ ...guard, connectMs: limits.connectMs, ca }),
    });
  }

  async get(request: TransportRequest): Promise<TransportReply> {
    request.signal?.throwIfAborted();
    const call = this.#begin(request);
    let reply: Dispatcher.ResponseData;
    try {
      reply = await this.#send(call);
    } catch (error) {
      call.release();
      throw this.#failure(error, call);
    }
    return await this.#read(reply, call);
  }

  async close(): Promise<void> {
    await this.#connections.close();
  }

  get #identity(): { readonly backend: 'http_s3'; readonly source: string } {
    return { backend: 'http_s3', source: this.#options.source };
  }

  #begin(request: TransportRequest): Call {
    const { path, signal } = request;
    const { clock, limits } = this.#options;
    // As the layout names them.
    const totalMs = path.startsWith('artifacts/') ? limits.artifactTotalMs : limits.totalMs;
    const [stop, released] = [new AbortController(), new AbortController()];
    const limit: Call['limit'] = (ms, is) => {
      const timer = new AbortController();
      released.signal.addEventListener('abort', () => timer.abort());
      clock.sleep(ms, timer.signal).then(
        () => stop.abort(this.#late(path, is)),
        () => undefined,
      );
      return () => timer.abort();
    };
    const passOn = (): void => stop.abort(signal?.reason);
    signal?.addEventListener('abort', passOn);
    limit(totalMs, tooLong(totalMs));
    const release = (): void => {
      released.abort();
      signal?.removeEventListener('abort', passOn);
    };
    return { request, signal: stop.signal, limits: { ...limits, totalMs }, limit, release };
  }

  async #send(call: Call): Promise<Dispatcher.ResponseData> {
    const { path } = call.request;
    const ms = call.limits.firstByteMs;
    let connection: HttpConnection | undefined;
    const drop = (): void => connection?.drop();
    const ask = async (signal: AbortSignal): Promise<Dispatcher.ResponseData> => {
      connection = await this.#connections.take(signal);
      if (signal.aborted) drop();
      const reply = await connection.client.request({
        path: this.#base.pathname + path,
        method: 'GET',
        headers: this.#headersOf(call.request),
      });
      // It may fail before anybody reads it, or after somebody has stopped to.
      reply.body.on('error', () => undefined);
      reply.body.once('close', () => {
        if (reply.body.readableEnded) connection?.keep();
        drop();
        call.release();
      });
      return reply;
    };
    const error = (): Error => this.#late(path, `no reply within ${ms} ms`);
    try {
      const { clock } = this.#options;
      const reply = await withDeadline(ask, { ms, signal: call.signal, clock, error });
      call.signal.addEventListener('abort', drop);
      return reply;
    } catch (cause) {
      drop();
      throw cause;
    }
  }

  #headersOf({ ifNoneMatch, offset = 0 }: TransportRequest): Record<string, string> {
    const { bearerToken } = this.#options;
    return {
      'user-agent': 'atlas-registry',
      'accept-encoding': 'identity',
      ...(bearerToken === undefined ? {} : { authorization: `Bearer ${bearerToken}` }),
      ...(ifNoneMatch === undefined ? {} : { 'if-none-match': ifNoneMatch }),
      ...(offset === 0 ? {} : { range: `bytes=${offset}-` }),
    };
  }

  async #read({ body, ...head }: Dispatcher.ResponseData, call: Call): Promise<TransportReply> {
    const { path, offset = 0 } = call.request;
    const meaning = readHttpReply(head, { url: this.#base, offset });
    if (meaning.kind === 'file' && meaning.hasBody) {
      const { etag, bytes } = meaning;
      const { idleMs } = call.limits;
      // Whoever is given a file and fails before the first chunk has no way to let go of the connection.
      const onRead = call.limit(idleMs, `nobody read it for ${idleMs} ms`);
      return { kind: 'file', etag, bytes, offset, chunks: this.#chunks(body, { ...call, onRead }) };
    }
    if (head.statusCode < 300) body.destroy();
    else await discardAnswer(body, this.#discarded(call));
    if (meaning.kind === 'not_modified') return meaning;
    if (meaning.kind === 'refused') throw this.#error(meaning.class, path, { is: meaning.is });
    return { kind: 'file', etag: meaning.etag, bytes: meaning.bytes, offset, chunks: noChunks() };
  }

  #discarded({ signal, limits: { idleMs: ms } }: Call): Parameters<typeof discardAnswer>[1] {
    return { bytesMax: DISCARDED_BYTES_MAX, ms, signal, clock: this.#options.clock };
  }

  async *#chunks(
    body: Dispatcher.ResponseData['body'],
    call: Call & { readonly onRead: () => void },
  ): AsyncGenerator<Uint8Array> {
    const { signal, limits, onRead } = call;
    const { idleMs, totalMs } = limits;
    onRead();
    const guarded = idleGuard<Uint8Array>(body, {
      firstMs: idleMs,
      idleMs,
      totalMs,
      signal,
      clock: this.#options.clock,
      error: ({ phase, limitMs }) => {
        const is = phase === 'total' ? tooLong(limitMs) : `nothing came for ${limitMs} ms`;
        return this.#late(call.request.path, is);
      },
      // Its iterator would wait for the chunk that is due.
      cancel: () => body.destroy(),
    });
    try {
      yield* guarded;
    } catch (error) {
      throw this.#failure(error, call);
    }
  }

  /** Says what went wrong: the signal's reason before what the connection made of it. */
  #failure(error: unknown, { signal, request }: Call): unknown {
    if (signal.aborted) return signal.reason;
    if (error instanceof StoreError) return error;
    if (isRegistryError(error, 'BUSY'))
      return this.#error('unavailable', request.path, { is: error.message, cause: error });
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    const message = error instanceof Error ? error.message : String(error);
    // One address after the other was tried in vain: such an error has no message of its own.
    const is = message === '' ? code : message;
    return this.#error(classOfFailure(error, code), request.path, { is, cause: error });
  }

  #late(path: string, is: string): StoreError {
    return this.#error('timeout', path, { is });
  }

  #error(
    errorClass: StoreErrorClass,
    path: string,
    why: { readonly is: string; readonly cause?: unknown },
  ): StoreError {
    return new StoreError(errorClass, this.#identity, { verb: `get ${quote(path)}`, ...why });
  }
}

function classOfFailure(error: unknown, code: string): StoreErrorClass {
  if (LATE_CODES.has(code)) return 'timeout';
  const isMalformed =
    error instanceof Error && error.name === 'HTTPParserError' && !CUT.test(error.message);
  return isMalformed || code === 'UND_ERR_HEADERS_OVERFLOW' ? 'validation' : 'network';
}

function tooLong(ms: number): string {
  return `it took longer than ${ms} ms`;
}

async function* noChunks(): AsyncGenerator<Uint8Array> {}
