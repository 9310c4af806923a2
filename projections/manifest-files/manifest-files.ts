import { datasetEvolution, type Manifest } from '#domain/dataset';
import { type Sha256, sha256Of } from '#domain/digest';
import { isRegistryError } from '#domain/errors';
import { manifestFile } from '#domain/manifest-document';
import type { Position } from '#domain/position';
import type { Scope } from '#domain/scope';
import type { Clock } from '#flow/clock';
import { decodeEvent } from '#log/codec';
import type { StoredMessage } from '#log/event-log';
import { parseSubject } from '#log/subjects';
import {
  loadCheckpoint,
  type ManifestCheckpoint,
  NOTHING_WRITTEN,
  removeCheckpoint,
  saveCheckpoint,
} from '#projections/manifest-files/file-checkpoint';
import { decodeManifest, encodeManifest } from '#projections/manifest-files/manifest-parquet';
import { manifestFilePath } from '#projections/manifest-files/manifest-path';
import type { Checkpoint, Projection, ProjectionDigest } from '#projections/projection';

/** What the view needs of the small files of a store. */
export interface FileStore {
  /** Writes a file, whatever was there; it is durable when the call returns. */
  replace(path: string, bytes: Uint8Array): Promise<void>;

  /** Reads a file; `undefined` when it is not there. @throws STORE_UNAVAILABLE when it is larger, too */
  read(path: string, bytesMax: number): Promise<Uint8Array | undefined>;
}

export interface ManifestFilesOptions {
  /** The store that the files lie in. */
  readonly files: FileStore;
  /** The checkpoint, a local file of this node. */
  readonly checkpointPath: string;
  readonly clock: Clock;
  /**
   * The most files written in a second, so that commands have the disk to themselves. The projector's batch should be no
   * larger: a stop waits for the batch that is being written.
   */
  readonly filesPerSecondMax: number;
}

// Enough to keep a store over the network busy; a local disk flushes one after the other.
const WRITES_MAX = 8;
// A manifest with as many objects as it may have takes 1 MB.
const FILE_BYTES_MAX = 16_777_216;
// Events that change no file are not worth a flush each: behind by so many, the checkpoint is written all the same.
const UNSAVED_EVENTS_MAX = 1_000;

interface Change {
  readonly path: string;
  readonly scope: Scope;
  readonly manifest: Manifest;
}

/**
 * The manifest of every dataset as a Parquet file of the store, `_catalog/manifests/<name>.parquet`, withdrawn ones too. For
 * readers such as DuckDB and pandas; the registry itself never reads them. Several nodes may write one store: while one of
 * them catches up, a file may show an older manifest for a moment.
 *
 * Files are written before the checkpoint: after a crash some are written again, with the same bytes. The digest is one
 * over every manifest in the order of the log, kept with the checkpoint; a file that somebody else has changed does not
 * show in it, and a rebuild puts it right.
 */
export class ManifestFiles implements Projection {
  readonly name = 'manifest-files';
  readonly #options: ManifestFilesOptions;
  #noted: ManifestCheckpoint | undefined;
  #saved = 0;
  #nextWriteMs = 0;

  constructor(options: ManifestFilesOptions) {
    if (!(options.filesPerSecondMax > 0)) {
      throw new RangeError(
        `Cannot keep manifest files: filesPerSecondMax is ${options.filesPerSecondMax} (want more than 0)`,
      );
    }
    this.#options = options;
  }

  async open(): Promise<Checkpoint> {
    if (this.#noted === undefined) {
      this.#noted = await loadCheckpoint(this.#options.checkpointPath);
      this.#saved = this.#noted.position;
    }
    const { position, streamCreated } = this.#noted;
    return { position, streamCreated };
  }

  async apply(batch: readonly StoredMessage[], before: Checkpoint): Promise<Position> {
    const newest = new Map<string, Change>();
    let { digest } = this.#opened();
    for (const message of batch) {
      const change = changeOf(message);
      if (change === undefined) continue;
      newest.set(change.path, change);
      digest = digestWith(digest, change);
    }
    await this.#writeAll([...newest.values()]);
    const position = batch.at(-1)?.position ?? before.position;
    this.#noted = { position, streamCreated: before.streamCreated, digest };
    if (newest.size > 0 || position - this.#saved >= UNSAVED_EVENTS_MAX) await this.#save();
    return position;
  }

  /** Forgets how far it was. The files stay, and are compared with the log again from position 1. */
  async clear(): Promise<void> {
    await removeCheckpoint(this.#options.checkpointPath);
    this.#noted = NOTHING_WRITTEN;
    this.#saved = NOTHING_WRITTEN.position;
  }

  async digest(): Promise<ProjectionDigest> {
    const { position, digest } = this.#opened();
    return { position, digest: `sha256:${digest}` };
  }

  async close(): Promise<void> {
    // Best effort: what is not saved is applied again at the next start, which changes nothing.
    if (this.#noted !== undefined) await this.#save().catch(() => undefined);
    this.#noted = undefined;
  }

  #opened(): ManifestCheckpoint {
    if (this.#noted === undefined) throw new Error('The manifest files are not open');
    return this.#noted;
  }

  async #save(): Promise<void> {
    const noted = this.#opened();
    if (noted.position === this.#saved) return;
    await saveCheckpoint(this.#options.checkpointPath, noted);
    this.#saved = noted.position;
  }

  /** Writes side by side. Throws only when no write is under way any more: a late one would undo a newer file. */
  async #writeAll(changes: Change[]): Promise<void> {
    const lane = async (): Promise<void> => {
      for (let next = changes.shift(); next !== undefined; next = changes.shift()) {
        await this.#write(next).catch((error: unknown) => {
          changes.length = 0;
          throw error;
        });
      }
    };
    const lanes = Array.from({ length: Math.min(WRITES_MAX, changes.length) }, lane);
    for (const lane of await Promise.allSettled(lanes)) {
      if (lane.status === 'rejected') throw lane.reason;
    }
  }

  async #write({ path, scope, manifest }: Change): Promise<void> {
    const { files } = this.#options;
    const bytes = encodeManifest(manifest, scope);
    if (await stands(files, { path, bytes, manifest })) return;
    await this.#untilItsTurn();
    await files.replace(path, bytes);
  }

  async #untilItsTurn(): Promise<void> {
    const { clock, filesPerSecondMax } = this.#options;
    const now = clock.monotonicMs();
    const turn = Math.max(now, this.#nextWriteMs);
    this.#nextWriteMs = turn + 1_000 / filesPerSecondMax;
    if (turn > now) await clock.sleep(turn - now);
  }
}

/** Gives what an event changes; nothing for events of other kinds. @throws CORRUPT_EVENT */
function changeOf(message: StoredMessage): Change | undefined {
  const { scope, kind } = parseSubject(message.subject);
  if (kind !== 'dataset') return undefined;
  // Every event holds the whole manifest as it stands after it.
  const { manifest } = datasetEvolution.parse(decodeEvent(message).event).data;
  return { path: manifestFilePath({ scope, name: manifest.name }), scope, manifest };
}

/** Over the manifest, not its Parquet file: 6 µs where encoding takes 250, and the same with any version of the encoder. */
function digestWith(digest: Sha256, { path, manifest }: Change): Sha256 {
  return sha256Of(`${digest}\n${path}\n${manifestFile(manifest).sha256}`);
}

/**
 * Tells whether a file is there already, or a newer one: a node that begins anew on a store that others keep must not bring
 * back what was.
 */
async function stands(
  files: FileStore,
  { path, bytes, manifest }: Pick<Change, 'path' | 'manifest'> & { readonly bytes: Uint8Array },
): Promise<boolean> {
  try {
    const there = await files.read(path, FILE_BYTES_MAX);
    if (there === undefined) return false;
    if (Buffer.from(bytes).equals(there)) return true;
    return isNewer((await decodeManifest(there)).manifest, manifest);
  } catch (error) {
    // Damaged, of another version, or a store that is away: writing mends it or says so.
    if (isRegistryError(error)) return false;
    throw error;
  }
}

/** Whether one manifest of a dataset came after another: no event takes a time back, and withdrawing takes none. */
function isNewer(a: Manifest, b: Manifest): boolean {
  const timesOf = ({ updatedAt, publishedAt = '' }: Manifest): string =>
    `${updatedAt} ${publishedAt}`;
  const [one, other] = [timesOf(a), timesOf(b)];
  return one === other ? a.status === 'withdrawn' && b.status !== 'withdrawn' : one > other;
}
