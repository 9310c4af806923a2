import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { toPosition } from '#domain/position';
import { type Clock, toTimestamp } from '#flow/clock';
import { hashAt } from '#projections/hash-at';
import { encodeIndex } from '#projections/view-snapshots/snapshot-index';
import {
  indexPath,
  partPath,
  type SnapshotName,
  streamTag,
} from '#projections/view-snapshots/snapshot-name';
import type { SnapshotFiles, ViewFile } from '#projections/view-snapshots/snapshot-port';
import { SnapshotThread } from '#projections/view-snapshots/snapshot-thread';

export interface TakeOptions {
  readonly file: ViewFile;
  readonly files: SnapshotFiles;
  readonly clock: Clock;
  /** Where the copy lies while it is written to the store. */
  readonly folder: string;
  readonly signal: AbortSignal;
}

/**
 * Copies the file of a view as it stands and writes it to the store, the index last: before that there is no snapshot.
 * Gives `undefined` for a view that holds nothing yet. @throws what the store or the log throws
 */
export async function takeSnapshot(options: TakeOptions): Promise<SnapshotName | undefined> {
  const { file, files, clock, folder, signal } = options;
  const { view, path, log } = file;
  const id = randomBytes(6).toString('hex');
  const copy = join(folder, `${view}-${id}.sqlite`);
  try {
    await using thread = new SnapshotThread({ kind: 'take', view, path, copy });
    const state = await thread.answer('taken');
    const { streamCreated } = state;
    if (state.position === 0 || streamCreated === undefined) return undefined;
    const position = toPosition(state.position);
    const lastHash = await hashAt(log, position, signal);
    if (lastHash === undefined) throw new Error(`The log does not hold event ${position}`);
    const takenAtMs = clock.nowMs();
    const { schemaVersion } = state;
    const stream = streamTag(streamCreated);
    const name: SnapshotName = { position, schemaVersion, stream, takenAtMs, id };
    const parts: { readonly sha256: string; readonly bytes: number }[] = [];
    for (let isLast = false; !isLast; ) {
      signal.throwIfAborted();
      const part = await thread.nextPart();
      isLast = part.isLast;
      await files.replace(partPath(view, name, parts.length), part.packed);
      parts.push({ sha256: part.sha256, bytes: part.packed.length });
    }
    const { digest, bytes } = state;
    const takenAt = toTimestamp(takenAtMs);
    const known = { view, schemaVersion, position, streamCreated, lastHash };
    const index = encodeIndex({ ...known, digest, takenAt, bytes, parts });
    await files.replace(indexPath(view, name), index);
    return name;
  } finally {
    for (const suffix of ['', '-wal', '-shm', '-journal'])
      await rm(`${copy}${suffix}`, { force: true });
  }
}
