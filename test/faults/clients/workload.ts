import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { newId } from '#flow/new-id';
import type { Bed, BedNode } from '#test/faults/bed/bed';
import { call, jsonOf, type WriteEnd, write } from '#test/faults/clients/call';
import type { History, ReadOperation, WriteOperation } from '#test/faults/history';
import { type Seeded, seeded } from '#test/support/seed';

export interface WorkloadOptions {
  readonly bed: Bed;
  readonly history: History;
  readonly seed: number;
  /** Clients at a time. */
  readonly clients: number;
  /** Requests a second of each client at most. */
  readonly pacePerSecond: number;
  /** How many of a hundred requests upload bytes or read them. */
  readonly bytesPercent: number;
  /** How long a client asks what became of a write that nobody knows of. */
  readonly unknownMs: number;
  readonly signal: AbortSignal;
}

// Few names, raced for by all, for a while; then new ones.
const RACED_NAMES = 4;
const NAMES_EPOCH_MS = 3_000;
const FINGERPRINTS = 3;
const ARTIFACT_BYTES_MAX = 200_000;
const UPLOAD_PIECES = 8;
const UPLOAD_PIECE_MS = 15;
const UPLOAD_MS = 15_000;
const UPLOAD_AGAIN_MS = 200;

interface Upload {
  readonly node: BedNode;
  readonly wanted: string;
}

/** What all clients of one run know of it. */
interface Shared extends WorkloadOptions {
  readonly beganMs: number;
  /** The highest position that was acknowledged to anybody. */
  highest: number;
  readonly keys: { readonly of: ReadOperation['of']; readonly key: string }[];
  readonly uploads: Upload[];
}

/**
 * Clients that register unique names, race for shared ones, publish versions of contracts, upload bytes, and read back on any
 * node, with and without a position; until the signal.
 */
export async function runWorkload(options: WorkloadOptions): Promise<void> {
  const shared: Shared = {
    ...options,
    beganMs: performance.now(),
    highest: 0,
    keys: [],
    uploads: [],
  };
  await Promise.all(
    Array.from({ length: options.clients }, async (_, index) => {
      const client = new Client(shared, `c${index}`, seeded(options.seed * 1_000 + index));
      await client.run();
    }),
  );
}

class Client {
  readonly #shared: Shared;
  readonly #name: string;
  readonly #random: Seeded;
  #count = 0;

  constructor(shared: Shared, name: string, random: Seeded) {
    this.#shared = shared;
    this.#name = name;
    this.#random = random;
  }

  async run(): Promise<void> {
    const { signal, pacePerSecond } = this.#shared;
    while (!signal.aborted) {
      const began = performance.now();
      await this.#one();
      const restMs = 1_000 / pacePerSecond - (performance.now() - began);
      if (restMs > 0) await delay(restMs, undefined, { signal }).catch(() => undefined);
    }
  }

  async #one(): Promise<void> {
    if (this.#random.int(100) < this.#shared.bytesPercent) {
      await this.#bytes();
      return;
    }
    const dice = this.#random.int(100);
    if (dice < 6) await this.#run();
    else if (dice < 30) await this.#register(`u/${this.#name}/${this.#next()}`, newId());
    else if (dice < 48) await this.#race();
    else if (dice < 60) await this.#publish();
    else await this.#read();
  }

  #next(): number {
    this.#count += 1;
    return this.#count;
  }

  #epoch(): number {
    return Math.floor((performance.now() - this.#shared.beganMs) / NAMES_EPOCH_MS);
  }

  #writer(): BedNode {
    const { writers } = this.#shared.bed;
    return writers[this.#random.int(writers.length)] as BedNode;
  }

  #any(): BedNode {
    const { nodes } = this.#shared.bed;
    return nodes[this.#random.int(nodes.length)] as BedNode;
  }

  /** Races with other clients for a name that all know, or with itself for one that nobody knows. */
  async #race(): Promise<void> {
    if (this.#random.int(2) === 0) {
      const name = `pair/${this.#name}/${this.#next()}`;
      await Promise.all([this.#register(name, 'fp-0'), this.#register(name, 'fp-1')]);
      return;
    }
    // Twins: names that differ in nothing but case.
    const twin = this.#random.pick(['a', 'A']);
    const name = `race/${this.#epoch()}/${twin}${this.#random.int(RACED_NAMES / 2)}`;
    await this.#register(name, `fp-${this.#random.int(FINGERPRINTS)}`);
  }

  async #register(name: string, fingerprint: string): Promise<void> {
    const body = { name, schema_fingerprint: fingerprint };
    await this.#write(
      { kind: 'register', key: name, value: fingerprint },
      '/registry/datasets',
      body,
    );
  }

  async #publish(): Promise<void> {
    const name = `faults.c${this.#epoch()}-${this.#random.int(RACED_NAMES)}`;
    const version = `v${1 + this.#random.int(2)}`;
    const value = `text-${this.#random.int(FINGERPRINTS)}`;
    const body = { name, version, jsonSchema: { type: 'object', description: value } };
    const wanted = { kind: 'publish', key: `${name} ${version}`, value } as const;
    await this.#write(wanted, '/registry/contracts', body);
  }

  async #run(): Promise<void> {
    const job = `faults-${this.#name}`;
    const key = `${job} ${this.#next()}`;
    await this.#write({ kind: 'run', key, value: job }, '/registry/job-runs', { job });
  }

  async #write(
    wanted: Pick<WriteOperation, 'kind' | 'key' | 'value'>,
    path: string,
    body: unknown,
  ): Promise<void> {
    const { history, keys, unknownMs } = this.#shared;
    const command = newId();
    const beganMs = performance.now();
    const node = (): string => this.#writer().url;
    const end = await write({ path, body, command, node, untilMs: beganMs + unknownMs });
    const endedMs = end.outcome === 'unknown' ? null : performance.now();
    const operation: WriteOperation = {
      ...wanted,
      client: this.#name,
      command,
      beganMs,
      endedMs,
      outcome: end.outcome,
      ...seenIn(end),
    };
    history.add(operation);
    // Runs are in another stream, with positions of its own.
    if (wanted.kind === 'run') return;
    if (operation.position !== undefined)
      this.#shared.highest = Math.max(this.#shared.highest, operation.position);
    keys.push({ of: wanted.kind, key: wanted.key });
    if (keys.length > 200) keys.shift();
  }

  async #read(): Promise<void> {
    const { keys, highest, history } = this.#shared;
    const chosen = keys[this.#random.int(keys.length)];
    if (chosen === undefined) return;
    const node = this.#any();
    const life = node.starts.length;
    const minimum = this.#random.int(2) === 0 && highest > 0 ? highest : undefined;
    const beganMs = performance.now();
    const answer = await call({
      method: 'GET',
      url: `${node.url}${pathOf(chosen)}`,
      headers: minimum === undefined ? {} : { 'atlas-min-position': String(minimum) },
    });
    if (answer.status !== 200 && answer.status !== 404) return;
    const position = Number(answer.headers['atlas-position'] ?? Number.NaN);
    history.add({
      kind: 'read',
      client: this.#name,
      node: node.name,
      life,
      of: chosen.of,
      key: chosen.key,
      beganMs,
      endedMs: performance.now(),
      ...(minimum === undefined ? {} : { minimum }),
      value: answer.status === 404 ? null : valueOf(jsonOf(answer)),
      position,
      etag: answer.headers['etag'],
      digest: createHash('sha256').update(answer.text).digest('hex'),
    });
  }

  /** Uploads bytes, or reads again what was uploaded before. */
  async #bytes(): Promise<void> {
    const { history, uploads } = this.#shared;
    const again = uploads[this.#random.int(uploads.length * 2)];
    const upload = again ?? (await this.#upload());
    if (upload === undefined) return;
    const { node, wanted } = upload;
    const path = `/store/artifacts/sha256/${wanted.slice(0, 2)}/${wanted}`;
    const got = await call({ method: 'GET', url: `${node.url}${path}` });
    if (got.status !== 200 && got.status !== 404) return;
    const digest = createHash('sha256').update(got.text).digest('hex');
    history.add({
      kind: 'bytes',
      node: node.name,
      wanted,
      got: got.status === 404 ? 'nothing' : digest,
    });
  }

  /** Uploads bytes, again where the upload was cut off. */
  async #upload(): Promise<Upload | undefined> {
    const { signal, uploads } = this.#shared;
    const bytes = Buffer.alloc(1 + this.#random.int(ARTIFACT_BYTES_MAX), `${newId()} `);
    const wanted = createHash('sha256').update(bytes).digest('hex');
    const node = this.#writer();
    const headers = { 'content-type': 'application/octet-stream' };
    const url = `${node.url}/registry/artifacts/${wanted}`;
    const until = performance.now() + UPLOAD_MS;
    while (performance.now() < until && !signal.aborted) {
      const { status } = await call({ method: 'PUT', url, body: slowly(bytes), headers });
      if (status === 201 || status === 200) {
        uploads.push({ node, wanted });
        return { node, wanted };
      }
      await delay(UPLOAD_AGAIN_MS);
    }
    return undefined;
  }
}

/** Gives bytes in pieces, as a network does: what is cut off is cut off in between. */
async function* slowly(bytes: Buffer): AsyncGenerator<Buffer> {
  const size = Math.ceil(bytes.length / UPLOAD_PIECES);
  for (let at = 0; at < bytes.length; at += size) {
    yield bytes.subarray(at, at + size);
    await delay(UPLOAD_PIECE_MS);
  }
}

function pathOf({ of, key }: Shared['keys'][number]): string {
  return of === 'register'
    ? `/registry/datasets/${key}`
    : `/registry/contracts/${key.replace(' ', '/')}`;
}

/** Reads what a name is from the body of a manifest or of a version. */
export function valueOf(body: Record<string, unknown> | undefined): string {
  const { schema_fingerprint: fingerprint, jsonSchema } = body ?? {};
  if (typeof fingerprint === 'string') return fingerprint;
  if (typeof jsonSchema !== 'string') return `unreadable ${JSON.stringify(body)}`;
  return (JSON.parse(jsonSchema) as { description: string }).description;
}

function seenIn({ outcome, answer }: WriteEnd): Pick<WriteOperation, 'position' | 'have'> {
  const position = Number(answer.headers['atlas-position'] ?? Number.NaN);
  if (outcome !== 'conflict') return Number.isNaN(position) ? {} : { position };
  const { name, have, version } = (jsonOf(answer)?.['details'] ?? {}) as Record<string, unknown>;
  // Of a contract it is the digest of a content.
  return typeof have === 'string' && name !== undefined && version === undefined ? { have } : {};
}
