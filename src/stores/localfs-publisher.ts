import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, link, mkdir, open, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Sha256 } from '#domain/digest';
import { isRegistryError, RegistryError } from '#domain/errors';
import { artifactPath } from '#stores/layout';
import type { ArtifactStat, Publisher, PutOptions, PutResult } from '#stores/publisher';

/**
 * Keeps artifacts in a local folder. An artifact becomes visible in one step, after its bytes were hashed, counted and
 * flushed: temporary file, fsync, link, fsync of the folder. A link, unlike a rename, never replaces what is there.
 */
export class LocalfsPublisher implements Publisher {
  readonly #root: string;

  constructor(root: string) {
    this.#root = root;
  }

  /** Removes what uploads have left that were cut off with their process. Only while nothing is written. */
  async removeLeftovers(): Promise<void> {
    await rm(join(this.#root, 'tmp'), { recursive: true, force: true });
  }

  async put(
    sha256: Sha256,
    source: AsyncIterable<Uint8Array>,
    options: PutOptions,
  ): Promise<PutResult> {
    const there = await this.stat(sha256);
    if (there !== undefined) {
      await readChecked(source, { sha256, ...options });
      return { bytes: there.bytes, existing: true };
    }
    const target = join(this.#root, artifactPath(sha256));
    const temporary = join(this.#root, 'tmp', `${sha256}.${randomUUID()}`);
    try {
      await mkdir(dirname(temporary), { recursive: true });
      await makeFolder(dirname(target));
      const bytes = await writeChecked(temporary, source, { sha256, ...options });
      const existing = await linkNew(temporary, target);
      await syncFolder(dirname(target));
      return { bytes, existing };
    } catch (error) {
      throw isRegistryError(error) ? error : unavailable('write', sha256, error);
    } finally {
      await rm(temporary, { force: true });
    }
  }

  async stat(sha256: Sha256): Promise<ArtifactStat | undefined> {
    try {
      return { bytes: (await stat(join(this.#root, artifactPath(sha256)))).size };
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return undefined;
      throw unavailable('look up', sha256, error);
    }
  }

  async *read(sha256: Sha256): AsyncGenerator<Uint8Array> {
    try {
      for await (const chunk of createReadStream(join(this.#root, artifactPath(sha256))))
        yield chunk;
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') throw unavailable('read', sha256, error);
      throw new RegistryError(
        'ARTIFACT_MISSING',
        `Cannot read artifact "${sha256}": it is not in the store`,
        {
          details: { sha256 },
        },
      );
    }
  }
}

interface Expected {
  readonly sha256: Sha256;
  readonly bytesMax: number;
}

async function writeChecked(
  path: string,
  source: AsyncIterable<Uint8Array>,
  expected: Expected,
): Promise<number> {
  const file = await open(path, 'wx', 0o640);
  try {
    const bytes = await readChecked(source, expected, (chunk) => writeAll(file, chunk));
    await file.sync();
    return bytes;
  } finally {
    await file.close();
  }
}

/** Reads all bytes, hands them on as they come, and checks that they are the ones that were named. */
async function readChecked(
  source: AsyncIterable<Uint8Array>,
  expected: Expected,
  take?: (chunk: Uint8Array) => Promise<void>,
): Promise<number> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of source) {
    bytes += chunk.length;
    if (bytes > expected.bytesMax) throw tooLarge(expected);
    hash.update(chunk);
    await take?.(chunk);
  }
  const actual = hash.digest('hex');
  if (actual === expected.sha256) return bytes;
  throw new RegistryError(
    'CHECKSUM_MISMATCH',
    `Cannot store artifact "${expected.sha256}": the SHA-256 of its ${bytes} bytes is "${actual}" (want "${expected.sha256}")`,
    { details: { actual, bytes }, outcome: 'not-applied' },
  );
}

function tooLarge({ sha256, bytesMax }: Expected): RegistryError {
  return new RegistryError(
    'TOO_LARGE',
    `Cannot store artifact "${sha256}": it is larger (want at most ${bytesMax} bytes)`,
    {
      details: { bytesMax },
      outcome: 'not-applied',
    },
  );
}

async function writeAll(file: FileHandle, chunk: Uint8Array): Promise<void> {
  for (let written = 0; written < chunk.length; ) {
    const { bytesWritten } = await file.write(chunk, written);
    written += bytesWritten;
  }
}

/** Gives whether the target was there already. */
async function linkNew(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return false;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return true;
    throw error;
  }
}

/** Makes a folder with those above it, each flushed into the one that holds it. */
async function makeFolder(path: string): Promise<void> {
  const first = (await mkdir(path, { recursive: true })) ?? path;
  // Its parent always: whoever has just made it may not have flushed it yet.
  for (let made = path; made.length >= first.length; made = dirname(made))
    await syncFolder(dirname(made));
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

function unavailable(verb: string, sha256: Sha256, cause: unknown): RegistryError {
  const is = cause instanceof Error ? cause.message : String(cause);
  return new RegistryError('STORE_UNAVAILABLE', `Cannot ${verb} artifact "${sha256}": ${is}`, {
    cause,
    outcome: 'not-applied',
    retryAfterSeconds: 5,
  });
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}
