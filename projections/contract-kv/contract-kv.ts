import { createHash } from 'node:crypto';
import type { KV, KvEntry } from '@nats-io/kv';
import type { JsonObject } from '#domain/canonical-json';
import { contractEvolution } from '#domain/contract';
import type {
  ContractBundle,
  ContractLabels,
  ContractReference,
  WitFile,
} from '#domain/contract-bundle';
import { contractKey } from '#domain/contract-name';
import { quote, RegistryError } from '#domain/errors';
import type { Position } from '#domain/position';
import { decodeEvent } from '#log/codec';
import type { StoredMessage } from '#log/event-log';
import { parseSubject } from '#log/subjects';
import { type BucketOptions, isConflict, openBucket } from '#projections/contract-kv/bucket';
import { BucketCheckpoint } from '#projections/contract-kv/bucket-checkpoint';
import type { Checkpoint, Projection, ProjectionDigest } from '#projections/projection';

export interface ContractKvOptions extends BucketOptions {
  /** The largest value that the broker takes. Larger content is left out and named by its fingerprint. */
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
  readonly wit?: readonly WitFile[];
  readonly descriptor?: JsonObject;
  readonly references?: readonly ContractReference[];
  readonly labels?: ContractLabels;
  /** Where the content is too large for a value: fetch the version over HTTP. */
  readonly fingerprint?: string;
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
    return await this.#opened.checkpoint.load();
  }

  async apply(batch: readonly StoredMessage[], before: Checkpoint): Promise<Position> {
    const { kv, checkpoint } = this.#bucket();
    const writes = batch.flatMap((message) => valueOf(message, this.#options.valueBytesMax));
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

interface Write {
  readonly key: string;
  readonly value: string;
}

function valueOf(message: StoredMessage, valueBytesMax: number): Write[] {
  const { scope, kind } = parseSubject(message.subject);
  if (kind !== 'contract') return [];
  const { event, metadata } = decodeEvent(message);
  const parsed = contractEvolution.parse(event);
  // Values are versions, which never change; their stages and modes are asked for over HTTP.
  if (parsed.type !== 'ContractPublished') return [];
  const { bundle } = parsed.data;
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
  const { wit, descriptor, references, labels } = bundle;
  // The order of the fields counts: nodes of any version must write the same value for an event.
  const head = { name, version, ...(description === undefined ? {} : { description }), createdAt };
  if (!whole) return { ...head, fingerprint };
  return {
    ...head,
    ...(jsonSchema === undefined ? {} : { jsonSchema }),
    ...(wit === undefined ? {} : { wit }),
    ...(descriptor === undefined ? {} : { descriptor }),
    ...(references === undefined ? {} : { references }),
    ...(labels === undefined ? {} : { labels }),
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
