import { createHash } from 'node:crypto';
import { JetStreamApiError, type JetStreamClient, StorageType } from '@nats-io/jetstream';
import { type KV, type KvEntry, Kvm } from '@nats-io/kv';
import { type ContractBundle, contractEvolution } from '#domain/contract';
import { contractKey } from '#domain/contract-name';
import { quote, RegistryError } from '#domain/errors';
import { type Position, START, toPosition } from '#domain/position';
import { decodeEvent } from '#log/codec';
import type { StoredMessage } from '#log/event-log';
import { parseSubject } from '#log/subjects';
import type { Checkpoint, Projection, ProjectionDigest } from '#projections/projection';

export interface ContractKvOptions {
  readonly js: JetStreamClient;
  /** The bucket's name, `REGISTRY_KV_BUCKET`. */
  readonly bucket: string;
  readonly replicas: number;
  /** The largest value that the broker takes. A larger schema is left out and named by its fingerprint. */
  readonly valueBytesMax: number;
}

/** A contract in the bucket: the shape that readers of the bucket have always seen. */
export interface ContractValue {
  readonly name: string;
  readonly version: string;
  readonly description?: string;
  readonly createdAt: string;
  /** The schema as JSON text. */
  readonly jsonSchema?: string;
  /** Where the schema is too large for a value: fetch the version over HTTP. */
  readonly fingerprint?: string;
}

const CHECKPOINT_KEY = '_checkpoint';
const WRONG_LAST_SEQUENCE = 10_071;
// Writes under way at a time. The broker flushes one after the other; more would only wait there.
const WRITES_MAX = 64;
// Another number, and the bucket is filled again from position 1.
const KV_VERSION = 1;

interface StoredCheckpoint {
  readonly version: number;
  readonly position: number;
  readonly streamCreated: string;
}

/**
 * Contracts as keys `meta.<name>.<version>` of a KV bucket, for readers that speak NATS. Several processes may write it:
 * a version is created once, whoever comes first, and the checkpoint moves by compare-and-set.
 */
export class ContractKv implements Projection {
  readonly name = 'contracts-kv';
  readonly #options: ContractKvOptions;
  #kv: KV | undefined;
  #checkpointRevision = 0;

  constructor(options: ContractKvOptions) {
    this.#options = options;
  }

  async open(): Promise<Checkpoint> {
    this.#kv ??= await this.#openBucket();
    const entry = await this.#kv.get(CHECKPOINT_KEY);
    this.#checkpointRevision = entry?.revision ?? 0;
    if (entry === null || entry.operation !== 'PUT')
      return { position: START, streamCreated: undefined };
    const stored = entry.json<StoredCheckpoint>();
    if (stored.version !== KV_VERSION) return { position: START, streamCreated: undefined };
    return { position: toPosition(stored.position), streamCreated: stored.streamCreated };
  }

  async apply(batch: readonly StoredMessage[], checkpoint: Checkpoint): Promise<Position> {
    const kv = this.#bucket();
    const writes = batch.flatMap((message) => valueOf(message, this.#options.valueBytesMax));
    for (let i = 0; i < writes.length; i += WRITES_MAX) {
      await Promise.all(writes.slice(i, i + WRITES_MAX).map((write) => createOnce(kv, write)));
    }
    const position = batch.at(-1)?.position ?? checkpoint.position;
    return await this.#moveCheckpoint(kv, position, checkpoint.streamCreated ?? '');
  }

  async clear(): Promise<void> {
    await this.#kv?.destroy();
    this.#kv = undefined;
  }

  async digest(): Promise<ProjectionDigest> {
    const kv = this.#bucket();
    const { position } = await this.open();
    const entries: [string, string][] = [];
    const keys = await kv.keys(['meta.>', 'scope.>']);
    for await (const key of keys) {
      const entry = await kv.get(key);
      if (entry?.operation === 'PUT') entries.push([key, entry.string()]);
    }
    const hash = createHash('sha256');
    const ordered = entries.toSorted(([a], [b]) => (a < b ? -1 : 1));
    for (const entry of ordered) hash.update(`${JSON.stringify(entry)}\n`);
    return { position, digest: `sha256:${hash.digest('hex')}` };
  }

  async close(): Promise<void> {
    this.#kv = undefined;
  }

  #bucket(): KV {
    if (this.#kv === undefined) throw new Error('The contract bucket is not open');
    return this.#kv;
  }

  async #openBucket(): Promise<KV> {
    const { js, bucket, replicas } = this.#options;
    return await new Kvm(js).create(bucket, { history: 1, replicas, storage: StorageType.File });
  }

  /** Moves the checkpoint, or gives the one that another process has moved it to. */
  async #moveCheckpoint(kv: KV, position: Position, streamCreated: string): Promise<Position> {
    const stored: StoredCheckpoint = { version: KV_VERSION, position, streamCreated };
    try {
      const text = JSON.stringify(stored);
      const revision = this.#checkpointRevision;
      // The client refuses an update that expects revision 0.
      this.#checkpointRevision =
        revision === 0
          ? await kv.create(CHECKPOINT_KEY, text)
          : await kv.update(CHECKPOINT_KEY, text, revision);
      return position;
    } catch (error) {
      if (!isConflict(error)) throw error;
      const theirs = (await this.open()).position;
      // Never behind what was just applied: writing a version twice changes nothing.
      return theirs > position ? theirs : await this.#moveCheckpoint(kv, position, streamCreated);
    }
  }
}

interface Write {
  readonly key: string;
  readonly value: string;
}

function valueOf(message: StoredMessage, valueBytesMax: number): Write[] {
  const { scope, kind } = parseSubject(message.subject);
  if (kind !== 'contract') return [];
  const { event, metadata } = decodeEvent(message);
  const { bundle } = contractEvolution.parse(event).data;
  const value = JSON.stringify(toValue(bundle, metadata.time, true));
  const fits = Buffer.byteLength(value) <= valueBytesMax;
  return [
    {
      key: contractKey(scope, bundle.name, bundle.version),
      value: fits ? value : JSON.stringify(toValue(bundle, metadata.time, false)),
    },
  ];
}

function toValue(bundle: ContractBundle, createdAt: string, whole: boolean): ContractValue {
  const { name, version, description, jsonSchema, fingerprint } = bundle;
  return {
    name,
    version,
    ...(description === undefined ? {} : { description }),
    createdAt,
    ...(jsonSchema === undefined || !whole ? {} : { jsonSchema }),
    ...(whole ? {} : { fingerprint }),
  };
}

async function createOnce(kv: KV, { key, value }: Write): Promise<void> {
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

function isConflict(error: unknown): boolean {
  return error instanceof JetStreamApiError && error.code === WRONG_LAST_SEQUENCE;
}
