import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { pipeline, Readable, Transform } from 'node:stream';
import { S3Client } from '@aws-sdk/client-s3';
import { RegistryError } from '#domain/errors';
import type { Clock } from '#flow/clock';
import { idleGuard, withDeadline } from '#flow/deadline';
import { parseOutsideUrl } from '#flow/outside-url';
import { checkHost, type GuardedLookupOptions, guardedLookup } from '#flow/private-hosts';
import type { Abortable } from '#flow/until-aborted';
import { readS3Error, S3Error } from '#stores/http-s3/s3-errors';
import { storeGuard } from '#stores/http-s3/store-guard';
import { isStoreError } from '#stores/store-error';

export interface S3Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

export interface S3Limits {
  /** Longest time until a connection stands. */
  readonly connectMs: number;
  /** Longest wait for the answer to a request, and for the first byte of its body. */
  readonly firstByteMs: number;
  /** Longest wait for more of a body that is read. */
  readonly idleMs: number;
  /** Longest time for a body that is read, from its first byte to its last. */
  readonly totalMs: number;
  /** Longest time until a written part is acknowledged. Too short: slow lines can never write a full part. */
  readonly writeMs: number;
  /** Connections at once. What needs one more waits, within its own limit. */
  readonly socketsMax: number;
}

export interface S3Options {
  /** The name of the store, for errors. */
  readonly source: string;
  /** URL of the server. Default: the one of the region at AWS. */
  readonly endpoint?: string | undefined;
  readonly region: string;
  readonly bucket: string;
  /** Before every path of the layout, without a slash at its beginning. Empty: the store is the whole bucket. */
  readonly prefix: string;
  /** Whether the bucket stands in the path, not in the host name. Most servers other than AWS want it. */
  readonly pathStyle: boolean;
  /** Default: the chain of the SDK, from environment to instance role. */
  readonly credentials?: S3Credentials | undefined;
  readonly limits: S3Limits;
  /** Whether the server may stand in one's own network, see `checkHost()`. */
  readonly allowPrivateHosts: boolean;
  /** Finds all addresses of a name. Default: as the system does. */
  readonly resolve?: GuardedLookupOptions['resolve'];
  readonly clock: Clock;
}

/** How long a request may take to be answered. */
export interface CallOptions extends Abortable {
  readonly ms: number;
}

/** Where a file of the store is, as S3 commands take it. */
export interface S3Target {
  readonly Bucket: string;
  readonly Key: string;
}

// Shorter than servers keep an idle connection (Node's 5 s): a request on one that they are closing would fail.
const IDLE_MS = 4_000;

// A page of 1,000 keys of 1,024 characters each, escaped.
const ANSWER_BYTES_MAX = 8 * 2 ** 20;

// The SDK warns of busy sockets on the console otherwise.
const SILENT = { debug() {}, info() {}, warn() {}, error() {} };

/**
 * A bucket, or the part of it under a prefix. Sends each request once: whoever calls knows whether to repeat it. Follows no
 * redirect, to another region neither.
 */
export class S3Bucket {
  readonly limits: S3Limits;
  readonly bucket: string;
  readonly clock: Clock;
  readonly #client: S3Client;
  readonly #prefix: string;
  readonly #agents: readonly HttpAgent[];

  /**
   * @throws INVALID_SETTING when the endpoint is no URL of a server; StoreError validation when its host is private and must
   *   not be
   */
  constructor(options: S3Options) {
    const { prefix, limits } = options;
    const identity = { backend: 'http_s3', source: options.source } as const;
    const guard = storeGuard(identity, options);
    if (options.endpoint !== undefined) checkHost(parseEndpoint(options.endpoint), guard);
    this.limits = limits;
    this.bucket = options.bucket;
    this.clock = options.clock;
    this.#prefix = prefix === '' || prefix.endsWith('/') ? prefix : `${prefix}/`;
    const lookup = guardedLookup(guard);
    const agent = { keepAlive: true, maxSockets: limits.socketsMax, timeout: IDLE_MS, lookup };
    const [httpAgent, httpsAgent] = [new HttpAgent(agent), new HttpsAgent(agent)];
    this.#agents = [httpAgent, httpsAgent];
    this.#client = new S3Client({
      ...(options.endpoint === undefined ? {} : { endpoint: options.endpoint }),
      ...(options.credentials === undefined ? {} : { credentials: options.credentials }),
      region: options.region,
      forcePathStyle: options.pathStyle,
      maxAttempts: 1,
      followRegionRedirects: false,
      // Else bodies come framed as aws-chunked, which servers other than AWS refuse or store with the framing.
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
      requestHandler: {
        connectionTimeout: limits.connectMs,
        httpAgent,
        httpsAgent,
        logger: SILENT,
      },
    });
    this.#boundAnswers();
  }

  /** Sees to it that no answer but the content of a file goes on for ever: the SDK reads it into memory. */
  #boundAnswers(): void {
    this.#client.middlewareStack.add(
      (next, context) => async (args) => {
        const answer = await next(args);
        const response = answer.response as { statusCode: number; body: unknown };
        const isContent =
          context['commandName'] === 'GetObjectCommand' && response.statusCode < 300;
        if (!isContent && response.body instanceof Readable)
          response.body = atMost(response.body, ANSWER_BYTES_MAX);
        return answer;
      },
      // Next to the connection, before the SDK reads anything.
      { step: 'deserialize', priority: 'low', name: 'boundAnswers' },
    );
  }

  /** Gives where a file lies. */
  at(path: string): S3Target {
    return { Bucket: this.bucket, Key: `${this.#prefix}${path}` };
  }

  /**
   * Sends a request and waits for its answer.
   * @throws S3Error; StoreError validation for a private host; what the signal carries
   */
  async call<T>(
    send: (client: S3Client, options: { readonly abortSignal: AbortSignal }) => Promise<T>,
    { ms, signal }: CallOptions,
  ): Promise<T> {
    const late = (): S3Error => new S3Error(`no answer came in ${ms} ms`, { kind: 'timeout' });
    try {
      return await withDeadline((abortSignal) => send(this.#client, { abortSignal }), {
        ms,
        signal,
        clock: this.clock,
        error: late,
      });
    } catch (error) {
      signal?.throwIfAborted();
      // The guard of private hosts speaks for itself.
      throw isStoreError(error) ? error : readS3Error(error);
    }
  }

  /**
   * Passes on the body of an answer as long as it keeps coming, and ends its connection however it ends.
   * @throws S3Error, or what the signal carries
   */
  chunksOf(body: Readable, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
    const end = (): void => void body.destroy();
    // Also while nobody reads: the guard below sees the signal only when it is pulled.
    signal?.addEventListener('abort', end);
    body.once('close', () => signal?.removeEventListener('abort', end));
    if (signal?.aborted === true) end();
    return this.#guarded(body, signal);
  }

  async *#guarded(body: Readable, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
    const { firstByteMs, idleMs, totalMs } = this.limits;
    try {
      yield* idleGuard<Uint8Array>(body, {
        firstMs: firstByteMs,
        idleMs,
        totalMs,
        signal,
        clock: this.clock,
        error: ({ phase, limitMs }) =>
          new S3Error(
            phase === 'total'
              ? `the body did not end in ${limitMs} ms`
              : `no more of the body came in ${limitMs} ms`,
            { kind: 'timeout' },
          ),
        cancel: () => void body.destroy(),
      });
    } catch (error) {
      signal?.throwIfAborted();
      throw readS3Error(error);
    } finally {
      body.destroy();
    }
  }

  close(): void {
    this.#client.destroy();
    for (const agent of this.#agents) agent.destroy();
  }
}

/** Passes on what comes from a stream, and fails when it is more; ends the stream then. */
function atMost(from: Readable, bytesMax: number): Readable {
  let bytes = 0;
  const bounded = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      if (bytes <= bytesMax) done(null, chunk);
      else done(new Error(`its answer is larger than ${bytesMax} bytes`));
    },
  });
  return pipeline(from, bounded, () => undefined);
}

function parseEndpoint(text: string): URL {
  // The text itself is not shown: it may hold a password.
  const refuse = (is: string): RegistryError =>
    new RegistryError(
      'INVALID_SETTING',
      `Cannot use the endpoint of S3: ${is} (want "https://host" or "https://host:port")`,
    );
  return parseOutsideUrl(text, { schemes: ['http:', 'https:'], refuse });
}
