import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { parseSha256, type Sha256, sha256Of } from '#domain/digest';
import { isRegistryError } from '#domain/errors';
import { START, toPosition } from '#domain/position';
import type { Checkpoint } from '#projections/projection';

/** How far the manifest files are, and the digest of all that was written up to there. */
export interface ManifestCheckpoint extends Checkpoint {
  readonly digest: Sha256;
}

// Another number, and every file is written again from position 1.
const VERSION = 1;

interface StoredCheckpoint {
  readonly version: number;
  readonly position: number;
  readonly stream_created: string | null;
  readonly digest: string;
}

/** Where a view of manifest files begins. */
export const NOTHING_WRITTEN: ManifestCheckpoint = {
  position: START,
  streamCreated: undefined,
  digest: sha256Of(''),
};

/** Reads the checkpoint; the beginning where there is none, or none that this code can read. */
export async function loadCheckpoint(path: string): Promise<ManifestCheckpoint> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT')
      return NOTHING_WRITTEN;
    throw error;
  }
  return parseCheckpoint(text) ?? NOTHING_WRITTEN;
}

function parseCheckpoint(text: string): ManifestCheckpoint | undefined {
  try {
    const stored = JSON.parse(text) as Partial<StoredCheckpoint> | null;
    if (stored?.version !== VERSION) return undefined;
    const { position = -1, stream_created: created, digest = '' } = stored;
    return {
      position: toPosition(position),
      streamCreated: created ?? undefined,
      digest: parseSha256(digest),
    };
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof RangeError) return undefined;
    if (isRegistryError(error, 'INVALID_REQUEST')) return undefined;
    throw error;
  }
}

/** Writes the checkpoint, whole or not at all, also when the power goes. */
export async function saveCheckpoint(path: string, checkpoint: ManifestCheckpoint): Promise<void> {
  const { position, streamCreated, digest } = checkpoint;
  const stored = { version: VERSION, position, stream_created: streamCreated ?? null, digest };
  const temporary = `${path}.tmp`;
  await mkdir(dirname(path), { recursive: true });
  await writeFlushed(temporary, JSON.stringify(stored satisfies StoredCheckpoint));
  await rename(temporary, path);
  await flushFolder(dirname(path));
}

/** Removes the checkpoint. */
export async function removeCheckpoint(path: string): Promise<void> {
  await rm(path, { force: true });
  await rm(`${path}.tmp`, { force: true });
}

async function writeFlushed(path: string, text: string): Promise<void> {
  const file = await open(path, 'w', 0o640);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function flushFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
