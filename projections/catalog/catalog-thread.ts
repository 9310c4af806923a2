import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { type ErrorCode, RegistryError } from '#domain/errors';
import type { StoredMessage } from '#log/event-log';
import { type PackedBatch, packBatch, packedBytes } from '#projections/catalog/packing';

export type WorkerRequest = { readonly id: number } & (
  | { readonly kind: 'open' | 'clear' | 'close' }
  | {
      readonly kind: 'apply';
      readonly batch: PackedBatch;
      readonly streamCreated: string | undefined;
    }
);

export type WorkerAnswer =
  | { readonly id: number; readonly ok: true; readonly value: unknown }
  | {
      readonly id: number;
      readonly ok: false;
      readonly error: {
        readonly code: ErrorCode | undefined;
        readonly message: string;
        readonly details: Record<string, unknown>;
      };
    };

// Everything of a batch dies with it: in a larger nursery less of that is copied first.
const YOUNG_MB = 16;

// Grows to the largest batch.
const BLOCK_BYTES = 1_048_576;

type Waiting = { resolve(value: unknown): void; reject(error: Error): void };

// Distributes over the union, which Omit alone would flatten.
type WithoutId<T> = T extends unknown ? Omit<T, 'id'> : never;

/** The thread that owns the catalog's file, seen from the main thread. Requests are answered in their order. */
export class CatalogThread {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;
  #ended: Error | undefined;
  // One for all batches: a new one for each was 60 MB of freed memory that the process kept.
  #block = new SharedArrayBuffer(BLOCK_BYTES);
  #applying = false;

  constructor(path: string) {
    this.#worker = new Worker(workerFile(), {
      workerData: { path },
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB },
    });
    this.#worker.on('message', (answer: WorkerAnswer) => this.#settle(answer));
    this.#worker.on('error', (error) => this.#failAll(error));
    this.#worker.on('exit', () => this.#failAll(new Error('The thread of the catalog has ended')));
  }

  async open(): Promise<unknown> {
    return await this.#ask({ kind: 'open' });
  }

  /** Applies a batch. The next one may come when this one is answered. */
  async apply(
    batch: readonly StoredMessage[],
    streamCreated: string | undefined,
  ): Promise<unknown> {
    if (this.#applying) throw new Error('A batch is being applied');
    this.#applying = true;
    try {
      const bytes = packedBytes(batch);
      if (bytes > this.#block.byteLength) this.#block = new SharedArrayBuffer(bytes * 1.5);
      const packed = packBatch(batch, this.#block);
      return await this.#ask({ kind: 'apply', batch: packed, streamCreated });
    } finally {
      this.#applying = false;
    }
  }

  async clear(): Promise<void> {
    await this.#ask({ kind: 'clear' });
  }

  async close(): Promise<void> {
    if (!this.hasEnded) await this.#ask({ kind: 'close' });
    await this.#worker.terminate();
  }

  /** Whether the thread is gone: then everything that is asked of it fails. */
  get hasEnded(): boolean {
    return this.#ended !== undefined;
  }

  #ask(request: WithoutId<WorkerRequest>): Promise<unknown> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended);
    this.#lastId += 1;
    const id = this.#lastId;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
      this.#worker.postMessage({ ...request, id });
    });
  }

  #settle(answer: WorkerAnswer): void {
    const waiting = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    if (answer.ok) {
      waiting?.resolve(answer.value);
      return;
    }
    const { code, message, details } = answer.error;
    waiting?.reject(
      code === undefined ? new Error(message) : new RegistryError(code, message, { details }),
    );
  }

  #failAll(error: Error): void {
    this.#ended ??= error;
    for (const waiting of this.#waiting.values()) waiting.reject(error);
    this.#waiting.clear();
  }
}

// Threads run compiled code. When this file runs from its source, as in tests, the compiled one is under dist/.
function workerFile(): string {
  const beside = join(import.meta.dirname, 'worker.js');
  if (existsSync(beside)) return beside;
  const root = dirname(dirname(import.meta.dirname));
  return join(root, 'dist', 'projections', 'catalog', 'worker.js');
}
