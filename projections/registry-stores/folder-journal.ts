import { join } from 'node:path';
import { canonicalJson } from '#domain/canonical-json';
import { sha256Of } from '#domain/digest';
import { type Position, START } from '#domain/position';
import type { Checkpoint } from '#projections/projection';
import type { DocumentFile } from '#projections/registry-stores/document-file';
import type { FolderSum } from '#projections/registry-stores/document-set';
import { readIfThere, removeFile, replaceFile } from '#projections/registry-stores/flushed-files';

/** How far a folder of documents is, and what its files must come to. */
export type FolderCheckpoint = Checkpoint & FolderSum;

/** A change that is decided: from here on it is carried out, if need be by the next process. */
export interface FolderJournal {
  readonly from: Position;
  readonly checkpoint: FolderCheckpoint;
  readonly files: readonly Pick<DocumentFile, 'path' | 'content'>[];
}

// Another number, and every document is written again from position 1.
const VERSION = 1;

/** Where a folder begins. */
export const EMPTY_FOLDER: FolderCheckpoint = {
  position: START,
  streamCreated: undefined,
  count: 0,
  sum: '0'.repeat(64),
};

/** Reads the checkpoint; that of an empty folder where there is none, or none that this code has written. */
export async function loadFolderCheckpoint(root: string): Promise<FolderCheckpoint> {
  return (await load<FolderCheckpoint>(join(root, CHECKPOINT))) ?? EMPTY_FOLDER;
}

/** Writes the checkpoint, whole or not at all. */
export async function saveFolderCheckpoint(
  root: string,
  checkpoint: FolderCheckpoint,
): Promise<void> {
  await save(join(root, CHECKPOINT), checkpoint);
}

/** Reads the change that was decided last; `undefined` when it was carried out. */
export async function loadJournal(root: string): Promise<FolderJournal | undefined> {
  return await load<FolderJournal>(join(root, JOURNAL));
}

/** Decides a change: when this has ended, the change will be carried out whatever happens. */
export async function saveJournal(root: string, journal: FolderJournal): Promise<void> {
  await save(join(root, JOURNAL), journal);
}

/** Forgets the change, which was carried out. */
export async function removeJournal(root: string): Promise<void> {
  await removeFile(join(root, JOURNAL));
}

/** Forgets how far the folder is. */
export async function removeFolderCheckpoint(root: string): Promise<void> {
  await removeFile(join(root, CHECKPOINT));
}

const CHECKPOINT = 'checkpoint.json';
const JOURNAL = 'journal.json';

interface Sealed {
  readonly version: number;
  readonly sha256: string;
  readonly body: unknown;
}

async function save(path: string, body: FolderCheckpoint | FolderJournal): Promise<void> {
  const sha256 = sha256Of(canonicalJson(body));
  await replaceFile(path, canonicalJson({ version: VERSION, sha256, body } satisfies Sealed));
}

/** Gives `undefined` for what is not there, of another version, or damaged. */
async function load<T>(path: string): Promise<T | undefined> {
  const text = await readIfThere(path);
  if (text === undefined) return undefined;
  try {
    const sealed = JSON.parse(text) as Partial<Sealed> | null;
    if (sealed?.version !== VERSION) return undefined;
    return sha256Of(canonicalJson(sealed.body)) === sealed.sha256 ? (sealed.body as T) : undefined;
  } catch {
    return undefined;
  }
}
