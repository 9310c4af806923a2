import { randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';
import {
  AbortMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  HeadObjectCommand,
} from '@aws-sdk/client-s3';
import type { Sha256 } from '#domain/digest';
import { isRegistryError, quote, RegistryError } from '#domain/errors';
import { artifactMissing, artifactUnavailable, readChecked } from '#stores/checked-bytes';
import type { S3Bucket } from '#stores/http-s3/s3-client';
import { isS3Status, S3Error } from '#stores/http-s3/s3-errors';
import { createObject, S3Files } from '#stores/http-s3/s3-files';
import { S3Upload } from '#stores/http-s3/s3-upload';
import { artifactPath } from '#stores/layout';
import type {
  ArtifactStat,
  Publisher,
  PutOptions,
  PutResult,
  ReadOptions,
  StoreFiles,
} from '#stores/publisher';

export interface S3PublisherOptions {
  /** Closed with the publisher. */
  readonly bucket: S3Bucket;
  /**
   * Size of a part of a multipart upload, and of the largest body that is sent in one piece; each upload holds two in memory.
   * Larger where `bytesMax` would need more parts than S3 takes. Default 8 MiB; at least 5 MiB, as S3 wants it.
   */
  readonly partBytes?: number;
}

// Limits of S3: https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html
const PART_BYTES_MIN = 5 * 1_048_576;
const PARTS_MAX = 10_000;
const PART_BYTES = 8 * 1_048_576;

/**
 * Keeps a store in a bucket of S3. An entity tag is never taken for a digest. A write whose answer was lost may show up
 * after its error: those are the right bytes under their digest, and the next `put()` finds them.
 */
export class S3Publisher implements Publisher {
  readonly files: StoreFiles;
  readonly #bucket: S3Bucket;
  readonly #partBytes: number;

  constructor({ bucket, partBytes = PART_BYTES }: S3PublisherOptions) {
    if (!Number.isInteger(partBytes) || partBytes < PART_BYTES_MIN) {
      throw new RangeError(
        `Cannot use partBytes ${partBytes}: it is no size of a part (want ${PART_BYTES_MIN} or more)`,
      );
    }
    this.#bucket = bucket;
    this.#partBytes = partBytes;
    this.files = new S3Files(bucket);
  }

  /**
   * Finds out whether the bucket can be written and keeps to `If-None-Match: *`, by writing one small file twice. Without it
   * two who create a file both win, and one catalog replaces the other unseen.
   * @throws CANNOT_START when it does not, or says no; STORE_UNAVAILABLE when it gives no answer now
   */
  async probe(): Promise<void> {
    const path = `probe-${randomUUID()}`;
    const bytes = Buffer.from('probe');
    try {
      await createObject(this.#bucket, path, bytes);
      const second = await createObject(this.#bucket, path, bytes);
      if (second) {
        const is = 'it ignores If-None-Match, so that of two who create one file both win';
        throw this.#cannotStart(`${is} (want a server that refuses the second)`);
      }
    } catch (error) {
      throw this.#probeFailure(error);
    } finally {
      await this.files.remove(path).catch(() => undefined);
    }
  }

  /** Finds out whether an upload in parts may begin and be given up. Leaves nothing. @throws S3Error */
  async probeParts(): Promise<void> {
    const target = this.#bucket.at(`probe-${randomUUID()}`);
    const within = { ms: this.#bucket.limits.firstByteMs };
    const begin = new CreateMultipartUploadCommand(target);
    const { UploadId } = await this.#bucket.call((c, options) => c.send(begin, options), within);
    const end = new AbortMultipartUploadCommand({ ...target, UploadId });
    await this.#bucket.call((c, options) => c.send(end, options), within);
  }

  async put(
    sha256: Sha256,
    source: AsyncIterable<Uint8Array>,
    options: PutOptions,
  ): Promise<PutResult> {
    const expected = { sha256, ...options };
    const there = await this.stat(sha256);
    if (there !== undefined) {
      await readChecked(source, expected);
      return { bytes: there.bytes, existing: true };
    }
    const partBytes = Math.max(this.#partBytes, Math.ceil(options.bytesMax / PARTS_MAX));
    const path = artifactPath(sha256);
    const upload = new S3Upload({ bucket: this.#bucket, path, partBytes });
    try {
      const bytes = await readChecked(source, expected, async (chunk) => upload.take(chunk));
      return { bytes, existing: !(await upload.complete()) };
    } catch (error) {
      await upload.abort();
      throw isRegistryError(error) ? error : artifactUnavailable('write', sha256, error);
    }
  }

  async stat(sha256: Sha256): Promise<ArtifactStat | undefined> {
    const command = new HeadObjectCommand(this.#bucket.at(artifactPath(sha256)));
    try {
      const { ContentLength: bytes } = await this.#bucket.call(
        (client, options) => client.send(command, options),
        { ms: this.#bucket.limits.firstByteMs },
      );
      if (bytes !== undefined) return { bytes };
      throw new S3Error('the answer names no size', { kind: 'other' });
    } catch (error) {
      if (isS3Status(error, 404)) return undefined;
      throw artifactUnavailable('look up', sha256, error);
    }
  }

  async *read(
    sha256: Sha256,
    { offset = 0, length }: ReadOptions = {},
  ): AsyncGenerator<Uint8Array> {
    if (length === 0) return;
    const isWhole = offset === 0 && length === undefined;
    const last = length === undefined ? '' : String(offset + length - 1);
    const command = new GetObjectCommand({
      ...this.#bucket.at(artifactPath(sha256)),
      ...(isWhole ? {} : { Range: `bytes=${offset}-${last}` }),
    });
    try {
      const reply = await this.#bucket.call((client, options) => client.send(command, options), {
        ms: this.#bucket.limits.firstByteMs,
      });
      const chunks = this.#bucket.chunksOf(reply.Body as Readable);
      if (!isWhole && reply.ContentRange?.startsWith(`bytes ${offset}-`) !== true) {
        (reply.Body as Readable).destroy();
        throw new S3Error('the server gave another range', { kind: 'other' });
      }
      yield* chunks;
    } catch (error) {
      // Nothing begins where it asks: there is nothing more to give.
      if (isS3Status(error, 416)) return;
      if (isS3Status(error, 404) && error.code !== 'NoSuchBucket') throw artifactMissing(sha256);
      throw artifactUnavailable('read', sha256, error);
    }
  }

  async close(): Promise<void> {
    this.#bucket.close();
  }

  #probeFailure(error: unknown): unknown {
    if (isRegistryError(error)) return error;
    if (!(error instanceof S3Error))
      return this.#cannotStart(error instanceof Error ? error.message : String(error), error);
    // A server that cannot now may later; one that says no will go on to.
    const isFinal = error.kind === 'other' || error.status === 501 || (error.status ?? 500) < 500;
    const is = error.message;
    if (isFinal) return this.#cannotStart(is, error);
    return new RegistryError('STORE_UNAVAILABLE', `Cannot write to ${this.#name}: ${is}`, {
      cause: error,
      outcome: 'not-applied',
      retryAfterSeconds: 5,
    });
  }

  #cannotStart(is: string, cause?: unknown): RegistryError {
    return new RegistryError('CANNOT_START', `Cannot write to ${this.#name}: ${is}`, { cause });
  }

  get #name(): string {
    return `bucket ${quote(this.#bucket.bucket)}`;
  }
}
