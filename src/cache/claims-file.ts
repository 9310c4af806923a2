import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Claim } from '#cache/ledger';
import { parseDatasetName } from '#domain/dataset-name';
import { parseSha256 } from '#domain/digest';
import { codeOf, DurableFiles, writeAll } from '#stores/localfs/durable-files';

/** A folder of its own, with what is half written there: nothing that looks like a half artifact. */
const FOLDER = 'claims';
const NAME = 'claims.json';

const claimsSchema = z.strictObject({
  version: z.literal(1),
  files: z.array(
    z.strictObject({
      sha256: z.string().transform((text) => parseSha256(text)),
      bytes: z.number().int().min(0),
      kind: z.enum(['artifact', 'shard', 'shard-list']),
      users: z.array(
        z.strictObject({
          scope: z.string().max(200),
          name: z.string().transform((text) => parseDatasetName(text)),
        }),
      ),
    }),
  ),
});

/**
 * Remembers over a restart which datasets use which files, how large these are and in what order they were used. A hint:
 * without it files are there all the same, only nobody knows whose they are until somebody asks.
 */
export class ClaimsFile {
  readonly #durable: DurableFiles;
  readonly #claims: () => readonly Claim[];
  #isStale = false;
  #writing: Promise<void> | undefined;

  /** `claims` gives what is to be written. */
  constructor(root: string, claims: () => readonly Claim[]) {
    this.#durable = new DurableFiles(join(root, FOLDER));
    this.#claims = claims;
  }

  /**
   * Reads what was written last; nothing when it is not there or is not what this class writes. Removes what was cut off with
   * an earlier process: only before the first write.
   */
  async read(): Promise<readonly Claim[]> {
    await this.#durable.removeLeftovers();
    let text: string;
    try {
      text = await readFile(join(this.#durable.root, NAME), 'utf8');
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return [];
      throw error;
    }
    try {
      return claimsSchema.parse(JSON.parse(text)).files;
    } catch {
      return [];
    }
  }

  /** Writes the claims as they are, soon: many changes at once make few writes. */
  async write(): Promise<void> {
    this.#isStale = true;
    this.#writing ??= this.#writeAll().finally(() => {
      this.#writing = undefined;
    });
    await this.#writing;
  }

  async #writeAll(): Promise<void> {
    // In a turn of its own: what changes together is written together.
    await Promise.resolve();
    while (this.#isStale) {
      this.#isStale = false;
      const text = JSON.stringify({ version: 1, files: this.#claims() });
      await this.#durable.replace(NAME, async (file) => writeAll(file, Buffer.from(text)));
    }
  }
}
