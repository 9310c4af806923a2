import { RegistryError } from '#domain/errors';
import type { FileStore } from '#projections/manifest-files/manifest-files';

/** A store in memory that counts and can be told to fail. */
export class MemoryFiles implements FileStore {
  readonly files = new Map<string, Uint8Array>();
  writes = 0;
  underWay = 0;
  /** Which writes fail, counted from 1. */
  failing: ReadonlySet<number> = new Set();

  async replace(path: string, bytes: Uint8Array): Promise<void> {
    this.writes += 1;
    const fails = this.failing.has(this.writes);
    this.underWay += 1;
    await new Promise(setImmediate);
    this.underWay -= 1;
    if (fails) throw new RegistryError('STORE_UNAVAILABLE', 'Cannot write: told to fail');
    this.files.set(path, bytes);
  }

  async read(path: string, bytesMax: number): Promise<Uint8Array | undefined> {
    const bytes = this.files.get(path);
    if (bytes !== undefined && bytes.length > bytesMax)
      throw new RegistryError('STORE_UNAVAILABLE', 'Cannot read: it is larger');
    return bytes;
  }
}
