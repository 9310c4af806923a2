import type { FileHandle } from 'node:fs/promises';
import type { Sha256 } from '#domain/digest';
import {
  CATALOG_DIGEST_BYTES_MAX,
  readCatalogDigest,
  readFittingCatalog,
} from '#stores/catalog-digest';
import {
  CATALOG_BYTES_MAX,
  MANIFEST_BYTES_MAX,
  parseCatalog,
  parseManifest,
  type StoreEntry,
  type StoreManifest,
} from '#stores/catalog-document';
import { artifactPath, CATALOG_DIGEST_PATH, CATALOG_PATH, manifestPath } from '#stores/layout';
import { RootFolder } from '#stores/localfs/root-folder';
import type {
  ArtifactFetchOptions,
  ArtifactRef,
  ArtifactStream,
  CatalogFetch,
  FetchOptions,
  Store,
} from '#stores/store';
import { isStoreError, StoreError, type StoreErrorClass } from '#stores/store-error';

export interface LocalfsStoreOptions {
  readonly source: string;
  readonly root: string;
}

interface Why {
  readonly is: string;
  readonly cause?: unknown;
}

interface ReadFrom {
  readonly sha256: Sha256;
  readonly offset: number;
  readonly signal: AbortSignal | undefined;
}

const CHUNK_BYTES = 262_144;

/** A store in a local folder, for reading only. */
export class LocalfsStore implements Store {
  readonly backend = 'localfs';
  readonly source: string;
  readonly #root: RootFolder;

  constructor({ source, root }: LocalfsStoreOptions) {
    this.source = source;
    this.#root = new RootFolder(root, this);
  }

  async fetchCatalog(ifNoneMatch?: string, options: FetchOptions = {}): Promise<CatalogFetch> {
    const { bytes, sha256 } = await readFittingCatalog(
      {
        catalog: async () => ({
          bytes: await this.#whole(CATALOG_PATH, CATALOG_BYTES_MAX, options),
        }),
        digest: () =>
          readCatalogDigest(() =>
            this.#whole(CATALOG_DIGEST_PATH, CATALOG_DIGEST_BYTES_MAX, options),
          ),
      },
      { identity: this, signal: options.signal },
    );
    const etag = `"${sha256}"`;
    if (etag === ifNoneMatch) return { kind: 'not_modified' };
    return { kind: 'catalog', etag, catalog: parseCatalog(bytes, this) };
  }

  async fetchManifest(entry: StoreEntry, options: FetchOptions = {}): Promise<StoreManifest> {
    const path = manifestPath(entry.name, entry.manifest.sha256);
    const bytes = await this.#whole(path, MANIFEST_BYTES_MAX, options);
    return parseManifest(bytes, entry, this);
  }

  async fetchArtifact(
    _entry: StoreEntry,
    { sha256 }: ArtifactRef,
    { offset = 0, signal }: ArtifactFetchOptions = {},
  ): Promise<ArtifactStream> {
    signal?.throwIfAborted();
    const file = await this.#root.open(artifactPath(sha256));
    const bytes = await this.#sizeOf(file, sha256);
    if (offset > bytes)
      throw this.#error('validation', sha256, {
        is: `it has ${bytes} bytes (want at least ${offset})`,
      });
    return {
      source: this.source,
      bytes,
      offset,
      chunks: this.#chunks({ sha256, offset, signal }),
    };
  }

  async close(): Promise<void> {}

  /** Closes the file: it is opened again by whoever reads, so that what is never read leaves nothing open. */
  async #sizeOf(file: FileHandle, what: string): Promise<number> {
    try {
      return (await file.stat()).size;
    } catch (error) {
      throw this.#failure(what, error);
    } finally {
      await file.close();
    }
  }

  /** What a disk throws, also one of another machine, is this store's own trouble and no other's. */
  #failure(what: string, cause: unknown): StoreError {
    if (isStoreError(cause)) return cause;
    const is = cause instanceof Error ? cause.message : String(cause);
    return this.#error('unavailable', what, { is, cause });
  }

  async #whole(path: string, bytesMax: number, { signal }: FetchOptions): Promise<Buffer> {
    signal?.throwIfAborted();
    const file = await this.#root.open(path);
    try {
      const { size } = await file.stat();
      if (size > bytesMax)
        throw this.#error('validation', path, {
          is: `it has ${size} bytes (want at most ${bytesMax})`,
        });
      return await file.readFile();
    } catch (error) {
      throw this.#failure(path, error);
    } finally {
      await file.close();
    }
  }

  async *#chunks({ sha256, offset, signal }: ReadFrom): AsyncGenerator<Uint8Array> {
    const file = await this.#root.open(artifactPath(sha256));
    try {
      for (let at = offset; ; ) {
        signal?.throwIfAborted();
        const { bytesRead, buffer } = await file.read(
          Buffer.allocUnsafe(CHUNK_BYTES),
          0,
          CHUNK_BYTES,
          at,
        );
        if (bytesRead === 0) return;
        at += bytesRead;
        yield buffer.subarray(0, bytesRead);
      }
    } catch (cause) {
      if (signal?.aborted === true) throw cause;
      throw this.#failure(sha256, cause);
    } finally {
      await file.close();
    }
  }

  #error(errorClass: StoreErrorClass, what: string, why: Why): StoreError {
    return new StoreError(errorClass, this, { verb: `read ${JSON.stringify(what)}`, ...why });
  }
}
