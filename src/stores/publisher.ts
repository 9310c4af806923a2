import type { Sha256 } from '#domain/digest';

/** What a store knows of an artifact without reading it. */
export interface ArtifactStat {
  readonly bytes: number;
}

export interface PutOptions {
  /** The most bytes to take. */
  readonly bytesMax: number;
}

export interface PutResult {
  readonly bytes: number;
  /** Whether the artifact was there already: then nothing was written. */
  readonly existing: boolean;
}

export interface ReadOptions {
  /** The first byte to give. Default 0. */
  readonly offset?: number;
  /** How many bytes to give at most. Default: all of them. */
  readonly length?: number;
}

/** The writing side of an artifact store. Artifacts are named by their SHA-256 and never change. */
export interface Publisher {
  /** The small files beside the artifacts. */
  readonly files: StoreFiles;

  /**
   * Takes bytes and makes them visible under their digest, all of them or none.
   * @throws CHECKSUM_MISMATCH when the bytes have another digest, TOO_LARGE when they are more than `bytesMax`,
   *   STORE_UNAVAILABLE when they cannot be written: in each case nothing is visible
   */
  put(sha256: Sha256, source: AsyncIterable<Uint8Array>, options: PutOptions): Promise<PutResult>;

  /** Looks an artifact up. Gives `undefined` when it is not there. @throws STORE_UNAVAILABLE */
  stat(sha256: Sha256): Promise<ArtifactStat | undefined>;

  /** Reads an artifact as it lies there, unchecked. @throws ARTIFACT_MISSING, STORE_UNAVAILABLE */
  read(sha256: Sha256, options?: ReadOptions): AsyncIterable<Uint8Array>;

  /** Releases connections. */
  close(): Promise<void>;
}

/**
 * The small files of a store: catalogs and manifests, by the paths of the layout. Each is written whole or not at all and
 * is durable when the call returns. All methods throw STORE_UNAVAILABLE.
 */
export interface StoreFiles {
  /** Writes a file that must not be there. Of many who create one path at once, exactly one gets `true`. */
  create(path: string, bytes: Uint8Array): Promise<boolean>;

  /** Writes a file, whatever was there. */
  replace(path: string, bytes: Uint8Array): Promise<void>;

  /** Reads a file; `undefined` when it is not there. @throws STORE_UNAVAILABLE when it is larger, too */
  read(path: string, bytesMax: number): Promise<Buffer | undefined>;

  /** Lists the files directly in a folder by their names in ascending byte order; none where there is no such folder. */
  list(folder: string): Promise<readonly string[]>;

  /** Removes a file; nothing happens when it is not there. */
  remove(path: string): Promise<void>;
}
