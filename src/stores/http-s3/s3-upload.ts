import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  HeadObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { retry } from '#flow/retry';
import type { S3Bucket } from '#stores/http-s3/s3-client';
import { isS3Status, S3Error } from '#stores/http-s3/s3-errors';
import { CONFLICTS, createObject } from '#stores/http-s3/s3-files';

export interface S3UploadOptions {
  readonly bucket: S3Bucket;
  readonly path: string;
  /** The size of a part, and of the largest body that is sent in one piece. S3 wants 5 MiB or more. */
  readonly partBytes: number;
}

const FIRST_BYTES = 65_536;
const ABORTS = { attemptsMax: 3, baseMs: 100, capMs: 2_000 } as const;

/**
 * A body on its way into a bucket. Nothing of it is visible before `complete()`, which is only called when the bytes are
 * known to be right: S3 cannot rename, so what was shown under its name could not be checked before. Holds two parts in
 * memory at most: one that is filled while the other is sent.
 */
export class S3Upload {
  readonly #options: S3UploadOptions;
  #buffer: Buffer = Buffer.alloc(0);
  #filled = 0;
  #uploadId: string | undefined;
  #sending: Promise<CompletedPart> | undefined;
  readonly #parts: CompletedPart[] = [];

  constructor(options: S3UploadOptions) {
    this.#options = options;
  }

  /** Takes the next bytes, and copies them: they may be reused. @throws S3Error */
  async take(chunk: Uint8Array): Promise<void> {
    const { partBytes } = this.#options;
    for (let at = 0; at < chunk.length; ) {
      // Only when more comes: a body of just one part needs no multipart upload.
      if (this.#filled === partBytes) await this.#sendPart();
      const piece = chunk.subarray(at, at + partBytes - this.#filled);
      this.#makeRoom(piece.length);
      this.#buffer.set(piece, this.#filled);
      this.#filled += piece.length;
      at += piece.length;
    }
  }

  /** Makes the bytes visible, unless there is something already. Gives whether it was made. @throws S3Error */
  async complete(): Promise<boolean> {
    const { bucket, path } = this.#options;
    const rest = this.#buffer.subarray(0, this.#filled);
    if (this.#uploadId === undefined) return await createObject(bucket, path, rest);
    await this.#sendPart();
    await this.#settle();
    const command = new CompleteMultipartUploadCommand({
      ...bucket.at(path),
      UploadId: this.#uploadId,
      MultipartUpload: { Parts: this.#parts },
      // Some servers ignore it here, radosgw among them. Then equal bytes replace equal bytes: the name is their digest.
      IfNoneMatch: '*',
    });
    try {
      await bucket.call((client, options) => client.send(command, options), {
        ms: bucket.limits.writeMs,
      });
      return true;
    } catch (error) {
      const isLate = isS3Status(error, 412) || (isS3Status(error, 409) && (await this.#isThere()));
      if (!isLate) throw error;
      await this.abort();
      return false;
    }
  }

  /**
   * Gives the body up, so that no parts are left. Never throws: what could not be removed is invisible, and falls to the
   * bucket's rule for incomplete uploads.
   */
  async abort(): Promise<void> {
    // A part that is still on its way would be stored after the abort, and stay.
    await this.#sending?.catch(() => undefined);
    const { bucket, path } = this.#options;
    if (this.#uploadId === undefined) return;
    const command = { ...bucket.at(path), UploadId: this.#uploadId };
    await retry(
      async () =>
        bucket.call(
          (client, options) => client.send(new AbortMultipartUploadCommand(command), options),
          { ms: bucket.limits.firstByteMs },
        ),
      {
        ...ABORTS,
        clock: bucket.clock,
        isRetryable: (error) => error instanceof S3Error && error.mayBeApplied,
      },
    ).catch(() => undefined);
  }

  /** Starts to send what is filled, after the part before it has arrived. */
  async #sendPart(): Promise<void> {
    this.#uploadId ??= await this.#begin();
    await this.#settle();
    const body = this.#buffer.subarray(0, this.#filled);
    this.#buffer = Buffer.alloc(0);
    this.#filled = 0;
    this.#sending = this.#send(body, this.#parts.length + 1);
    // Heard of at the next part, or at the end.
    this.#sending.catch(() => undefined);
  }

  async #settle(): Promise<void> {
    if (this.#sending === undefined) return;
    this.#parts.push(await this.#sending);
    this.#sending = undefined;
  }

  /** Whether another one has made it. Waits a little: its completion, which ours met, may still be under way. */
  async #isThere(): Promise<boolean> {
    const { bucket, path } = this.#options;
    const command = bucket.at(path);
    return await retry(
      async () =>
        bucket.call((client, options) => client.send(new HeadObjectCommand(command), options), {
          ms: bucket.limits.firstByteMs,
        }),
      { ...CONFLICTS, clock: bucket.clock, isRetryable: (error) => isS3Status(error, 404) },
    ).then(
      () => true,
      () => false,
    );
  }

  async #begin(): Promise<string> {
    const { bucket, path } = this.#options;
    const command = new CreateMultipartUploadCommand(bucket.at(path));
    const { UploadId } = await bucket.call((client, options) => client.send(command, options), {
      ms: bucket.limits.firstByteMs,
    });
    if (UploadId !== undefined && UploadId !== '') return UploadId;
    throw new S3Error('the answer names no upload', { kind: 'other' });
  }

  async #send(body: Uint8Array, number: number): Promise<CompletedPart> {
    const { bucket, path } = this.#options;
    const command = new UploadPartCommand({
      ...bucket.at(path),
      UploadId: this.#uploadId,
      PartNumber: number,
      Body: body,
    });
    const { ETag } = await bucket.call((client, options) => client.send(command, options), {
      ms: bucket.limits.writeMs,
    });
    return { PartNumber: number, ETag };
  }

  /** Grows by doubling: small bodies cost little, and many tiny chunks are one buffer. */
  #makeRoom(more: number): void {
    const wanted = this.#filled + more;
    if (wanted <= this.#buffer.length) return;
    const doubled = Math.max(wanted, FIRST_BYTES, this.#buffer.length * 2);
    const grown = Buffer.allocUnsafe(Math.min(this.#options.partBytes, doubled));
    grown.set(this.#buffer.subarray(0, this.#filled));
    this.#buffer = grown;
  }
}
