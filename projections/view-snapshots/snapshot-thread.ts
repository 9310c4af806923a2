import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { SnapshotView } from '#projections/view-snapshots/snapshot-port';

/** What the thread is started for: it does one thing and ends. */
export type SnapshotJob =
  | { readonly kind: 'check'; readonly path: string }
  | {
      readonly kind: 'take';
      readonly view: SnapshotView;
      readonly path: string;
      /** Where the copy is made; gone when the thread has ended by itself. */
      readonly copy: string;
    };

/** What the file of a view says of itself. */
export interface FileState {
  readonly position: number;
  readonly streamCreated: string | undefined;
  readonly schemaVersion: number;
}

export type SnapshotAnswer =
  | ({ readonly kind: 'state' } & FileState)
  | ({ readonly kind: 'taken'; readonly digest: string; readonly bytes: number } & FileState)
  | {
      readonly kind: 'part';
      readonly packed: Uint8Array<ArrayBuffer>;
      readonly sha256: string;
      readonly isLast: boolean;
    }
  | { readonly kind: 'failed'; readonly message: string };

const MEMORY_MIB_MAX = 256;

/** A thread that copies or checks the file of a view. Ended when it is disposed of. */
export class SnapshotThread implements AsyncDisposable {
  readonly #worker: Worker;
  readonly #answers: SnapshotAnswer[] = [];
  #ended: Error | undefined;
  #wake: (() => void) | undefined;

  constructor(job: SnapshotJob) {
    this.#worker = new Worker(workerFile(), {
      workerData: job,
      resourceLimits: { maxOldGenerationSizeMb: MEMORY_MIB_MAX },
    });
    this.#worker.on('message', (answer: SnapshotAnswer) => {
      this.#answers.push(answer);
      this.#wake?.();
    });
    this.#worker.on('error', (error) => this.#end(error));
    this.#worker.on('exit', () => this.#end(new Error('The snapshot thread has ended')));
  }

  /** Waits for the next answer of a kind. @throws what the thread says has gone wrong */
  async answer<K extends SnapshotAnswer['kind']>(
    kind: K,
  ): Promise<Extract<SnapshotAnswer, { kind: K }>> {
    for (;;) {
      const answer = this.#answers.shift();
      if (answer?.kind === kind) return answer as Extract<SnapshotAnswer, { kind: K }>;
      if (answer?.kind === 'failed') throw new Error(answer.message);
      if (answer === undefined && this.#ended !== undefined) throw this.#ended;
      if (answer === undefined) await this.#change();
    }
  }

  /** Asks for the next part of the copy. */
  async nextPart(): Promise<Extract<SnapshotAnswer, { kind: 'part' }>> {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
    this.#worker.postMessage('next');
    return await this.answer('part');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#worker.terminate();
  }

  #end(error: Error): void {
    this.#ended ??= error;
    this.#wake?.();
  }

  async #change(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
  }
}

// Threads run compiled code. When this file runs from its source, as in tests, the compiled one is under dist/.
function workerFile(): string {
  const beside = join(import.meta.dirname, 'snapshot-worker.js');
  if (existsSync(beside)) return beside;
  const root = dirname(dirname(import.meta.dirname));
  return join(root, 'dist', 'projections', 'view-snapshots', 'snapshot-worker.js');
}
