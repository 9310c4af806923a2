import canonicalize from 'canonicalize';
import { RegistryError } from '#domain/errors';

/** A value that JSON can hold. */
export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [key: string]: Json };

/** A JSON object. */
export type JsonObject = { readonly [key: string]: Json };

/**
 * Writes a value as canonical JSON (RFC 8785): keys in UTF-16 order, no white space, shortest numbers.
 * Equal values give equal bytes, on every node and for ever.
 * @throws INVALID_JSON for what JSON cannot hold: NaN, infinities, lone surrogates
 */
export function canonicalJson(value: unknown): string {
  let text: string | undefined;
  try {
    text = canonicalize(value);
  } catch (error) {
    throw new RegistryError(
      'INVALID_JSON',
      `Cannot write canonical JSON: ${error instanceof Error ? error.message : String(error)}`,
      { cause: error },
    );
  }
  if (text === undefined) {
    throw new RegistryError('INVALID_JSON', 'Cannot write canonical JSON: the value is undefined');
  }
  return text;
}
