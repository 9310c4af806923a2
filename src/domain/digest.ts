import { createHash } from 'node:crypto';
import type { Brand } from '#domain/brand';
import { quote, RegistryError } from '#domain/errors';

/** A SHA-256 as 64 lower-case hexadecimal digits. */
export type Sha256 = Brand<string, 'Sha256'>;

const HEX = /^[0-9a-f]{64}$/;

/** Parses 64 hexadecimal digits; upper case is folded. @throws INVALID_REQUEST */
export function parseSha256(text: string): Sha256 {
  const folded = text.toLowerCase();
  if (!HEX.test(folded)) {
    throw new RegistryError(
      'INVALID_REQUEST',
      `Cannot use SHA-256 ${quote(text)}: it has ${text.length} characters (want 64 hexadecimal digits)`,
    );
  }
  return folded as Sha256;
}

/** Computes the SHA-256 of bytes, or of the UTF-8 form of a text. */
export function sha256Of(content: string | Uint8Array): Sha256 {
  return createHash('sha256').update(content).digest('hex') as Sha256;
}
