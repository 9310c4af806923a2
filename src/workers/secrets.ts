import { constants } from 'node:fs';
import { open, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { quote } from '#domain/errors';
import type { Scope } from '#domain/scope';

/** Who knows secrets by their names. */
export interface Secrets {
  /** Finds a secret. The text is for the request alone and must not be shown. @throws SecretMissing */
  find(scope: Scope, name: string): Promise<string>;
}

/** Signals that a secret cannot be had. Its message names the secret and never holds it. */
export class SecretMissing extends Error {
  override readonly name = 'SecretMissing';

  constructor(name: string, is: string) {
    super(`Cannot use secret ${quote(name)}: ${is}`);
  }
}

const NAME = /^(?!.*(?:^|\/)\.{0,2}(?:\/|$))[a-z0-9][a-z0-9._/-]{0,62}$/;
const SECRET_BYTES_MAX = 16_384;

/**
 * Finds secrets in files `<folder>/<tenant>/<environment>/<name>`, as mounted ones lie. The last line break does not count.
 * Neither the file nor a folder on the way to it below the first one may be a link.
 */
export function secretFiles(folder: string | undefined): Secrets {
  return {
    find: async ({ tenant, environment }, name) => {
      if (folder === undefined) throw new SecretMissing(name, 'no folder of secrets is set');
      // Profiles have no other names; a file outside would be read if they had.
      if (!NAME.test(name)) throw new SecretMissing(name, 'it is no name of a secret');
      return await readSecret(name, [folder, tenant, environment, ...name.split('/')]);
    },
  };
}

async function readSecret(
  name: string,
  [folder = '', ...below]: readonly string[],
): Promise<string> {
  let bytes: Buffer;
  try {
    const path = join(await realpath(folder), ...below);
    if ((await realpath(path)) !== path)
      throw new SecretMissing(name, 'there is a link on the way');
    bytes = await readBounded(name, path);
  } catch (error) {
    if (error instanceof SecretMissing) throw error;
    const { code = 'unknown' } = error as NodeJS.ErrnoException;
    throw new SecretMissing(name, `its file cannot be read (${code})`);
  }
  if (bytes.length > SECRET_BYTES_MAX)
    throw new SecretMissing(name, `it is longer than ${SECRET_BYTES_MAX} bytes`);
  const text = bytes.toString('utf8').replace(/\r?\n$/, '');
  if (text === '') throw new SecretMissing(name, 'it is empty');
  return text;
}

async function readBounded(name: string, path: string): Promise<Buffer> {
  // A pipe would wait for a writer.
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const file = await open(path, flags);
  try {
    if (!(await file.stat()).isFile()) throw new SecretMissing(name, 'it is no file');
    const { buffer, bytesRead } = await file.read(Buffer.alloc(SECRET_BYTES_MAX + 1));
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}
