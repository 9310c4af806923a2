import type { Sha256 } from '#domain/digest';

/**
 * Counts who needs an artifact to stay. It may be held before it is there: between the end of a download and the lease of
 * whoever waited for it, nobody can evict it.
 */
export class Holds {
  readonly #counts = new Map<Sha256, number>();
  readonly #onFree: (sha256: Sha256) => void;

  /** `onFree` hears of each artifact that its last holder let go of. */
  constructor(onFree: (sha256: Sha256) => void) {
    this.#onFree = onFree;
  }

  /** How many hold an artifact now. */
  count(sha256: Sha256): number {
    return this.#counts.get(sha256) ?? 0;
  }

  /** Holds an artifact. Gives what lets go of it; calling that twice does nothing. */
  take(sha256: Sha256): () => void {
    this.#counts.set(sha256, this.count(sha256) + 1);
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      this.#letGo(sha256);
    };
  }

  #letGo(sha256: Sha256): void {
    const left = this.count(sha256) - 1;
    if (left > 0) {
      this.#counts.set(sha256, left);
      return;
    }
    this.#counts.delete(sha256);
    this.#onFree(sha256);
  }
}
