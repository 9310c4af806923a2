/** Runs what must be released, in reverse order of how it was acquired. */
export class ReleaseStack {
  readonly #releases: { readonly name: string; readonly release: () => unknown }[] = [];
  readonly #onError: (name: string, error: unknown) => void;

  constructor(onError: (name: string, error: unknown) => void) {
    this.#onError = onError;
  }

  /** Notes how to release something that was just acquired. */
  add(name: string, release: () => unknown): void {
    this.#releases.push({ name, release });
  }

  /** Releases everything, the newest first. One that fails does not keep the others. */
  async releaseAll(): Promise<void> {
    for (let next = this.#releases.pop(); next !== undefined; next = this.#releases.pop()) {
      try {
        await next.release();
      } catch (error) {
        this.#onError(next.name, error);
      }
    }
  }
}
