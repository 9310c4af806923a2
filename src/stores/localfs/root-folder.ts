import { constants } from 'node:fs';
import { type FileHandle, open, realpath } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { StoreError, type StoreErrorClass, type StoreIdentity } from '#stores/store-error';

/**
 * A folder out of which no path leads: not by `..`, not by an absolute path, not by NUL, and not by a link, wherever on
 * the way it stands. Opens files for reading only.
 */
export class RootFolder {
  readonly #root: string;
  readonly #identity: StoreIdentity;

  constructor(root: string, identity: StoreIdentity) {
    this.#root = root;
    this.#identity = identity;
  }

  /** Opens a file. @throws not_found, validation for a path that leads out of the folder, unavailable */
  async open(path: string): Promise<FileHandle> {
    const verb = `read ${JSON.stringify(path)}`;
    const parts = path.split('/');
    if (path.includes('\0') || parts.some((part) => part === '' || part === '.' || part === '..'))
      throw this.#error('validation', { verb, is: 'the path leads out of the store' });
    let file: FileHandle | undefined;
    try {
      const root = await realpath(this.#root);
      // Opened first, looked at afterwards: what is checked is what is read, whatever is moved about meanwhile.
      file = await open(join(root, path), constants.O_RDONLY | constants.O_NONBLOCK);
      const real = await realpath(`/proc/self/fd/${file.fd}`);
      if (!real.startsWith(root + sep))
        throw this.#error('validation', { verb, is: 'a link leads out of the store' });
      if (!(await file.stat()).isFile())
        throw this.#error('validation', { verb, is: 'it is no file' });
      return file;
    } catch (error) {
      await file?.close();
      throw error instanceof StoreError ? error : this.#failure(verb, error);
    }
  }

  #failure(verb: string, cause: unknown): StoreError {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
    const isMissing = code === 'ENOENT' || code === 'ENOTDIR' || code === 'ENAMETOOLONG';
    const is = cause instanceof Error ? cause.message : String(cause);
    return isMissing
      ? this.#error('not_found', { verb, is: 'it is not there', cause })
      : this.#error('unavailable', { verb, is, cause });
  }

  #error(
    errorClass: StoreErrorClass,
    text: { readonly verb: string; readonly is: string; readonly cause?: unknown },
  ): StoreError {
    return new StoreError(errorClass, this.#identity, text);
  }
}
