import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type DownloadRetries, download } from '#cache/download';
import type { Sha256 } from '#domain/digest';
import { newId } from '#flow/new-id';
import type { Budget } from '#flow/retry-budget';
import type { Semaphore } from '#flow/semaphore';
import { SingleFlight } from '#flow/single-flight';
import type { StoreEntry } from '#stores/catalog-document';
import { artifactPath } from '#stores/layout';
import { codeOf, DurableFiles } from '#stores/localfs/durable-files';
import type { ArtifactRef, FetchOptions, Store } from '#stores/store';

export interface ArtifactFilesOptions {
  /** The folder of the files; nobody else writes there. */
  readonly root: string;
  readonly store: Store;
  /** How many downloads run at a time, and how many wait. */
  readonly downloads: Semaphore;
  readonly retries: DownloadRetries;
  /** The retries of one dataset. */
  readonly budgetOf: (dataset: string) => Budget;
}

const HEX = /^[0-9a-f]{64}$/;

/**
 * Artifacts as local files, named by their SHA-256. A file is there only when all its bytes were checked and are on the
 * disk. However many ask for one artifact, it is downloaded once.
 */
export class ArtifactFiles {
  readonly #options: ArtifactFilesOptions;
  readonly #durable: DurableFiles;
  readonly #flight = new SingleFlight<Sha256, void>();

  constructor(options: ArtifactFilesOptions) {
    this.#options = options;
    this.#durable = new DurableFiles(options.root);
  }

  /** Removes what was cut off with an earlier process. Only before the first download. */
  async removeLeftovers(): Promise<void> {
    await this.#durable.removeLeftovers();
  }

  /** Gives the path of an artifact's file, whether it is there or not. */
  pathOf(sha256: Sha256): string {
    return join(this.#options.root, artifactPath(sha256));
  }

  /** Gives the size of an artifact's file; `undefined` when it is not there. */
  async sizeOf(sha256: Sha256): Promise<number | undefined> {
    try {
      return (await stat(this.pathOf(sha256))).size;
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return undefined;
      throw error;
    }
  }

  /**
   * Gives the path of an artifact's file, downloading it when it is not there.
   * @throws what `download` throws, BUSY when too many downloads wait
   */
  async get(entry: StoreEntry, artifact: ArtifactRef, options: FetchOptions = {}): Promise<string> {
    const { sha256 } = artifact;
    if ((await this.sizeOf(sha256)) === undefined) {
      await this.#flight.run(sha256, (signal) => this.#fetch(entry, artifact, signal), options);
    }
    return this.pathOf(sha256);
  }

  /** Lists the artifacts that are there, sorted by digest, with their sizes. Files of other names are left out. */
  async list(): Promise<readonly ArtifactRef[]> {
    const found: ArtifactRef[] = [];
    for (const sha256 of await this.#digests()) {
      const bytes = await this.sizeOf(sha256);
      if (bytes !== undefined) found.push({ sha256, bytes });
    }
    return found;
  }

  /** Removes an artifact's file; one that is not there is as good as removed. */
  async remove(sha256: Sha256): Promise<void> {
    await rm(this.pathOf(sha256), { force: true });
  }

  /**
   * Takes an artifact's file out of its place at once and keeps its bytes for those that have it open. Gives what removes
   * them; a process that ends before that leaves them among its leftovers.
   */
  async setAside(sha256: Sha256): Promise<() => Promise<void>> {
    const folder = join(this.#options.root, 'tmp');
    const aside = join(folder, newId());
    await mkdir(folder, { recursive: true });
    try {
      await rename(this.pathOf(sha256), aside);
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') throw error;
    }
    return async () => rm(aside, { force: true });
  }

  async #digests(): Promise<readonly Sha256[]> {
    const options = { recursive: true, withFileTypes: true, encoding: 'utf8' } as const;
    try {
      const entries = await readdir(join(this.#options.root, 'artifacts'), options);
      const digests = entries.filter((entry) => {
        const path = join(entry.parentPath, entry.name);
        return entry.isFile() && HEX.test(entry.name) && path === this.pathOf(entry.name as Sha256);
      });
      return digests.map(({ name }) => name as Sha256).toSorted();
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return [];
      throw error;
    }
  }

  async #fetch(entry: StoreEntry, artifact: ArtifactRef, signal: AbortSignal): Promise<void> {
    const { store, downloads, retries, budgetOf } = this.#options;
    const budgets = [...retries.budgets, budgetOf(entry.name)];
    await downloads.run(
      async () => {
        await this.#durable.create(artifactPath(artifact.sha256), async (file) =>
          download({ store, entry, artifact, file, retries: { ...retries, budgets }, signal }),
        );
      },
      { signal },
    );
  }
}
