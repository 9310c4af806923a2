import type { CachedFile } from '#cache/cached-file';
import {
  type OpenDatasetFile,
  type OpenDatasetOptions,
  openDatasetFile,
} from '#cache/query/open-dataset-file';
import type { Sha256 } from '#domain/digest';
import type { Tracer } from '#flow/tracer';

export interface OpenFilesOptions extends OpenDatasetOptions {
  /** Files that are open at once. Each takes a descriptor and up to `cacheKib` of memory. */
  readonly filesMax: number;
}

/** Dataset files that one thread holds open; who was used longest ago is closed first. */
export class OpenFiles {
  readonly #options: OpenFilesOptions;
  readonly #open = new Map<Sha256, OpenDatasetFile>();
  #last: Sha256 | undefined;
  readonly #tracer: Tracer | undefined;

  constructor(options: OpenFilesOptions, tracer?: Tracer) {
    if (!(options.filesMax >= 1))
      throw new RangeError(`Cannot keep ${options.filesMax} files open (want 1 or more)`);
    this.#options = options;
    this.#tracer = tracer;
  }

  /** Files that are open now. */
  get size(): number {
    return this.#open.size;
  }

  /**
   * Gives an open file, opening it when it is not. Use it at once: another call may close it.
   * @throws what `openDatasetFile` throws
   */
  get({ sha256, path }: Pick<CachedFile, 'sha256' | 'path'>): OpenDatasetFile {
    const kept = this.#open.get(sha256);
    if (kept !== undefined && this.#last === sha256) return kept;
    const open = kept ?? this.#opened(path);
    this.#open.delete(sha256);
    this.#open.set(sha256, open);
    this.#last = sha256;
    const [oldest] = this.#open.keys();
    if (this.#open.size > this.#options.filesMax && oldest !== undefined) this.forget(oldest);
    return open;
  }

  #opened(path: string): OpenDatasetFile {
    const open = () => openDatasetFile(path, this.#options);
    return this.#tracer === undefined ? open() : this.#tracer.run('open_db', {}, open);
  }

  /** Closes a file, if it is open. */
  forget(sha256: Sha256): void {
    this.#open.get(sha256)?.close();
    this.#open.delete(sha256);
  }

  /** Closes all files. */
  close(): void {
    for (const sha256 of this.#open.keys()) this.forget(sha256);
  }
}
