import { availableParallelism } from 'node:os';
import type { CachedFile } from '#cache/cached-file';
import type { OpenFilesOptions } from '#cache/query/open-files';
import type { Query, QueryPage } from '#cache/query/query';
import { type QueryJob, QueryThread, queryProgram } from '#cache/query/query-thread';
import type { Sha256 } from '#domain/digest';
import { RegistryError } from '#domain/errors';
import type { Clock } from '#flow/clock';
import { untilAborted } from '#flow/until-aborted';

export interface QueryPoolOptions {
  readonly clock: Clock;
  /** Threads that run queries. Default: one less than there are cores, at least one. They start when they are needed. */
  readonly threads?: number;
  /** Queries that may wait for a thread. More are refused. */
  readonly waitingMax: number;
  /** How each thread opens files, and how many it keeps open. */
  readonly files: OpenFilesOptions;
  /** The compiled program of a thread. Default: the one that belongs to this file. */
  readonly program?: string;
}

export interface PoolRun {
  readonly file: CachedFile;
  readonly query: Query;
  /** Ends the wait. A query that runs already goes on to its end or its limit. */
  readonly signal?: AbortSignal | undefined;
  /** Longest time that the query may run; the wait for a thread does not count. */
  readonly timeoutMs: number;
}

const RETRY_AFTER_SECONDS = 1;

/** Runs queries in threads, first come, first served. */
export class QueryPool {
  readonly #options: QueryPoolOptions;
  readonly #threadsMax: number;
  readonly #program: string;
  readonly #threads = new Set<QueryThread>();
  /** Threads that were told to end. They hold a place until they have ended. */
  readonly #ending = new Set<Promise<void>>();
  #waiting = new Set<QueryJob>();
  #isClosed = false;

  constructor(options: QueryPoolOptions) {
    this.#options = options;
    this.#threadsMax = options.threads ?? Math.max(1, availableParallelism() - 1);
    this.#program = options.program ?? queryProgram();
  }

  /** Queries that wait for a thread, and those that a thread has. */
  get state(): { readonly threads: number; readonly waiting: number; readonly running: number } {
    const running = [...this.#threads].reduce((sum, { load }) => sum + load, 0);
    return { threads: this.#threads.size, waiting: this.#waiting.size, running };
  }

  /**
   * Runs a query in a thread, in one that has the file open if it can.
   * @throws BUSY when too many wait, OVERLOADED when it took too long or its thread died, DATASET_UNUSABLE for a broken file,
   * NOT_READY when the pool is closed
   */
  async run({ file, query, signal, timeoutMs }: PoolRun): Promise<QueryPage> {
    if (this.#isClosed) throw closed();
    let queued: QueryJob | undefined;
    try {
      return await untilAborted(
        signal,
        () =>
          new Promise<QueryPage>((resolve, reject) => {
            queued = { file, query, timeoutMs, resolve, reject };
            this.#add(queued);
          }),
      );
    } finally {
      // Only a wait that was given up leaves it there.
      if (queued !== undefined) this.#waiting.delete(queued);
    }
  }

  /**
   * Closes a file in every thread. Whoever takes the file away calls it when nobody asks for it any more: a query that comes
   * later opens it again.
   */
  async forget(sha256: Sha256): Promise<void> {
    await Promise.all([
      ...[...this.#threads].map(async (thread) => thread.forget(sha256)),
      ...this.#ending,
    ]);
  }

  /** Ends all threads; queries that wait or run fail. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const { reject } of this.#waiting) reject(closed());
    this.#waiting.clear();
    const ends = [...this.#threads].map(async (thread) => thread.end('the pool was closed'));
    await Promise.all([...ends, ...this.#ending]);
  }

  #add(job: QueryJob): void {
    const thread = this.#threadFor(job.file.sha256);
    if (thread !== undefined && this.#waiting.size === 0) {
      thread.run(job);
      return;
    }
    const { waitingMax } = this.#options;
    if (this.#waiting.size >= waitingMax) {
      const is = `${this.#waiting.size} wait already (want at most ${waitingMax})`;
      const sha256 = job.file.sha256;
      job.reject(
        new RegistryError('BUSY', `Cannot run query on dataset file "${sha256}": ${is}`, {
          retryAfterSeconds: RETRY_AFTER_SECONDS,
        }),
      );
      return;
    }
    this.#waiting.add(job);
  }

  #fill(): void {
    for (const job of this.#waiting) {
      const thread = this.#threadFor(job.file.sha256);
      if (thread === undefined) return;
      this.#waiting.delete(job);
      thread.run(job);
    }
  }

  /** An idle thread before a busy one, and one that has the file open before one that has not. */
  #threadFor(sha256: Sha256): QueryThread | undefined {
    let best: QueryThread | undefined;
    let bestCost = Number.POSITIVE_INFINITY;
    for (const thread of this.#threads) {
      const cost = thread.load * 2 + (thread.hasOpen(sha256) ? 0 : 1);
      if (thread.hasRoom && cost < bestCost) [best, bestCost] = [thread, cost];
    }
    const isIdle = best?.load === 0;
    const mayStart = this.#threads.size + this.#ending.size < this.#threadsMax;
    return isIdle || !mayStart || this.#isClosed ? best : this.#start();
  }

  #start(): QueryThread {
    const { clock, files } = this.#options;
    const thread: QueryThread = new QueryThread({
      clock,
      files,
      program: this.#program,
      onRoom: () => this.#fill(),
      onEnd: (left) => this.#replace(thread, left),
    });
    this.#threads.add(thread);
    return thread;
  }

  /** Puts what a thread had not begun back to the front, and starts another thread for it. */
  #replace(thread: QueryThread, left: readonly QueryJob[]): void {
    this.#threads.delete(thread);
    const ended = thread.end('it has ended').finally(() => {
      this.#ending.delete(ended);
      this.#fill();
    });
    this.#ending.add(ended);
    if (this.#isClosed) for (const { reject } of left) reject(closed());
    else this.#waiting = new Set([...left, ...this.#waiting]);
  }
}

function closed(): RegistryError {
  return new RegistryError(
    'NOT_READY',
    'Cannot run query: the pool of threads is closed (want an open one)',
  );
}
