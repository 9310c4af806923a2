import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { CachedFile } from '#cache/cached-file';
import type { OpenFilesOptions } from '#cache/query/open-files';
import type { Query, QueryPage } from '#cache/query/query';
import type { Sha256 } from '#domain/digest';
import { type ErrorCode, RegistryError } from '#domain/errors';
import { Alarm } from '#flow/alarm';
import type { Clock } from '#flow/clock';

/** What a thread is told. It answers each in its order. */
export type QueryOrder =
  | { readonly kind: 'run'; readonly file: CachedFile; readonly query: Query }
  | { readonly kind: 'forget'; readonly sha256: Sha256 };

export type QueryAnswer =
  | { readonly kind: 'ready' | 'forgotten' }
  | { readonly kind: 'page'; readonly page: QueryPage }
  | {
      readonly kind: 'failed';
      readonly code: ErrorCode | undefined;
      readonly message: string;
      readonly details: Record<string, unknown>;
    };

/** A query on its way through the pool. */
export interface QueryJob {
  readonly file: CachedFile;
  readonly query: Query;
  readonly timeoutMs: number;
  readonly resolve: (page: QueryPage) => void;
  readonly reject: (error: Error) => void;
}

export interface QueryThreadOptions {
  readonly clock: Clock;
  /** The compiled program of the thread. */
  readonly program: string;
  readonly files: OpenFilesOptions;
  /** Called after each answer: there is room for another query. */
  readonly onRoom: () => void;
  /** Called once when the thread is gone, with the queries that it had not begun. */
  readonly onEnd: (left: readonly QueryJob[]) => void;
}

type Pending =
  | { readonly kind: 'run'; readonly job: QueryJob }
  | { readonly kind: 'forget'; readonly done: () => void };

// The second one waits in the thread, so that it need not wait for this one.
const PENDING_MAX = 2;
const START_MS = 10_000;
const RETRY_AFTER_SECONDS = 1;

/**
 * One thread of the pool, seen from the main thread. It is starting, then serves, then ends; nothing brings it back. Its oldest
 * query is the one that runs: when that takes too long or the thread dies, that one fails and the others are given back.
 */
export class QueryThread {
  readonly #options: QueryThreadOptions;
  readonly #worker: Worker;
  readonly #alarm: Alarm;
  readonly #pending: Pending[] = [];
  /** What the thread probably has open: it closes files by the same rule, and fails to open some. */
  readonly #files = new Set<Sha256>();
  readonly #ended: Promise<void>;
  #state: 'starting' | 'serving' | 'ending' = 'starting';
  #why = 'it has ended';

  constructor(options: QueryThreadOptions) {
    this.#options = options;
    const { clock, program, files } = options;
    this.#alarm = new Alarm({ clock, onTime: () => this.#onTime() });
    this.#worker = new Worker(program, { workerData: files });
    this.#worker.on('message', (answer: QueryAnswer) => this.#settle(answer));
    this.#worker.on('error', (error) => {
      this.#why = `it ended with "${error.message}"`;
    });
    this.#ended = new Promise((resolve) => {
      this.#worker.once('exit', (code) => {
        if (this.#why === 'it has ended') this.#why = `it ended with exit code ${code}`;
        this.#giveUp(this.#why);
        resolve();
      });
    });
    this.#alarm.set(clock.monotonicMs() + START_MS);
  }

  /** Queries that were given to it and are not answered. */
  get load(): number {
    return this.#pending.length;
  }

  get hasRoom(): boolean {
    return this.#state !== 'ending' && this.#pending.length < PENDING_MAX;
  }

  hasOpen(sha256: Sha256): boolean {
    return this.#files.has(sha256);
  }

  /** Gives it a query. Only while it has room. */
  run(job: QueryJob): void {
    const { file, query } = job;
    this.#files.delete(file.sha256);
    this.#files.add(file.sha256);
    const [oldest] = this.#files;
    if (this.#files.size > this.#options.files.filesMax && oldest !== undefined)
      this.#files.delete(oldest);
    this.#send({ kind: 'run', job }, { kind: 'run', file, query });
  }

  /** Closes a file in it, after the queries that it has. When the thread is gone, so is the file's handle. */
  async forget(sha256: Sha256): Promise<void> {
    if (this.#state === 'ending') {
      await this.#ended;
      return;
    }
    this.#files.delete(sha256);
    await new Promise<void>((done) => {
      this.#send({ kind: 'forget', done }, { kind: 'forget', sha256 });
    });
    if ((this.#state as string) === 'ending') await this.#ended;
  }

  /** Ends it, whatever it does. Resolves when its files are closed. */
  async end(why: string): Promise<void> {
    this.#giveUp(why);
    await this.#worker.terminate();
    await this.#ended;
  }

  #send(pending: Pending, order: QueryOrder): void {
    this.#pending.push(pending);
    if (this.#pending.length === 1) this.#begin();
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
    this.#worker.postMessage(order);
  }

  /** Sets the time of the query that runs now. While the thread starts, that of the start counts. */
  #begin(): void {
    if (this.#state !== 'serving') return;
    const [first] = this.#pending;
    if (first?.kind !== 'run') this.#alarm.clear();
    else this.#alarm.set(this.#options.clock.monotonicMs() + first.job.timeoutMs);
  }

  #settle(answer: QueryAnswer): void {
    if (this.#state === 'ending') return;
    if (answer.kind === 'ready') {
      this.#state = 'serving';
      this.#begin();
      return;
    }
    const first = this.#pending.shift();
    this.#begin();
    if (first?.kind === 'forget') first.done();
    else if (answer.kind === 'page') first?.job.resolve(answer.page);
    else if (answer.kind === 'failed') first?.job.reject(toError(answer));
    this.#options.onRoom();
  }

  #onTime(): void {
    const [first] = this.#pending;
    const state = this.#state;
    // The answer may be here and wait only for this thread, which was busy itself.
    setImmediate(() => {
      if (this.#pending[0] !== first || this.#state !== state || state === 'ending') return;
      const limitMs = first?.kind === 'run' && state === 'serving' ? first.job.timeoutMs : START_MS;
      void this.end(`it took longer than ${limitMs} ms`);
    });
  }

  #giveUp(why: string): void {
    if (this.#state === 'ending') return;
    this.#state = 'ending';
    this.#alarm.stop();
    const [first, ...others] = this.#pending.splice(0);
    if (first?.kind === 'run') first.job.reject(lost(first.job, why));
    const left = others.flatMap((each) => (each.kind === 'run' ? [each.job] : []));
    for (const each of [first, ...others]) if (each?.kind === 'forget') each.done();
    this.#options.onEnd(left);
  }
}

function lost({ file }: QueryJob, why: string): RegistryError {
  return new RegistryError(
    'OVERLOADED',
    `Cannot run query on dataset file "${file.sha256}": ${why} (want an answer in time)`,
    { retryAfterSeconds: RETRY_AFTER_SECONDS },
  );
}

function toError({ code, message, details }: Extract<QueryAnswer, { kind: 'failed' }>): Error {
  return code === undefined ? new Error(message) : new RegistryError(code, message, { details });
}

/** Finds the program of a thread: compiled code. Where this file runs from its source, as in tests, it is under `dist/`. */
export function queryProgram(): string {
  const beside = join(import.meta.dirname, 'query-worker.js');
  if (existsSync(beside)) return beside;
  const root = dirname(dirname(dirname(import.meta.dirname)));
  return join(root, 'dist', 'src', 'cache', 'query', 'query-worker.js');
}
