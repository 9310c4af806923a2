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

/** The writing side of an artifact store. Artifacts are named by their SHA-256 and never change. */
export interface Publisher {
  /**
   * Takes bytes and makes them visible under their digest, all of them or none.
   * @throws CHECKSUM_MISMATCH when the bytes have another digest, TOO_LARGE when they are more than `bytesMax`,
   *   STORE_UNAVAILABLE when they cannot be written: in each case nothing is visible
   */
  put(sha256: Sha256, source: AsyncIterable<Uint8Array>, options: PutOptions): Promise<PutResult>;

  /** Looks an artifact up. Gives `undefined` when it is not there. */
  stat(sha256: Sha256): Promise<ArtifactStat | undefined>;

  /** Reads an artifact as it lies there, unchecked. @throws ARTIFACT_MISSING */
  read(sha256: Sha256): AsyncIterable<Uint8Array>;
}
