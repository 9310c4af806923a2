import type { Position } from '#domain/position';
import type { Scope } from '#domain/scope';
import type { Checkpoint, ProjectionDigest } from '#projections/projection';
import type {
  DocumentBackend,
  DocumentChange,
  DocumentFilter,
  DocumentKey,
  DocumentPage,
  StoredDocument,
} from '#projections/registry-stores/document-backend';
import { DocumentDigest } from '#projections/registry-stores/document-digest';
import { DocumentIndex } from '#projections/registry-stores/document-index';
import { FolderDocuments, type FolderOptions } from '#projections/registry-stores/folder-documents';
import type { Shown } from '#projections/shown';

/** Documents as files of canonical JSON in a folder of their own. One process at a time may have it. */
export class FileDocuments implements DocumentBackend {
  readonly #folder: FolderDocuments<DocumentIndex>;

  constructor(options: FolderOptions) {
    this.#folder = new FolderDocuments(options, (documents) => new DocumentIndex(documents));
  }

  /** @throws CANNOT_START when another process has the folder */
  async open(): Promise<Checkpoint> {
    return await this.#folder.open();
  }

  async read(keys: readonly DocumentKey[]): Promise<Shown<readonly StoredDocument[]>> {
    const { documents } = this.#folder.index;
    return this.#folder.shown(keys.flatMap((key) => documents.get(key) ?? []));
  }

  async list(scope: Scope, page: DocumentPage): Promise<Shown<readonly StoredDocument[]>> {
    return this.#folder.shown(this.#folder.index.page(scope, page));
  }

  async highest(scope: Scope, filter: DocumentFilter): Promise<Shown<StoredDocument | undefined>> {
    const one = this.#folder.index.highest(scope, filter);
    const { position, found } = this.#folder.shown(one === undefined ? [] : [one]);
    return { position, found: found[0] };
  }

  async put(change: DocumentChange): Promise<Position> {
    return await this.#folder.put(change);
  }

  async clear(): Promise<void> {
    await this.#folder.clear();
  }

  async digest(): Promise<ProjectionDigest> {
    const { position, found } = await this.#folder.checked();
    const digest = new DocumentDigest();
    for (const entry of found) digest.add(entry);
    return { position, digest: digest.value() };
  }

  async close(): Promise<void> {
    await this.#folder.close();
  }
}
