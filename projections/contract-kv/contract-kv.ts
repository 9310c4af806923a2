import type { KV, KvEntry } from '@nats-io/kv';
import { quote, RegistryError } from '#domain/errors';
import type { Position } from '#domain/position';
import type { StoredMessage } from '#log/event-log';
import { type BucketOptions, isConflict, openBucket } from '#projections/contract-kv/bucket';
import { BucketCheckpoint } from '#projections/contract-kv/bucket-checkpoint';
import { digestOfValues, inOrderOfKeys, readBucket } from '#projections/contract-kv/bucket-digest';
import { type ContractWrite, contractWrites } from '#projections/contract-kv/contract-value';
import type { Checkpoint, Projection, ProjectionDigest } from '#projections/projection';

export interface ContractKvOptions extends BucketOptions {
  /** The largest value that the broker takes. Larger content is left out and named by its fingerprint. */
  readonly valueBytesMax: number;
}

// Writes under way at a time. The broker flushes one after the other; more would only wait there.
const WRITES_MAX = 64;

interface OpenBucket {
  readonly kv: KV;
  readonly checkpoint: BucketCheckpoint;
}

/**
 * Contracts as keys `meta.<name>.<version>` of a KV bucket, for readers that speak NATS. Several processes may write it:
 * a version is created once, whoever comes first.
 */
export class ContractKv implements Projection {
  readonly name = 'contracts-kv';
  readonly #options: ContractKvOptions;
  #opened: OpenBucket | undefined;

  constructor(options: ContractKvOptions) {
    this.#options = options;
  }

  async open(): Promise<Checkpoint> {
    if (this.#opened === undefined) {
      const kv = await openBucket(this.#options);
      this.#opened = { kv, checkpoint: new BucketCheckpoint(kv) };
    }
    return await this.#opened.checkpoint.begin();
  }

  async apply(batch: readonly StoredMessage[], before: Checkpoint): Promise<Position> {
    const { kv, checkpoint } = this.#bucket();
    const writes = batch.flatMap((message) => contractWrites(message, this.#options.valueBytesMax));
    for (let i = 0; i < writes.length; i += WRITES_MAX) {
      await Promise.all(writes.slice(i, i + WRITES_MAX).map((write) => createOnce(kv, write)));
    }
    const position = batch.at(-1)?.position ?? before.position;
    await checkpoint.note({ ...before, position });
    return position;
  }

  async clear(): Promise<void> {
    await this.#opened?.checkpoint.close();
    await this.#opened?.kv.destroy();
    this.#opened = undefined;
  }

  async digest(): Promise<ProjectionDigest> {
    const { kv, checkpoint } = this.#bucket();
    await checkpoint.flush();
    const { position } = await checkpoint.load();
    return { position, digest: digestOfValues(inOrderOfKeys(await readBucket(kv))) };
  }

  async close(): Promise<void> {
    const checkpoint = this.#opened?.checkpoint;
    this.#opened = undefined;
    // Best effort: what is not noted is applied again at the next start, which changes nothing.
    await checkpoint?.flush().catch(() => undefined);
    await checkpoint?.close();
  }

  #bucket(): OpenBucket {
    if (this.#opened === undefined) throw new Error('The contract bucket is not open');
    return this.#opened;
  }
}

async function createOnce(kv: KV, { key, value }: ContractWrite): Promise<void> {
  try {
    await kv.create(key, value);
  } catch (error) {
    if (!isConflict(error)) throw error;
    const there: KvEntry | null = await kv.get(key);
    if (there?.string() === value) return;
    throw new RegistryError(
      'CORRUPT_EVENT',
      `Cannot write key ${quote(key)} of the contract bucket: it holds another value (want nobody else writing there; rebuild the view)`,
      { details: { key } },
    );
  }
}
