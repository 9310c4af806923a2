import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as yieldToOthers } from 'node:timers/promises';
import { type DataFolder, openDataFolder } from '#clients/data-folder';
import { sha256Of } from '#domain/digest';
import { quote, RegistryError } from '#domain/errors';
import type { Position } from '#domain/position';
import type { Checkpoint } from '#projections/projection';
import type { DocumentChange, StoredDocument } from '#projections/registry-stores/document-backend';
import { documentPath, fileOf, textIn } from '#projections/registry-stores/document-file';
import {
  DOCUMENTS,
  emptyFolder,
  type FolderIndex,
  type LoadedFolder,
  loadFolder,
  type MakeIndex,
  writeDocuments,
} from '#projections/registry-stores/document-folder';
import type { IndexedDocument } from '#projections/registry-stores/document-set';
import {
  removeJournal,
  saveFolderCheckpoint,
  saveJournal,
} from '#projections/registry-stores/folder-journal';
import type { Shown } from '#projections/shown';

/** Where documents lie as files. */
export interface FolderOptions {
  /** The folder; it belongs to this process alone while it is open. */
  readonly path: string;
  /** How much of the disk must be free when it is opened. */
  readonly freeBytesMin: number;
  /** Hears that a file is not what was written: the projection is to be started again, so that it is built anew. */
  readonly onDamage?: (error: RegistryError) => void;
}

const CHECKED_PER_SLICE = 500;

/**
 * closed ──open──► sound ──put──► sound     journal, files, checkpoint: each flushed before the next
 *    ▲               │
 *    └──── close     └──► stale             a write failed, or a file is not what was written: nothing is answered,
 *                           └──open──► sound      and the folder is read again, or emptied
 *
 * Documents as files of JSON, one a document, with an index in memory.
 */
export class FolderDocuments<I extends FolderIndex> {
  readonly #options: FolderOptions;
  readonly #root: string;
  #lock: DataFolder | undefined;
  readonly #makeIndex: MakeIndex<I>;
  #loaded: LoadedFolder<I> | undefined;
  #isWriting = false;

  constructor(options: FolderOptions, makeIndex: MakeIndex<I>) {
    this.#options = options;
    this.#makeIndex = makeIndex;
    this.#root = options.path;
  }

  /** @throws CANNOT_START when another process has the folder */
  async open(): Promise<Checkpoint> {
    this.#lock ??= openDataFolder(this.#root, this.#options.freeBytesMin);
    this.#loaded ??= await loadFolder(this.#root, this.#makeIndex);
    const { position, streamCreated } = this.#loaded.checkpoint;
    return { position, streamCreated };
  }

  /** What is known of the documents, and the position that it shows. @throws VIEW_UNAVAILABLE when it is not open */
  get index(): I {
    return this.#sound().index;
  }

  /** Gives documents with their texts, and the position that they show. @throws VIEW_UNAVAILABLE */
  shown(entries: readonly IndexedDocument[]): Shown<readonly StoredDocument[]> {
    const { position } = this.#sound().checkpoint;
    const found = entries.map((entry) => toStored(entry, this.#text(entry)));
    return { position, found };
  }

  async put({ documents, from, to }: DocumentChange): Promise<Position> {
    const { checkpoint, index } = this.#sound();
    if (this.#isWriting) throw new Error('A batch is being applied');
    if (checkpoint.position !== from) return checkpoint.position;
    const files = documents.map(fileOf);
    const next = { ...to, ...index.documents.sumAfter(files.map(({ entry }) => entry)) };
    this.#isWriting = true;
    try {
      if (files.length > 0) {
        await saveJournal(this.#root, {
          from,
          checkpoint: next,
          files: files.map(({ path, content }) => ({ path, content })),
        });
        await writeDocuments(this.#root, files, () => {
          for (const { entry } of files) index.put(entry);
          this.#loaded = { checkpoint: next, index };
        });
      }
      await saveFolderCheckpoint(this.#root, next);
      this.#loaded = { checkpoint: next, index };
      if (files.length > 0) await removeJournal(this.#root);
      return next.position;
    } catch (error) {
      // How far it came is for the next reading of the folder to find out.
      this.#loaded = undefined;
      throw error;
    } finally {
      this.#isWriting = false;
    }
  }

  async clear(): Promise<void> {
    this.#loaded = undefined;
    this.#lock ??= openDataFolder(this.#root, this.#options.freeBytesMin);
    await emptyFolder(this.#root);
  }

  /** Checks all files, and gives what is known of them now. @throws VIEW_UNAVAILABLE when one is not what was written */
  async checked(): Promise<Shown<readonly IndexedDocument[]>> {
    const { checkpoint, index } = this.#sound();
    const found = index.documents.all();
    for (const [at, entry] of found.entries()) {
      if (at % CHECKED_PER_SLICE === CHECKED_PER_SLICE - 1) await yieldToOthers();
      // What was replaced in the meantime was right when it was.
      if (this.index.documents.get(entry) === entry) this.#text(entry);
    }
    return { position: checkpoint.position, found };
  }

  async close(): Promise<void> {
    this.#loaded = undefined;
    this.#lock?.release();
    this.#lock = undefined;
  }

  #sound(): LoadedFolder<I> {
    if (this.#loaded !== undefined) return this.#loaded;
    throw new RegistryError(
      'VIEW_UNAVAILABLE',
      `Cannot read the stores in folder ${quote(this.#root)}: it is not open (want a folder that was read and found sound)`,
      { retryAfterSeconds: 2 },
    );
  }

  /** Reads the text of a document. Without giving way: what the index says and what the file holds belong together. */
  #text(entry: IndexedDocument): string {
    const path = join(this.#root, DOCUMENTS, documentPath(entry));
    let content: Buffer | undefined;
    let cause: unknown;
    try {
      content = readFileSync(path);
    } catch (error) {
      cause = error;
    }
    if (content !== undefined && sha256Of(content) === entry.sha256)
      return textIn(content.toString('utf8'), entry);
    const error = new RegistryError(
      'VIEW_UNAVAILABLE',
      `Cannot read file ${quote(path)}: it is not what was written (want SHA-256 ${entry.sha256}: the folder is built again)`,
      { retryAfterSeconds: 2, cause },
    );
    this.#loaded = undefined;
    this.#options.onDamage?.(error);
    throw error;
  }
}

function toStored(entry: IndexedDocument, text: string): StoredDocument {
  const { scope, kind, name, orderKey, id, rank, position, terms } = entry;
  return { scope, kind, name, orderKey, id, rank, position, text, terms };
}
