import { createHash } from 'node:crypto';
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
  const hash = createHash('sha256');
  const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
  let bytes = 0;
  try {
    await using handle = await open(file.path, 'r');
    while (true) {
      signal.throwIfAborted();
      await pace?.take(Math.min(CHUNK_BYTES, Math.max(1, file.bytes - bytes)), signal);
      const { bytesRead } = await handle.read(chunk, 0, CHUNK_BYTES, bytes);
      if (bytesRead === 0) break;
      hash.update(chunk.subarray(0, bytesRead));
      bytes += bytesRead;
      if (bytes > file.bytes) break;
    }
  } catch (error) {
    const code = codeOf(error);
    if (BROKEN.has(code)) return `it cannot be read: ${code}`;
    throw error;
  }
  if (bytes !== file.bytes) return `it does not have its ${file.bytes} bytes`;
  const actual = hash.digest('hex');
  return actual === file.sha256 ? undefined : `its SHA-256 is "${actual}"`;
}
