import { randomUUID } from 'node:crypto';
import { type FileHandle, link, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/**
 * Writes files so that each is there whole or not at all, also after a power cut: temporary file, fsync, link or rename,
 * fsync of the folder. Temporary files lie in `tmp/` of the root.
 */
export class DurableFiles {
  readonly root: string;

  constructor(root: string) {
    this.root = root;
  }

  /**
   * Removes what writers have left that were cut off with their process. Files younger than `ageMsMin` may belong to writers
   * that run; 0, the default, only while nothing is written.
   */
  async removeLeftovers(ageMsMin = 0): Promise<void> {
    const folder = join(this.root, 'tmp');
    if (ageMsMin === 0) return await rm(folder, { recursive: true, force: true });
    for (const name of await readdir(folder).catch(() => [])) {
      const path = join(folder, name);
      const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Number.POSITIVE_INFINITY }));
      if (mtimeMs < Date.now() - ageMsMin) await rm(path, { force: true });
    }
  }

  /**
   * Makes what `write` writes visible at a path, unless something is there. Gives whether it was made visible; a link,
   * unlike a rename, never replaces.
   */
  async create(path: string, write: (file: FileHandle) => Promise<void>): Promise<boolean> {
    return await this.#make(path, write, linkNew);
  }

  /** Makes what `write` writes visible at a path, in place of what is there. */
  async replace(path: string, write: (file: FileHandle) => Promise<void>): Promise<void> {
    await this.#make(path, write, async (from, to) => {
      await rename(from, to);
      return true;
    });
  }

  async #make(
    path: string,
    write: (file: FileHandle) => Promise<void>,
    show: (from: string, to: string) => Promise<boolean>,
  ): Promise<boolean> {
    const target = join(this.root, path);
    const temporary = join(this.root, 'tmp', randomUUID());
    try {
      await mkdir(dirname(temporary), { recursive: true });
      await makeFolder(dirname(target));
      const file = await open(temporary, 'wx', 0o640);
      try {
        await write(file);
        await file.sync();
      } finally {
        await file.close();
      }
      const shown = await show(temporary, target);
      await syncFolder(dirname(target));
      return shown;
    } finally {
      await rm(temporary, { force: true });
    }
  }
}

/** Writes all bytes at the end of a file. */
export async function writeAll(file: FileHandle, chunk: Uint8Array): Promise<void> {
  for (let written = 0; written < chunk.length; ) {
    const { bytesWritten } = await file.write(chunk, written);
    written += bytesWritten;
  }
}

async function linkNew(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
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

/** The code of an error of the file system, such as ENOENT; empty for other errors. */
export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}
