import { Worker } from 'node:worker_threads';
import { RegistryError } from '#domain/errors';
import { Alarm } from '#flow/alarm';
import type { Clock } from '#flow/clock';
import { untilAborted } from '#flow/until-aborted';

export interface WorkerPoolOptions {
  readonly clock: Clock;
  /** The compiled program of a thread, see `serveWork`. */
  readonly program: string | URL;
  /** Threads that run jobs. They start when they are needed. */
  readonly threads: number;
  /** Jobs that may wait for a thread. More are refused. */
  readonly waitingMax: number;
  /** Longest time that a job may run; the wait for a thread and its start do not count. */
  readonly timeoutMs: number;
  /** Memory that a thread may use for its objects, in MiB. */
  readonly memoryMibMax: number;
  /** What every thread is given when it starts. */
  readonly data?: unknown;
}

/** Signals that a job was stopped before its end, and by what. */
export class WorkStopped extends Error {
  override readonly name = 'WorkStopped';
  readonly by: 'time' | 'memory' | 'failure';

  constructor(by: WorkStopped['by'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.by = by;
  }
}

/** What a thread answers: that it is ready, then one result for each job. */
export type WorkerAnswer<R> =
  | { readonly kind: 'ready' }
  | { readonly kind: 'done'; readonly result: R }
  | { readonly kind: 'failed'; readonly message: string };

interface Job<J, R> {
  readonly input: J;
  readonly resolve: (result: R) => void;
  readonly reject: (error: Error) => void;
}

const START_MS = 30_000;
const RETRY_AFTER_SECONDS = 1;

/**
 * Runs jobs in threads, first come, first served, one at a time in each. A job that takes too long or too much memory ends
 * with its thread: whatever it does, the caller gets an answer and the process goes on.
 */
export class WorkerPool<J, R> {
  readonly #options: WorkerPoolOptions;
  readonly #threads = new Set<Thread<J, R>>();
  readonly #ending = new Set<Promise<unknown>>();
  readonly #waiting = new Set<Job<J, R>>();
  #isClosed = false;

  constructor(options: WorkerPoolOptions) {
    this.#options = options;
  }

  /**
   * Runs a job in a thread. Its input and its result are copied.
   * @throws WorkStopped when it took too long, too much memory, or failed; BUSY when too many wait
   */
  async run(input: J, signal?: AbortSignal): Promise<R> {
    if (this.#isClosed) throw new WorkStopped('failure', 'The threads are closed');
    let queued: Job<J, R> | undefined;
    try {
      return await untilAborted(
        signal,
        () =>
          new Promise<R>((resolve, reject) => {
            queued = { input, resolve, reject };
            this.#add(queued);
          }),
      );
    } finally {
      if (queued !== undefined && signal?.aborted === true) this.#giveUp(queued);
    }
  }

  /** Ends all threads. What runs is stopped, what waits is refused. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const job of this.#waiting)
      job.reject(new WorkStopped('failure', 'The threads are closed'));
    this.#waiting.clear();
    for (const thread of this.#threads) this.#end(thread, 'failure', 'The threads are closed');
    await Promise.all(this.#ending);
  }

  /** Takes a job back whose caller has gone. What runs is stopped with its thread: nobody waits for it. */
  #giveUp(job: Job<J, R>): void {
    this.#waiting.delete(job);
    for (const thread of this.#threads)
      if (thread.has(job)) this.#end(thread, 'failure', 'Its caller has gone');
  }

  #add(job: Job<J, R>): void {
    if (this.#waiting.size >= this.#options.waitingMax) {
      throw new RegistryError(
        'BUSY',
        `Cannot run the check: ${this.#waiting.size} others wait (want at most ${this.#options.waitingMax})`,
        { retryAfterSeconds: RETRY_AFTER_SECONDS, outcome: 'not-applied' },
      );
    }
    this.#waiting.add(job);
    this.#pump();
  }

  #pump(): void {
    for (const job of this.#waiting) {
      const thread = [...this.#threads].find(({ isIdle }) => isIdle) ?? this.#start();
      if (thread === undefined) return;
      this.#waiting.delete(job);
      thread.run(job);
    }
  }

  #start(): Thread<J, R> | undefined {
    // A thread that is told to end holds its place, and its memory, until it has ended.
    if (this.#threads.size + this.#ending.size >= this.#options.threads) return undefined;
    const thread: Thread<J, R> = new Thread<J, R>(this.#options, {
      onIdle: () => this.#pump(),
      onStop: (by, message) => this.#end(thread, by, message),
    });
    this.#threads.add(thread);
    return thread;
  }

  #end(thread: Thread<J, R>, by: WorkStopped['by'], message: string): void {
    if (!this.#threads.delete(thread)) return;
    const ended = thread.end(new WorkStopped(by, message)).finally(() => {
      this.#ending.delete(ended);
      if (!this.#isClosed) this.#pump();
    });
    this.#ending.add(ended);
  }
}

interface ThreadEvents {
  readonly onIdle: () => void;
  readonly onStop: (by: WorkStopped['by'], message: string) => void;
}

/** One thread: starting, idle or running one job, then ended. */
class Thread<J, R> {
  readonly #options: WorkerPoolOptions;
  readonly #worker: Worker;
  readonly #alarm: Alarm;
  #job: Job<J, R> | undefined;
  #isReady = false;

  constructor(options: WorkerPoolOptions, { onIdle, onStop }: ThreadEvents) {
    this.#options = options;
    const { clock, program, memoryMibMax } = options;
    this.#alarm = new Alarm({
      clock,
      onTime: () =>
        onStop('time', `It took more than ${this.#isReady ? options.timeoutMs : START_MS} ms`),
    });
    this.#worker = new Worker(program, {
      workerData: options.data,
      resourceLimits: {
        maxOldGenerationSizeMb: memoryMibMax,
        // Most of what a job makes lives shortly; in a small nursery a third of the time goes to collecting it.
        maxYoungGenerationSizeMb: Math.ceil(memoryMibMax / 4),
      },
    });
    this.#worker.on('message', (answer: WorkerAnswer<R>) => {
      this.#settle(answer);
      if (this.isIdle) onIdle();
    });
    this.#worker.on('error', (error: NodeJS.ErrnoException) => {
      const by = error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? 'memory' : 'failure';
      onStop(by, by === 'memory' ? `It took more than ${memoryMibMax} MiB` : error.message);
    });
    this.#worker.on('exit', (code) => onStop('failure', `The thread ended with code ${code}`));
    // A thread that waits for work must not keep the process from ending.
    this.#worker.unref();
    this.#alarm.set(clock.monotonicMs() + START_MS);
  }

  get isIdle(): boolean {
    return this.#job === undefined;
  }

  has(job: Job<J, R>): boolean {
    return this.#job === job;
  }

  run(job: Job<J, R>): void {
    this.#job = job;
    this.#worker.ref();
    if (this.#isReady) this.#send(job);
  }

  async end(error: WorkStopped): Promise<void> {
    this.#alarm.stop();
    const job = this.#job;
    this.#job = undefined;
    job?.reject(error);
    await this.#worker.terminate();
  }

  #settle(answer: WorkerAnswer<R>): void {
    this.#alarm.clear();
    if (answer.kind === 'ready') {
      this.#isReady = true;
      if (this.#job !== undefined) this.#send(this.#job);
      return;
    }
    const job = this.#job;
    this.#job = undefined;
    this.#worker.unref();
    if (answer.kind === 'done') job?.resolve(answer.result);
    else job?.reject(new WorkStopped('failure', answer.message));
  }

  #send({ input }: Job<J, R>): void {
    const { clock, timeoutMs } = this.#options;
    this.#alarm.set(clock.monotonicMs() + timeoutMs);
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
    this.#worker.postMessage(input);
  }
}
