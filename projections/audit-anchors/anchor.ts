import { createHash, hash, type KeyObject, sign, verify } from 'node:crypto';
import { z } from 'zod';
import { canonicalJson } from '#domain/canonical-json';
import { type Position, toPosition } from '#domain/position';

/**
 * What the log was, up to a position: kept outside of the broker and signed, so that whoever can change the log cannot make
 * the anchor fit. It holds the hash of every event since the anchor before it, so that a difference can be named.
 */
export interface Anchor {
  readonly stream: string;
  /** When the stream was created, as its broker said. */
  readonly streamCreated: string;
  /** Counts the anchors of a stream from 1. */
  readonly sequence: number;
  readonly from: Position;
  readonly to: Position;
  /** When it was made: RFC 3339. */
  readonly time: string;
  /** SHA-256 of the anchor before it, as its bytes lie there; 64 zeros on the first. */
  readonly previous: string;
  /** The digest of the log up to `to`, see `extendDigest()`. */
  readonly log: string;
  /** The hashes of the events from `from` to `to`, 32 bytes each. */
  readonly hashes: Buffer;
}

/** A private key that anchors are signed with, and what its public half is called. */
export interface AnchorKey {
  readonly id: string;
  readonly key: KeyObject;
}

/** An anchor as it lies there. */
export interface SignedAnchor {
  readonly anchor: Anchor;
  /** The name of the key, as the anchor says. */
  readonly keyId: string;
  /** Tells whether it was signed by a key. */
  readonly isSignedBy: (publicKey: KeyObject) => boolean;
  /** SHA-256 of its bytes: what the next one names as `previous`. */
  readonly digest: string;
}

const FORMAT = 'atlas-audit-anchor/1';
const HASH_BYTES = 32;
const KEY_ID_LENGTH = 32;
const NOTHING = '0'.repeat(HASH_BYTES * 2);
const digest = z.string().regex(/^[0-9a-f]{64}$/);
const whole = z.number().int().min(1);

const documentSchema = z.strictObject({
  format: z.literal(FORMAT),
  stream: z.string(),
  stream_created: z.string(),
  sequence: whole,
  from: whole,
  to: whole,
  time: z.string(),
  previous: digest,
  log: digest,
  hashes: z.base64(),
  key: z.string(),
  signature: z.base64(),
});

/** Where the digest of an empty log begins, and what the first anchor names as the one before it. */
export const NO_DIGEST = NOTHING;

/** Adds events to the digest of a log: each step is SHA-256 over the digest before it and the hash of the event. */
export function extendDigest(before: string, hashes: Buffer): string {
  let log = Buffer.from(before, 'hex');
  for (let at = 0; at < hashes.length; at += HASH_BYTES)
    log = hash('sha256', Buffer.concat([log, hashes.subarray(at, at + HASH_BYTES)]), 'buffer');
  return log.toString('hex');
}

/** Names a public key: `ed25519:` and the beginning of its SHA-256. */
export function keyIdOf(publicKey: KeyObject): string {
  const der = publicKey.export({ type: 'spki', format: 'der' });
  return `ed25519:${createHash('sha256').update(der).digest('hex').slice(0, KEY_ID_LENGTH)}`;
}

/** Writes an anchor, signed with Ed25519: canonical JSON. */
export function encodeAnchor(anchor: Anchor, { id, key }: AnchorKey): Buffer {
  const { streamCreated, hashes, ...rest } = anchor;
  const unsigned = {
    ...rest,
    format: FORMAT,
    stream_created: streamCreated,
    hashes: hashes.toString('base64'),
    key: id,
  };
  const signature = sign(null, Buffer.from(canonicalJson(unsigned)), key).toString('base64');
  return Buffer.from(canonicalJson({ ...unsigned, signature }));
}

/** Reads an anchor; `undefined` for what is none. Its signature is for the caller to check. */
export function decodeAnchor(bytes: Uint8Array): SignedAnchor | undefined {
  const document = parsed(bytes);
  if (document === undefined) return undefined;
  const { signature, key: keyId, format: _, stream_created: streamCreated, ...rest } = document;
  const hashes = Buffer.from(rest.hashes, 'base64');
  const { from, to } = rest;
  if (to < from || hashes.length !== (to - from + 1) * HASH_BYTES) return undefined;
  const { signature: __, ...unsigned } = document;
  const anchor = {
    ...rest,
    streamCreated,
    hashes,
    from: toPosition(from),
    to: toPosition(to),
  };
  const text = Buffer.from(canonicalJson(unsigned));
  const isSignedBy = (publicKey: KeyObject): boolean =>
    verify(null, text, publicKey, Buffer.from(signature, 'base64'));
  return { anchor, keyId, isSignedBy, digest: hash('sha256', bytes) };
}

function parsed(bytes: Uint8Array): z.output<typeof documentSchema> | undefined {
  try {
    const result = documentSchema.safeParse(JSON.parse(Buffer.from(bytes).toString('utf8')));
    return result.success ? result.data : undefined;
  } catch {
    return undefined;
  }
}
