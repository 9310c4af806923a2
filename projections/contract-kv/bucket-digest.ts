import { createHash } from 'node:crypto';
import type { KV } from '@nats-io/kv';
import type { EventLog } from '#log/event-log';
import { kindFilter } from '#log/subjects';
import { BucketCheckpoint } from '#projections/contract-kv/bucket-checkpoint';
import { contractWrites } from '#projections/contract-kv/contract-value';
import type { ProjectionDigest } from '#projections/projection';

export interface BucketDigestOptions {
  readonly kv: KV;
  /** The log that the bucket is made from. */
  readonly log: EventLog;
  /** As of the view, see `ContractKvOptions`. */
  readonly valueBytesMax: number;
  readonly signal: AbortSignal;
}

const READS_MAX = 64;
const BATCH_MAX = 500;

/**
 * Computes the digest of a bucket that others may be writing, and writes nothing. The bucket may show more than its checkpoint
 * says: what later events have put there is left out, so that the digest is that of the checkpoint's position.
 */
export async function digestOfBucket(options: BucketDigestOptions): Promise<ProjectionDigest> {
  const { kv, log, valueBytesMax, signal } = options;
  const { position } = await new BucketCheckpoint(kv).load();
  const values = await readBucket(kv);
  // After the bucket was read: every value in it is of an event up to here.
  const { last: upTo } = await log.head();
  const later = { after: position, upTo, filter: kindFilter('contract'), batchMax: BATCH_MAX };
  for await (const batch of log.readRange({ ...later, signal }))
    for (const { key } of batch.flatMap((message) => contractWrites(message, valueBytesMax)))
      values.delete(key);
  signal.throwIfAborted();
  return { position, digest: digestOfValues(inOrderOfKeys(values)) };
}

/** Reads the contracts of a bucket. */
export async function readBucket(kv: KV): Promise<Map<string, string>> {
  const values = new Map<string, string>();
  const keys: string[] = [];
  for await (const key of await kv.keys(['meta.>', 'scope.>'])) keys.push(key);
  for (let at = 0; at < keys.length; at += READS_MAX) {
    const part = keys.slice(at, at + READS_MAX);
    for (const entry of await Promise.all(part.map(async (key) => await kv.get(key))))
      if (entry?.operation === 'PUT') values.set(entry.key, entry.string());
  }
  return values;
}

/** Gives values in the order in which they are hashed. */
export function inOrderOfKeys(
  values: ReadonlyMap<string, string>,
): readonly (readonly [key: string, value: string])[] {
  return [...values].toSorted(([a], [b]) => (a < b ? -1 : 1));
}

/** Hashes keys and values that come in the order of their keys. */
export function digestOfValues(values: Iterable<readonly [key: string, value: string]>): string {
  const hash = createHash('sha256');
  for (const entry of values) hash.update(`${JSON.stringify(entry)}\n`);
  return `sha256:${hash.digest('hex')}`;
}
