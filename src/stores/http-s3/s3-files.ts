import type { Readable } from 'node:stream';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  type ListObjectsV2CommandOutput,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { RegistryError } from '#domain/errors';
import { retry } from '#flow/retry';
import { fileUnavailable } from '#stores/checked-bytes';
import type { S3Bucket } from '#stores/http-s3/s3-client';
import { isS3Status, S3Error } from '#stores/http-s3/s3-errors';
import type { StoreFiles } from '#stores/publisher';
import { checkStorePath } from '#stores/store-path';

const PAGES_MAX = 1_000;
/** How often, in milliseconds how soon, what met another write under way is tried again. */
export const CONFLICTS = { attemptsMax: 8, baseMs: 20, capMs: 1_000 } as const;

/** The small files of a store in a bucket of S3. */
export class S3Files implements StoreFiles {
  readonly #bucket: S3Bucket;

  constructor(bucket: S3Bucket) {
    this.#bucket = bucket;
  }

  async create(path: string, bytes: Uint8Array): Promise<boolean> {
    return await this.#write('create', path, async () => createObject(this.#bucket, path, bytes));
  }

  async replace(path: string, bytes: Uint8Array): Promise<void> {
    await this.#write('write', path, async () => {
      const command = new PutObjectCommand({ ...this.#bucket.at(path), Body: bytes });
      await this.#bucket.call((client, options) => client.send(command, options), {
        ms: this.#bucket.limits.writeMs,
      });
    });
  }

  async read(path: string, bytesMax: number): Promise<Buffer | undefined> {
    return await this.#run('read', path, async () => {
      const command = new GetObjectCommand(this.#bucket.at(path));
      const { Body: body, ContentLength: size } = await this.#call((client, options) =>
        client.send(command, options),
      );
      return await readBounded(this.#bucket, { body: body as Readable, size, bytesMax });
    }).catch((error: unknown) => {
      if (isMissing(error)) return undefined;
      throw error;
    });
  }

  async list(folder: string): Promise<readonly string[]> {
    return await this.#run('list', folder, async () => {
      const { Bucket, Key } = this.#bucket.at(`${folder}/`);
      const names: string[] = [];
      let token: string | undefined;
      for (let page = 1; page <= PAGES_MAX; page += 1) {
        const command = new ListObjectsV2Command({
          Bucket,
          Prefix: Key,
          Delimiter: '/',
          ...(token === undefined ? {} : { ContinuationToken: token }),
        });
        const listed: ListObjectsV2CommandOutput = await this.#call((client, options) =>
          client.send(command, options),
        );
        for (const { Key: key = '' } of listed.Contents ?? []) names.push(key.slice(Key.length));
        token = listed.NextContinuationToken;
        if (listed.IsTruncated === true && token === undefined)
          throw new S3Error('the answer is cut off and names no next page', { kind: 'other' });
        // An empty name is the folder itself, as some tools write it.
        if (token === undefined) return inByteOrder(names.filter((name) => name !== ''));
      }
      throw new RangeError(`it has more than ${names.length} files (want at most so many)`);
    });
  }

  async remove(path: string): Promise<void> {
    await this.#write('remove', path, async () => {
      const command = new DeleteObjectCommand(this.#bucket.at(path));
      await this.#call((client, options) => client.send(command, options));
    });
  }

  async #call<T>(send: Parameters<typeof S3Bucket.prototype.call<T>>[0]): Promise<T> {
    return await this.#bucket.call(send, { ms: this.#bucket.limits.firstByteMs });
  }

  async #run<T>(verb: string, path: string, work: () => Promise<T>): Promise<T> {
    try {
      checkStorePath(path);
      return await work();
    } catch (error) {
      throw fileUnavailable(verb, path, error);
    }
  }

  /** A write that broke off may have been done all the same: then nobody is told that it was not. */
  async #write<T>(verb: string, path: string, work: () => Promise<T>): Promise<T> {
    return await this.#run(verb, path, work).catch((error: unknown) => {
      const isUnknown =
        error instanceof RegistryError &&
        error.cause instanceof S3Error &&
        error.cause.mayBeApplied;
      if (!isUnknown) throw error;
      const { code, message, cause, retryAfterSeconds = 0 } = error;
      throw new RegistryError(code, message, { outcome: 'unknown', retryAfterSeconds, cause });
    });
  }
}

/**
 * Writes an object that must not be there. Gives whether it was made: of many who write one key at once, one gets `true`. A
 * conflict with another write under way is tried again, as S3 asks.
 * @throws S3Error
 */
export async function createObject(
  bucket: S3Bucket,
  path: string,
  bytes: Uint8Array,
): Promise<boolean> {
  const command = { ...bucket.at(path), Body: bytes, IfNoneMatch: '*' };
  try {
    await retry(
      async () =>
        bucket.call((client, options) => client.send(new PutObjectCommand(command), options), {
          ms: bucket.limits.writeMs,
        }),
      { ...CONFLICTS, clock: bucket.clock, isRetryable: (error) => isS3Status(error, 409) },
    );
    return true;
  } catch (error) {
    if (isS3Status(error, 412)) return false;
    throw error;
  }
}

interface Bounded {
  readonly body: Readable;
  readonly size: number | undefined;
  readonly bytesMax: number;
}

async function readBounded(bucket: S3Bucket, { body, size, bytesMax }: Bounded): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  const chunks = bucket.chunksOf(body);
  try {
    if (size !== undefined && size > bytesMax) throw tooLong(size, bytesMax);
    for await (const chunk of chunks) {
      bytes += chunk.length;
      if (bytes > bytesMax) throw tooLong(bytes, bytesMax);
      parts.push(chunk);
    }
  } finally {
    body.destroy();
  }
  return Buffer.concat(parts);
}

function tooLong(bytes: number, bytesMax: number): RangeError {
  return new RangeError(`it has ${bytes} bytes (want at most ${bytesMax})`);
}

function isMissing(error: unknown): boolean {
  return (
    error instanceof RegistryError &&
    isS3Status(error.cause, 404) &&
    error.cause.code !== 'NoSuchBucket'
  );
}

function inByteOrder(names: readonly string[]): readonly string[] {
  return names.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}
