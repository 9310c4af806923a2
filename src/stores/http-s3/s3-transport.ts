import type { Readable } from 'node:stream';
import {
  GetObjectCommand,
  type GetObjectCommandOutput,
  HeadObjectCommand,
} from '@aws-sdk/client-s3';
import { quote } from '#domain/errors';
import type { S3Bucket } from '#stores/http-s3/s3-client';
import { isS3Status, S3Error } from '#stores/http-s3/s3-errors';
import type {
  Transport,
  TransportFile,
  TransportReply,
  TransportRequest,
} from '#stores/http-s3/transport';
import { StoreError, type StoreErrorClass } from '#stores/store-error';

export interface S3TransportOptions {
  /** The name of the source. */
  readonly source: string;
  /** Closed with the transport. */
  readonly bucket: S3Bucket;
}

/** Gets the files of a store from a bucket of S3. */
export class S3Transport implements Transport {
  readonly #source: string;
  readonly #bucket: S3Bucket;

  constructor({ source, bucket }: S3TransportOptions) {
    this.#source = source;
    this.#bucket = bucket;
  }

  async get(request: TransportRequest): Promise<TransportReply> {
    const { path, ifNoneMatch, offset = 0, signal } = request;
    const command = new GetObjectCommand({
      ...this.#bucket.at(path),
      ...(ifNoneMatch === undefined ? {} : { IfNoneMatch: ifNoneMatch }),
      ...(offset === 0 ? {} : { Range: `bytes=${offset}-` }),
    });
    const ms = this.#bucket.limits.firstByteMs;
    try {
      const reply = await this.#bucket.call((client, options) => client.send(command, options), {
        ms,
        signal,
      });
      return this.#file(request, reply);
    } catch (error) {
      if (ifNoneMatch !== undefined && isS3Status(error, 304)) return { kind: 'not_modified' };
      if (offset > 0 && isS3Status(error, 416)) return await this.#end(request, offset);
      throw this.#failure(path, error);
    }
  }

  async close(): Promise<void> {
    this.#bucket.close();
  }

  #file(
    { path, offset = 0, signal }: TransportRequest,
    reply: GetObjectCommandOutput,
  ): TransportFile {
    const body = reply.Body as Readable | undefined;
    if (body === undefined) throw this.#error('validation', path, { is: 'the answer has no body' });
    const range = readRange(reply.ContentRange);
    const fault = faultOf(offset, range.offset, reply.ContentRange);
    if (fault !== undefined) {
      body.destroy();
      throw this.#error(fault.class, path, { is: fault.is });
    }
    return {
      kind: 'file',
      etag: reply.ETag,
      bytes: reply.ContentRange === undefined ? reply.ContentLength : range.bytes,
      offset,
      chunks: this.#chunks(path, body, signal),
    };
  }

  /** S3 gives no empty range: whoever has all of a file already is told 416, like whoever asks beyond its end. */
  async #end({ path, signal }: TransportRequest, offset: number): Promise<TransportFile> {
    const command = new HeadObjectCommand(this.#bucket.at(path));
    const ms = this.#bucket.limits.firstByteMs;
    try {
      const { ContentLength: bytes, ETag: etag } = await this.#bucket.call(
        (client, options) => client.send(command, options),
        { ms, signal },
      );
      if (bytes === offset) return { kind: 'file', etag, bytes, offset, chunks: nothing() };
      const is = `it has ${bytes ?? 'an unknown number of'} bytes (want at least ${offset})`;
      throw this.#error('validation', path, { is });
    } catch (error) {
      throw this.#failure(path, error);
    }
  }

  #chunks(path: string, body: Readable, signal?: AbortSignal): AsyncIterable<Uint8Array> {
    const chunks = this.#bucket.chunksOf(body, signal);
    const failure = (error: unknown): unknown => this.#failure(path, error);
    return (async function* translated() {
      try {
        yield* chunks;
      } catch (error) {
        throw failure(error);
      }
    })();
  }

  /** What the signal carries stays as it is. */
  #failure(path: string, error: unknown): unknown {
    if (!(error instanceof S3Error)) return error;
    return this.#error(classOf(error), path, { is: error.message, cause: error });
  }

  #error(
    errorClass: StoreErrorClass,
    path: string,
    why: { readonly is: string; readonly cause?: unknown },
  ): StoreError {
    const identity = { backend: 'http_s3', source: this.#source } as const;
    return new StoreError(errorClass, identity, { verb: `get ${quote(path)}`, ...why });
  }
}

function classOf({ kind, status, code }: S3Error): StoreErrorClass {
  if (kind === 'timeout' || kind === 'network') return kind;
  // A missing bucket is a wrong setting, not a missing file.
  if (status === 404 && code !== 'NoSuchBucket') return 'not_found';
  return 'unavailable';
}

interface ContentRange {
  readonly offset?: number;
  readonly bytes?: number;
}

/** Reads `bytes 5-9/10`; what it does not say is left out. */
function readRange(header = ''): ContentRange {
  const [, offset, bytes = '*'] = /^bytes (\d{1,15})-\d{1,15}\/(\d{1,15}|\*)$/.exec(header) ?? [];
  return {
    ...(offset === undefined ? {} : { offset: Number(offset) }),
    ...(bytes === '*' ? {} : { bytes: Number(bytes) }),
  };
}

interface Fault {
  readonly class: StoreErrorClass;
  readonly is: string;
}

/** Says what is wrong with where an answer begins. */
function faultOf(
  wanted: number,
  offset: number | undefined,
  header: string | undefined,
): Fault | undefined {
  if (header === undefined) {
    if (wanted === 0) return undefined;
    return {
      class: 'unsupported',
      is: `it comes from the beginning (want from byte ${wanted} on)`,
    };
  }
  if (offset === wanted) return undefined;
  return {
    class: 'validation',
    is: `its range is ${quote(header)} (want from byte ${wanted} on)`,
  };
}

async function* nothing(): AsyncGenerator<Uint8Array> {}
