import type { z } from 'zod';
import { RegistryError } from '#domain/errors';

/** Writes where a page ended, for the client to send back. Opaque: its form may change. */
export function encodeCursor(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

/** Reads a cursor that this registry has made. @throws INVALID_CURSOR */
export function decodeCursor<T>(text: string | undefined, schema: z.ZodType<T>): T | undefined {
  if (text === undefined) return undefined;
  try {
    return schema.parse(JSON.parse(Buffer.from(text, 'base64url').toString('utf8')));
  } catch (error) {
    throw new RegistryError(
      'INVALID_CURSOR',
      'Cannot use cursor: it is not one of this list (want the one from the page before, unchanged)',
      { cause: error },
    );
  }
}
