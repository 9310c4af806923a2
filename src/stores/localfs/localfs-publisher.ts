import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Sha256 } from '#domain/digest';
import { isRegistryError } from '#domain/errors';
import { artifactMissing, artifactUnavailable, readChecked } from '#stores/checked-bytes';
import { artifactPath } from '#stores/layout';
import { codeOf, DurableFiles, writeAll } from '#stores/localfs/durable-files';
import { LocalfsFiles } from '#stores/localfs/localfs-files';
import type {
  ArtifactStat,
  Publisher,
  PutOptions,
  PutResult,
  ReadOptions,
  StoreFiles,
} from '#stores/publisher';

const CHUNK_BYTES = 262_144;

/**
 * Keeps a store in a local folder. An artifact becomes visible in one step, after its bytes were hashed, counted and
 * flushed.
 */
export class LocalfsPublisher implements Publisher {
  readonly files: StoreFiles;
  readonly #durable: DurableFiles;

  constructor(root: string) {
    this.#durable = new DurableFiles(root);
    this.files = new LocalfsFiles(this.#durable);
  }

  /** Removes what uploads have left that were cut off with their process, see `DurableFiles`. */
  async removeLeftovers(ageMsMin = 0): Promise<void> {
    await this.#durable.removeLeftovers(ageMsMin);
  }

  async put(
    sha256: Sha256,
    source: AsyncIterable<Uint8Array>,
    options: PutOptions,
  ): Promise<PutResult> {
    const expected = { sha256, ...options };
    const there = await this.stat(sha256);
    if (there !== undefined) {
      await readChecked(source, expected);
      return { bytes: there.bytes, existing: true };
    }
    let bytes = 0;
    try {
      const created = await this.#durable.create(artifactPath(sha256), async (file) => {
        bytes = await readChecked(source, expected, (chunk) => writeAll(file, chunk));
      });
      return { bytes, existing: !created };
    } catch (error) {
      throw isRegistryError(error) ? error : artifactUnavailable('write', sha256, error);
    }
  }

  async stat(sha256: Sha256): Promise<ArtifactStat | undefined> {
    try {
      return { bytes: (await stat(this.#pathOf(sha256))).size };
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return undefined;
      throw artifactUnavailable('look up', sha256, error);
    }
  }

  async *read(
    sha256: Sha256,
    { offset = 0, length }: ReadOptions = {},
  ): AsyncGenerator<Uint8Array> {
    if (length === 0) return;
    const end = length === undefined ? undefined : offset + length - 1;
    const range = {
      start: offset,
      highWaterMark: CHUNK_BYTES,
      ...(end === undefined ? {} : { end }),
    };
    try {
      for await (const chunk of createReadStream(this.#pathOf(sha256), range)) yield chunk;
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') throw artifactUnavailable('read', sha256, error);
      throw artifactMissing(sha256);
    }
  }

  async close(): Promise<void> {}

  #pathOf(sha256: Sha256): string {
    return join(this.#durable.root, artifactPath(sha256));
  }
}
