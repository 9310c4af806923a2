import { createHash } from 'node:crypto';
import { existsSync, renameSync } from 'node:fs';
import { type FileHandle, mkdir, open, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import Database from 'better-sqlite3';
import { isRegistryError } from '#domain/errors';
import { type Position, toPosition } from '#domain/position';
import type { Clock } from '#flow/clock';
import { newId } from '#flow/new-id';
import { hashAt } from '#projections/hash-at';
import { removeViewFile } from '#projections/sqlite-view-file';
import { listSnapshots } from '#projections/view-snapshots/retain-snapshots';
import {
  decodeIndex,
  INDEX_BYTES_MAX,
  indexFault,
  nameFault,
  type SnapshotIndex,
  type WantedSnapshot,
} from '#projections/view-snapshots/snapshot-index';
import {
  indexPath,
  partPath,
  type SnapshotName,
  snapshotStem,
  streamTag,
} from '#projections/view-snapshots/snapshot-name';
import {
  PART_BYTES,
  type SnapshotEvent,
  type SnapshotFiles,
  type ViewFile,
} from '#projections/view-snapshots/snapshot-port';
import { SnapshotThread } from '#projections/view-snapshots/snapshot-thread';

const unpack = promisify(gunzip);

/** Parts under way at a time: one comes over the network while others are unpacked. */
const PARTS_AT_ONCE = 4;
/** What does not get smaller becomes a little larger. */
const PACKED_BYTES_MAX = PART_BYTES + 65_536;
/** Snapshots that are looked at: behind so many that cannot be used, building the view is the shorter way. */
const TRIED_MAX = 8;

export interface RestoreOptions {
  readonly file: ViewFile;
  readonly files: SnapshotFiles;
  readonly clock: Clock;
  /** How long all of it may take; then the view is built from position 1. */
  readonly waitMs: number;
  readonly onEvent: (event: SnapshotEvent) => void;
}

/** Says in words why a snapshot cannot be used. */
class Unusable extends Error {
  override readonly name = 'Unusable';
}

/**
 * Puts the newest snapshot that fits in the place of a view whose file is not there or of another version. Nothing is put
 * there that was not checked. Gives whether it was. @throws LOG_UNAVAILABLE
 */
export async function restoreSnapshot(options: RestoreOptions): Promise<boolean> {
  const { file, clock, waitMs, onEvent } = options;
  if (isUsable(file)) return false;
  const { last, created } = await file.log.head();
  if (last === 0) return false;
  const stop = new AbortController();
  const wanted: WantedSnapshot = {
    view: file.view,
    schemaVersion: file.schema.version,
    streamCreated: created,
    stream: streamTag(created),
    last,
  };
  const late = clock.sleep(waitMs, stop.signal).then(
    () => 'late' as const,
    () => undefined,
  );
  const restoring = newestThatFits({ ...options, wanted, signal: stop.signal });
  const ended = await Promise.race([restoring, late]).finally(() => stop.abort());
  if (ended !== 'late') return ended === true;
  const why = `the store took longer than ${waitMs} ms (want less, or a higher ATLAS_SNAPSHOT_WAIT_MS)`;
  onEvent({ type: 'ignored', view: file.view, snapshot: 'any', why });
  restoring.catch(() => undefined);
  return false;
}

type Restoring = RestoreOptions & {
  readonly wanted: WantedSnapshot;
  /** Aborts when nobody waits for it any more. */
  readonly signal: AbortSignal;
};

async function newestThatFits(options: Restoring): Promise<boolean> {
  const { file, files, clock, onEvent, signal } = options;
  const started = clock.monotonicMs();
  const ignore = (snapshot: string, error: unknown): void => {
    const why = error instanceof Error ? error.message : String(error);
    if (!signal.aborted) onEvent({ type: 'ignored', view: file.view, snapshot, why });
  };
  let names: readonly SnapshotName[];
  try {
    names = await listSnapshots(files, file.view);
  } catch (error) {
    ignore('any', error);
    return false;
  }
  for (const name of names.slice(0, TRIED_MAX)) {
    try {
      const position = await restoreOne(options, name);
      if (position === undefined) return false;
      const seconds = (clock.monotonicMs() - started) / 1_000;
      onEvent({ type: 'restored', view: file.view, position, seconds });
      return true;
    } catch (error) {
      if (isRegistryError(error, 'LOG_UNAVAILABLE')) throw error;
      ignore(snapshotStem(name), error);
      // One that is away now is away for the next one too.
      if (signal.aborted || isRegistryError(error, 'STORE_UNAVAILABLE')) return false;
    }
  }
  return false;
}

/** Gives the position; `undefined` where the file has come to be there meanwhile. @throws Unusable */
async function restoreOne(options: Restoring, name: SnapshotName): Promise<Position | undefined> {
  const { file, files, wanted, signal } = options;
  refuse(nameFault(name, wanted));
  const bytes = await files.read(indexPath(file.view, name), INDEX_BYTES_MAX);
  if (bytes === undefined) throw new Unusable('its index is gone');
  const index = decodeIndex(bytes);
  if (typeof index === 'string') throw new Unusable(index);
  refuse(indexFault(index, name, wanted));
  const position = toPosition(index.position);
  // A log that was put back from a copy and written on has the same name and age, and other events.
  const hash = await hashAt(file.log, position, signal);
  if (hash !== index.lastHash)
    throw new Unusable(
      `event ${position} has hash "${hash ?? 'none'}" in the log (want "${index.lastHash}")`,
    );
  const temporary = `${file.path}.${newId()}.snapshot`;
  try {
    await writeParts({ ...options, temporary }, name, index);
    return (await place({ ...options, temporary })) ? position : undefined;
  } finally {
    for (const suffix of ['', '-journal', '-wal', '-shm'])
      await rm(`${temporary}${suffix}`, { force: true });
  }
}

async function writeParts(
  { file, files, signal, temporary }: Restoring & { readonly temporary: string },
  name: SnapshotName,
  index: SnapshotIndex,
): Promise<void> {
  if (index.parts.length !== Math.ceil(index.bytes / PART_BYTES))
    throw new Unusable('its index names too many or too few parts');
  await mkdir(dirname(temporary), { recursive: true });
  const handle = await open(temporary, 'wx', 0o600);
  try {
    const turns = index.parts.entries();
    const failed = new AbortController();
    const work = async (): Promise<void> => {
      for (const [number, part] of turns) {
        signal.throwIfAborted();
        if (failed.signal.aborted) return;
        const packed = await files.read(partPath(file.view, name, number), PACKED_BYTES_MAX);
        await writePart(handle, { number, packed, part, bytes: index.bytes });
      }
    };
    const workers = Array.from({ length: PARTS_AT_ONCE }, async () =>
      work().catch((error: unknown) => {
        failed.abort();
        throw error;
      }),
    );
    // All of them, before the file is closed under one that still writes.
    const ended = await Promise.allSettled(workers);
    for (const one of ended) if (one.status === 'rejected') throw one.reason;
    // Either takes a second for a large file, and one is for the disk, the other for a processor.
    await Promise.all([handle.sync(), checkFile(temporary, index)]);
  } finally {
    await handle.close();
  }
}

interface Part {
  readonly number: number;
  readonly packed: Uint8Array | undefined;
  readonly part: SnapshotIndex['parts'][number];
  /** Of the whole file. */
  readonly bytes: number;
}

async function writePart(file: FileHandle, { number, packed, part, bytes }: Part): Promise<void> {
  if (packed === undefined) throw new Unusable(`part ${number} is not there`);
  const sha256 = createHash('sha256').update(packed).digest('hex');
  if (sha256 !== part.sha256)
    throw new Unusable(`part ${number} has SHA-256 "${sha256}" (want "${part.sha256}")`);
  const at = number * PART_BYTES;
  const length = Math.min(PART_BYTES, bytes - at);
  const plain = await unpack(packed, { maxOutputLength: PART_BYTES }).catch(() => undefined);
  if (plain?.length !== length)
    throw new Unusable(`part ${number} does not unpack to ${length} bytes`);
  for (let done = 0; done < length; ) {
    const { bytesWritten } = await file.write(plain, done, length - done, at + done);
    done += bytesWritten;
  }
}

/** Lets SQLite look at the file and compares its checkpoint with what the index says. @throws Unusable */
async function checkFile(path: string, index: SnapshotIndex): Promise<void> {
  await using thread = new SnapshotThread({ kind: 'check', path });
  const state = await thread.answer('state').catch((error: unknown) => {
    const is = error instanceof Error ? error.message : String(error);
    throw new Unusable(`SQLite does not accept the file: ${is}`);
  });
  const { position, schemaVersion, streamCreated } = state;
  const isSame =
    position === index.position &&
    schemaVersion === index.schemaVersion &&
    streamCreated === index.streamCreated;
  if (!isSame)
    throw new Unusable(
      `its file is at position ${position} in schema version ${schemaVersion} (want ${index.position} in ${index.schemaVersion}, as its index says)`,
    );
}

/** Gives `false` where the view has been opened meanwhile, or nobody waits any more. */
async function place({
  file,
  signal,
  temporary,
}: Restoring & { readonly temporary: string }): Promise<boolean> {
  // One step without an await: nobody opens the view between the look and the rename.
  if (signal.aborted || isUsable(file)) return false;
  removeViewFile(file.path);
  renameSync(temporary, file.path);
  const folder = await open(dirname(file.path), 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
  return true;
}

/** Whether the file of a view is there and of the right version: then it is newer than any snapshot. */
function isUsable({ path, schema }: ViewFile): boolean {
  if (!existsSync(path)) return false;
  try {
    const db = new Database(path, { readonly: true, fileMustExist: true });
    try {
      return db.pragma('user_version', { simple: true }) === schema.version;
    } finally {
      db.close();
    }
  } catch {
    return false;
  }
}

function refuse(fault: string | undefined): void {
  if (fault !== undefined) throw new Unusable(fault);
}
