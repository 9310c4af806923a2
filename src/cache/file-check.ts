import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import { open } from 'node:fs/promises';
import type { CachedFile } from '#cache/cached-file';
import type { Clock } from '#flow/clock';
import { codeOf } from '#stores/localfs/durable-files';

const CHUNK_BYTES = 1_048_576;
/** What says that a file, or the disk under it, is broken; anything else says only that this process cannot read now. */
const BROKEN: ReadonlySet<string> = new Set(['ENOENT', 'EIO', 'EISDIR', 'ENOTDIR', 'ELOOP']);

/** Slows reading down to a rate, over all files that are read with it. */
export class Pace {
  readonly #clock: Clock;
  readonly #bytesPerSecond: number;
  #dueMs: number;

  constructor(clock: Clock, bytesPerSecond: number) {
    this.#clock = clock;
    this.#bytesPerSecond = bytesPerSecond;
    this.#dueMs = clock.monotonicMs();
  }

  /** Waits until so many bytes may be read. What was not used in a pause is not made up for. */
  async take(bytes: number, signal: AbortSignal): Promise<void> {
    const nowMs = this.#clock.monotonicMs();
    const waitMs = this.#dueMs - nowMs;
    this.#dueMs = Math.max(nowMs, this.#dueMs) + (bytes / this.#bytesPerSecond) * 1_000;
    if (waitMs >= 1) await this.#clock.sleep(waitMs, signal);
  }
}

/**
 * Reads a file and compares its size and its SHA-256 with what they should be. Gives what is wrong with it, `undefined` when
 * nothing is. Memory: one chunk.
 * @throws what the signal carries, and what says nothing about the file, such as too many open files
 */
export async function checkFile(
  file: CachedFile,
  { pace, signal }: { readonly pace?: Pace; readonly signal: AbortSignal },
): Promise<string | undefined> {
  const read = new ReadSoFar(file);
  const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
  try {
    await using handle = await open(file.path, 'r');
    while (true) {
      signal.throwIfAborted();
      await pace?.take(Math.min(CHUNK_BYTES, Math.max(1, file.bytes - read.bytes)), signal);
      const { bytesRead } = await handle.read(chunk, 0, CHUNK_BYTES, read.bytes);
      if (bytesRead === 0 || !read.add(chunk.subarray(0, bytesRead))) break;
    }
  } catch (error) {
    return brokenBy(error);
  }
  return read.whatIsWrong();
}

/**
 * Does the same in one go, for a thread that has nothing else to do.
 * @throws what says nothing about the file
 */
export function checkFileNow(file: CachedFile): string | undefined {
  try {
    return readNow(file);
  } catch (error) {
    return brokenBy(error);
  }
}

function readNow(file: CachedFile): string | undefined {
  const read = new ReadSoFar(file);
  const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
  const handle = openSync(file.path, 'r');
  try {
    for (;;) {
      const bytesRead = readSync(handle, chunk, 0, CHUNK_BYTES, read.bytes);
      if (bytesRead === 0 || !read.add(chunk.subarray(0, bytesRead))) break;
    }
  } finally {
    closeSync(handle);
  }
  return read.whatIsWrong();
}

/** What was read of a file. */
class ReadSoFar {
  readonly #file: CachedFile;
  readonly #hash = createHash('sha256');
  bytes = 0;

  constructor(file: CachedFile) {
    this.#file = file;
  }

  /** Takes the next bytes. Gives `false` when there are too many already. */
  add(chunk: Uint8Array): boolean {
    this.#hash.update(chunk);
    this.bytes += chunk.length;
    return this.bytes <= this.#file.bytes;
  }

  whatIsWrong(): string | undefined {
    if (this.bytes !== this.#file.bytes) return `it does not have its ${this.#file.bytes} bytes`;
    const actual = this.#hash.digest('hex');
    return actual === this.#file.sha256 ? undefined : `its SHA-256 is "${actual}"`;
  }
}

/** Says what an error says of a file. @throws the error when it says nothing of it */
function brokenBy(error: unknown): string {
  const code = codeOf(error);
  if (BROKEN.has(code)) return `it cannot be read: ${code}`;
  throw error;
}
