import type { ArtifactFiles } from '#cache/artifact-files';
import type { CacheEvent } from '#cache/cache-event';
import type { Sha256 } from '#domain/digest';

export interface RemovalsOptions {
  readonly files: ArtifactFiles;
  readonly onForget: (sha256: Sha256) => Promise<void>;
  readonly onEvent: (event: CacheEvent) => void;
}

/**
 * Removes files that are out of service already. Whoever has them open is asked to close them first, and nobody downloads
 * the same artifact while that lasts: a new file never meets handles of the old one.
 */
export class Removals {
  readonly #options: RemovalsOptions;
  readonly #running = new Map<Sha256, Promise<void>>();

  constructor(options: RemovalsOptions) {
    this.#options = options;
  }

  /** Waits until an artifact is not being removed. */
  async ended(sha256: Sha256): Promise<void> {
    while (this.#running.has(sha256)) await this.#running.get(sha256)?.catch(() => undefined);
  }

  /** Removes a file whose bytes are right. */
  async remove(sha256: Sha256): Promise<void> {
    await this.#only(sha256, async () => {
      await this.#forget(sha256);
      await this.#options.files.remove(sha256);
    });
  }

  /** Removes a file whose bytes are wrong: out of its place before anything else, lest the next process takes it up. */
  async removeDamaged(sha256: Sha256): Promise<void> {
    await this.#only(sha256, async () => {
      const removeAside = await this.#options.files.setAside(sha256);
      await this.#forget(sha256);
      await removeAside();
    });
  }

  async #only(sha256: Sha256, work: () => Promise<void>): Promise<void> {
    await this.ended(sha256);
    const running = work().finally(() => this.#running.delete(sha256));
    this.#running.set(sha256, running);
    await running;
  }

  /** A file that cannot be closed may be removed all the same: its bytes stay until it is. */
  async #forget(sha256: Sha256): Promise<void> {
    try {
      await this.#options.onForget(sha256);
    } catch (error) {
      this.#options.onEvent({ kind: 'failed', work: 'forget', subject: sha256, error });
    }
  }
}
