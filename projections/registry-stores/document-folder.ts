import { renameSync, rmSync } from 'node:fs';
import { readdir, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type DocumentFile, documentIn, fileOf } from '#projections/registry-stores/document-file';
import type { DocumentSet, IndexedDocument } from '#projections/registry-stores/document-set';
import {
  flushFolder,
  makeFolder,
  TEMPORARY,
  writeBeside,
} from '#projections/registry-stores/flushed-files';
import {
  EMPTY_FOLDER,
  type FolderCheckpoint,
  type FolderJournal,
  loadFolderCheckpoint,
  loadJournal,
  removeFolderCheckpoint,
  removeJournal,
  saveFolderCheckpoint,
} from '#projections/registry-stores/folder-journal';

/** Where the documents lie in the folder. */
export const DOCUMENTS = 'documents';

// Written at once: each is one open file and one fsync.
const WRITES_MAX = 16;
// Read at once while the index is built.
const READS_MAX = 64;

/** What is known in memory of the documents of a folder. */
export interface FolderIndex {
  readonly documents: DocumentSet;
  /** Puts a document in the place of the one with its key. */
  put(document: IndexedDocument): void;
}

/** Makes an index of documents. */
export type MakeIndex<I extends FolderIndex> = (documents: readonly IndexedDocument[]) => I;

/** What a folder holds. */
export interface LoadedFolder<I extends FolderIndex> {
  readonly checkpoint: FolderCheckpoint;
  readonly index: I;
}

/**
 * Reads a folder of documents. A change that was decided is carried out first, and what was begun and not decided is
 * removed. A folder whose files do not come to what its checkpoint says is emptied.
 */
export async function loadFolder<I extends FolderIndex>(
  root: string,
  makeIndex: MakeIndex<I>,
): Promise<LoadedFolder<I>> {
  const journal = await loadJournal(root);
  const before = await loadFolderCheckpoint(root);
  // Another one was carried out, and the power went before its removal was on the disk.
  if (journal?.from === before.position) await carryOut(root, journal);
  await removeJournal(root);
  const checkpoint = await loadFolderCheckpoint(root);
  const documents = await readDocuments(root);
  const index = makeIndex(documents ?? []);
  const { count, sum } = index.documents.sum;
  const isSound = documents !== undefined && count === checkpoint.count && sum === checkpoint.sum;
  if (isSound) return { checkpoint, index };
  await emptyFolder(root);
  return { checkpoint: EMPTY_FOLDER, index: makeIndex([]) };
}

async function carryOut(root: string, journal: FolderJournal): Promise<void> {
  try {
    await writeDocuments(root, journal.files, () => undefined);
  } catch (error) {
    // Somebody put a file where a folder is to be, or the other way round: no repetition would ever end that.
    if (!(error instanceof Error && 'code' in error && BLOCKED.has(error.code))) throw error;
    await emptyFolder(root);
    return;
  }
  await saveFolderCheckpoint(root, journal.checkpoint);
}

const BLOCKED = new Set<unknown>(['EEXIST', 'ENOTDIR', 'EISDIR', 'ENOTEMPTY']);

/** Removes all documents. The checkpoint goes first: files without one are never taken for a whole. */
export async function emptyFolder(root: string): Promise<void> {
  await removeJournal(root);
  await removeFolderCheckpoint(root);
  await rm(join(root, DOCUMENTS), { recursive: true, force: true });
  await flushFolder(root);
}

/**
 * Writes files so that whoever reads in this process sees all of them at once: they are flushed under temporary names,
 * then renamed without giving way, together with what `renamed` does. At last the folders are flushed.
 */
export async function writeDocuments(
  root: string,
  files: readonly Pick<DocumentFile, 'path' | 'content'>[],
  renamed: () => void,
): Promise<void> {
  const changed = new Set<string>();
  for (let at = 0; at < files.length; at += WRITES_MAX) {
    await Promise.all(
      files.slice(at, at + WRITES_MAX).map(async ({ path, content }) => {
        const target = join(root, DOCUMENTS, path);
        for (const folder of await makeFolder(dirname(target))) changed.add(folder);
        changed.add(dirname(target));
        await writeBeside(target, content);
      }),
    );
  }
  for (const { path } of files) {
    const target = join(root, DOCUMENTS, path);
    renameSync(`${target}${TEMPORARY}`, target);
  }
  renamed();
  for (const folder of changed) await flushFolder(folder);
}

/** Reads all documents; `undefined` when one is not what was written. Removes temporary files. */
async function readDocuments(root: string): Promise<readonly IndexedDocument[] | undefined> {
  const folder = join(root, DOCUMENTS);
  await makeFolder(folder);
  const paths: string[] = [];
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isDirectory()) continue;
    if (entry.name.endsWith(TEMPORARY)) rmSync(path, { force: true });
    else paths.push(path);
  }
  const documents: IndexedDocument[] = [];
  for (let at = 0; at < paths.length; at += READS_MAX) {
    const part = paths.slice(at, at + READS_MAX);
    const contents = await Promise.all(part.map(async (path) => await readFile(path, 'utf8')));
    for (const [index, content] of contents.entries()) {
      const document = documentIn(content);
      if (document === undefined) return undefined;
      const file = fileOf(document);
      if (join(folder, file.path) !== part[index] || file.content !== content) return undefined;
      documents.push(file.entry);
    }
  }
  return documents;
}
