import { createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { type Sha256, sha256Of } from '#domain/digest';
import { RegistryError } from '#domain/errors';

/** What a cursor goes on with: it is good for nothing else. */
export interface CursorOwner {
  /** The artifact whose rows are paged: another one would have other pages. */
  readonly artifact: Sha256;
  /** Everything about the request but the cursor and the page size, canonical. */
  readonly query: string;
}

/** A value of a sort key. */
export type CursorValue = string | number | bigint | null;

// What JSON has no number for, as a text with its type: a text alone would be sorted among texts.
const numberSchema = z
  .strictObject({ number: z.enum(['Infinity', '-Infinity']) })
  .transform(({ number }) => Number(number));
const integerSchema = z
  .strictObject({ integer: z.string() })
  .transform(({ integer }) => BigInt(integer));
const keySchema = z
  .array(z.union([z.string(), z.number(), z.null(), integerSchema, numberSchema]))
  .max(8);
const TAG_BYTES = 16;
const LENGTH_MAX = 4_096;
const FORM = /^c1\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]{22})$/;

/**
 * Writes and reads cursors that a client can neither make up nor use elsewhere: the sort key of the next row, and an HMAC
 * (SHA-256, 128 bits of it) over it, the artifact and the query.
 */
export class SignedCursors {
  readonly #secret: Buffer;

  constructor(secret: Buffer) {
    this.#secret = secret;
  }

  /** Writes the cursor of the page that begins with a row. */
  encode(owner: CursorOwner, key: readonly CursorValue[]): string {
    const payload = Buffer.from(JSON.stringify(key.map(written))).toString('base64url');
    return `c1.${payload}.${this.#tag(owner, payload).toString('base64url')}`;
  }

  /** Reads a cursor. @throws INVALID_CURSOR when it was changed, or belongs to another artifact or query */
  decode(owner: CursorOwner, text: string): readonly CursorValue[] {
    const [, payload = '', tag = ''] = text.length > LENGTH_MAX ? [] : (FORM.exec(text) ?? []);
    const isOurs =
      payload !== '' && timingSafeEqual(this.#tag(owner, payload), Buffer.from(tag, 'base64url'));
    if (isOurs) return keySchema.parse(JSON.parse(Buffer.from(payload, 'base64url').toString()));
    throw new RegistryError(
      'INVALID_CURSOR',
      'Cannot use cursor: it was not made for this dataset, its present artifact and these parameters (want the one of the page before, unchanged; after a new publication begin with the first page)',
    );
  }

  #tag({ artifact, query }: CursorOwner, payload: string): Buffer {
    const owner = sha256Of(query);
    return createHmac('sha256', this.#secret)
      .update(`${artifact}.${owner}.${payload}`)
      .digest()
      .subarray(0, TAG_BYTES);
  }
}

function written(value: CursorValue): unknown {
  if (typeof value === 'bigint') return { integer: String(value) };
  const isInfinite = typeof value === 'number' && !Number.isFinite(value);
  return isInfinite ? { number: String(value) } : value;
}
