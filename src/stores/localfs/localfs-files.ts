import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileUnavailable } from '#stores/checked-bytes';
import { codeOf, type DurableFiles, writeAll } from '#stores/localfs/durable-files';
import type { StoreFiles } from '#stores/publisher';
import { checkStorePath } from '#stores/store-path';

/** The small files of a store in a local folder. */
export class LocalfsFiles implements StoreFiles {
  readonly #durable: DurableFiles;

  constructor(durable: DurableFiles) {
    this.#durable = durable;
  }

  async create(path: string, bytes: Uint8Array): Promise<boolean> {
    return await this.#run('create', path, async () =>
      this.#durable.create(path, async (file) => writeAll(file, bytes)),
    );
  }

  async replace(path: string, bytes: Uint8Array): Promise<void> {
    await this.#run('write', path, async () =>
      this.#durable.replace(path, async (file) => writeAll(file, bytes)),
    );
  }

  async read(path: string, bytesMax: number): Promise<Buffer | undefined> {
    return await this.#run('read', path, async (full) => {
      const size = await sizeOf(full);
      if (size === undefined) return undefined;
      if (size > bytesMax) throw new RangeError(`it has ${size} bytes (want at most ${bytesMax})`);
      return await readFile(full);
    });
  }

  async list(folder: string): Promise<readonly string[]> {
    return await this.#run('list', folder, async (full) => {
      const entries = await readdir(full, { withFileTypes: true }).catch((error: unknown) => {
        if (codeOf(error) === 'ENOENT') return [];
        throw error;
      });
      const names = entries.filter((entry) => entry.isFile()).map(({ name }) => name);
      return names.toSorted((a, b) => (a < b ? -1 : 1));
    });
  }

  async remove(path: string): Promise<void> {
    await this.#run('remove', path, async (full) => rm(full, { force: true }));
  }

  async #run<T>(verb: string, path: string, work: (full: string) => Promise<T>): Promise<T> {
    try {
      return await work(join(this.#durable.root, checkStorePath(path)));
    } catch (error) {
      throw fileUnavailable(verb, path, error);
    }
  }
}

async function sizeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}
