import { RegistryError } from '#domain/errors';

/**
 * Bounds the bytes of bodies, unpacked, that are worked on at a time: a few kilobytes of gzip become megabytes, and what is
 * read from those takes several times as much memory. A body that is alone is never too much.
 */
export class BodyBudget {
  readonly #bytesMax: number;
  #bytes = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** Takes room for a body. Gives what gives it back. @throws BUSY when others have it: nothing was applied */
  take(bytes: number): () => void {
    if (this.#bytes > 0 && this.#bytes + bytes > this.#bytesMax) {
      throw new RegistryError(
        'BUSY',
        `Cannot read the body: ${this.#bytes} bytes of bodies are worked on already (want at most ${this.#bytesMax} with its ${bytes})`,
        { outcome: 'not-applied', retryAfterSeconds: 1 },
      );
    }
    this.#bytes += bytes;
    return () => {
      this.#bytes -= bytes;
    };
  }
}
