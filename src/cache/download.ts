import { createHash, type Hash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import type { Clock } from '#flow/clock';
import { retry } from '#flow/retry';
import type { Budget } from '#flow/retry-budget';
import type { StoreEntry } from '#stores/catalog-document';
import type { ArtifactRef, ArtifactStream, Store } from '#stores/store';
import { isStoreError, StoreError, type StoreErrorClass } from '#stores/store-error';

/** How often and how soon a download is tried again. */
export interface DownloadRetries {
  readonly clock: Clock;
  readonly attemptsMax: number;
  readonly baseMs: number;
  readonly capMs: number;
  readonly budgets: readonly Budget[];
}

export interface DownloadOptions {
  readonly store: Store;
  readonly entry: StoreEntry;
  readonly artifact: ArtifactRef;
  /** Where the bytes go, from its beginning; empty at first. */
  readonly file: FileHandle;
  readonly retries: DownloadRetries;
  readonly signal?: AbortSignal;
}

/**
 * Downloads an artifact and checks its size and its SHA-256 while the bytes come. After a cut it goes on where it was; after
 * wrong bytes it begins again, elsewhere if another source has them. Memory: a few chunks, whatever the size.
 * @throws what the store throws when no attempt is left; checksum for wrong bytes. The file then holds nothing to be used
 */
export async function download(options: DownloadOptions): Promise<void> {
  const { store, retries, signal } = options;
  const progress = new Progress(options);
  const work = async (): Promise<void> => {
    const { entry, artifact } = options;
    const { offset, last } = progress;
    const stream = await store.fetchArtifact(entry, artifact, {
      offset,
      last,
      ...(signal === undefined ? {} : { signal }),
    });
    await progress.take(stream);
  };
  await retry(work, {
    ...retries,
    isRetryable: (error) => progress.afterFailure(error),
    ...(signal === undefined ? {} : { signal }),
  });
}

/** What has come of an artifact so far. */
class Progress {
  readonly #options: DownloadOptions;
  readonly #last = new Set<string>();
  #hash: Hash = createHash('sha256');
  #offset = 0;

  constructor(options: DownloadOptions) {
    this.#options = options;
  }

  /** Where to go on. */
  get offset(): number {
    return this.#offset;
  }

  /** Who has given wrong bytes. */
  get last(): ReadonlySet<string> {
    return this.#last;
  }

  async take(stream: ArtifactStream): Promise<void> {
    const { artifact, file } = this.#options;
    if (stream.bytes !== artifact.bytes)
      throw this.#wrong(stream, `it has ${stream.bytes} bytes (want ${artifact.bytes})`);
    for await (const chunk of stream.chunks) {
      if (this.#offset + chunk.length > artifact.bytes)
        throw this.#wrong(stream, `it goes on behind its ${artifact.bytes} bytes`);
      // The disk works while this thread hashes.
      const written = writeAt(file, chunk, this.#offset);
      this.#hash.update(chunk);
      await written;
      this.#offset += chunk.length;
    }
    if (this.#offset < artifact.bytes)
      throw this.#error('network', `it ended after ${this.#offset} of ${artifact.bytes} bytes`);
    const actual = this.#hash.digest('hex');
    if (actual !== artifact.sha256)
      throw this.#wrong(stream, `its SHA-256 is "${actual}" (want "${artifact.sha256}")`);
  }

  /** Prepares for the next attempt. Gives whether one makes sense. */
  afterFailure(error: unknown): boolean {
    if (!isStoreError(error)) return false;
    const cannotGoOn = isStoreError(error, 'unsupported') && this.#offset > 0;
    if (isStoreError(error, 'checksum') || cannotGoOn) this.#restart();
    return error.isRetryable || cannotGoOn;
  }

  #restart(): void {
    this.#hash = createHash('sha256');
    this.#offset = 0;
  }

  #wrong({ source }: ArtifactStream, is: string): StoreError {
    this.#last.add(source);
    return this.#error('checksum', is, source);
  }

  #error(errorClass: StoreErrorClass, is: string, source?: string): StoreError {
    const { store, artifact } = this.#options;
    const identity = { backend: store.backend, source: source ?? store.source };
    return new StoreError(errorClass, identity, { verb: `download "${artifact.sha256}"`, is });
  }
}

async function writeAt(file: FileHandle, chunk: Uint8Array, offset: number): Promise<void> {
  for (let written = 0; written < chunk.length; ) {
    const left = chunk.length - written;
    const { bytesWritten } = await file.write(chunk, written, left, offset + written);
    written += bytesWritten;
  }
}
