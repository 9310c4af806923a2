import { Worker } from 'node:worker_threads';
import { Alarm } from '#flow/alarm';
import type { Clock } from '#flow/clock';
import { threadTimeMs } from '#flow/thread-time';

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
  | { readonly kind: 'ready'; readonly threadId?: number | undefined }
  | { readonly kind: 'done'; readonly result: R }
  | { readonly kind: 'failed'; readonly message: string };

/** A job, for whom it runs, and who waits for its result. */
export interface Job<J, R> {
  readonly input: J;
  readonly group: string;
  readonly resolve: (result: R) => void;
  readonly reject: (error: Error) => void;
}

/** Which jobs a thread runs: those of everybody, or those of groups that have had a slow one. */
export type Lane = 'quick' | 'patient';

export interface WorkerThreadOptions {
  readonly clock: Clock;
  readonly program: string | URL;
  readonly timeoutMs: number;
  readonly memoryMibMax: number;
  readonly lane: Lane;
  readonly data?: unknown;
  /** A job that has run so long is told to be slow. Default: never. */
  readonly slowMs?: number;
}

/** What a thread tells. */
export interface WorkerThreadEvents<J, R> {
  /** A job has ended that has run so long; or the thread is ready, with none. */
  readonly onIdle: (ended?: { readonly group: string; readonly ranMs: number }) => void;
  readonly onSlow: (job: Job<J, R>) => void;
  readonly onStop: (by: WorkStopped['by'], message: string) => void;
}

const START_MS = 30_000;

/** One thread: starting, idle or running one job, then ended. */
export class WorkerThread<J, R> {
  readonly lane: Lane;
  readonly #options: WorkerThreadOptions;
  readonly #events: WorkerThreadEvents<J, R>;
  readonly #worker: Worker;
  readonly #alarm: Alarm;
  #job: Job<J, R> | undefined;
  #sentMs = 0;
  /** What the thread had run before its job, where that is known. */
  #ranBeforeMs: number | undefined;
  #threadId: number | undefined;
  #isReady = false;
  #ended: Promise<void> | undefined;

  constructor(options: WorkerThreadOptions, events: WorkerThreadEvents<J, R>) {
    this.#options = options;
    this.#events = events;
    this.lane = options.lane;
    const { clock, program, memoryMibMax } = options;
    const { onStop } = events;
    this.#alarm = new Alarm({ clock, onTime: () => this.#late() });
    this.#worker = new Worker(program, {
      workerData: options.data,
      resourceLimits: {
        maxOldGenerationSizeMb: memoryMibMax,
        // Most of what a job makes lives shortly; in a small nursery a third of the time goes to collecting it.
        maxYoungGenerationSizeMb: Math.ceil(memoryMibMax / 4),
      },
    });
    this.#worker.on('message', (answer: WorkerAnswer<R>) => this.#settle(answer));
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

  /** The job that it runs. */
  get job(): Job<J, R> | undefined {
    return this.#job;
  }

  run(job: Job<J, R>): void {
    this.#job = job;
    this.#worker.ref();
    if (this.#isReady) this.#send(job);
  }

  /** Lets go of its job, which somebody else will settle. */
  giveUp(): void {
    this.#job = undefined;
  }

  /** Ends the thread and rejects its job. */
  async end(error: WorkStopped): Promise<void> {
    this.#ended ??= this.#end(error);
    await this.#ended;
  }

  async #end(error: WorkStopped): Promise<void> {
    this.#alarm.stop();
    const job = this.#job;
    this.#job = undefined;
    job?.reject(error);
    await this.#worker.terminate();
  }

  #late(): void {
    const { slowMs = Number.POSITIVE_INFINITY, timeoutMs } = this.#options;
    const { onStop } = this.#events;
    if (!this.#isReady) onStop('time', `It took more than ${START_MS} ms`);
    else if (this.#job !== undefined && slowMs < timeoutMs) this.#judge(this.#job, slowMs);
    else onStop('time', `It took more than ${timeoutMs} ms`);
  }

  /** Looks whether a job is slow, or has only waited for a busy machine. */
  #judge(job: Job<J, R>, slowMs: number): void {
    const { clock, timeoutMs } = this.#options;
    const nowMs = clock.monotonicMs();
    const leftMs = slowMs - this.#ranMs();
    if (leftMs <= 0) this.#events.onSlow(job);
    else if (nowMs - this.#sentMs < timeoutMs) this.#alarm.set(nowMs + Math.max(1, leftMs));
    else this.#events.onStop('time', `It took more than ${timeoutMs} ms`);
  }

  /** How long the thread has run for its job: on a processor where that is known, else by the clock. */
  #ranMs(): number {
    const ranMs = threadTimeMs(this.#threadId);
    return ranMs === undefined || this.#ranBeforeMs === undefined
      ? this.#options.clock.monotonicMs() - this.#sentMs
      : ranMs - this.#ranBeforeMs;
  }

  #settle(answer: WorkerAnswer<R>): void {
    this.#alarm.clear();
    if (answer.kind === 'ready') {
      this.#isReady = true;
      this.#threadId = answer.threadId;
      if (this.#job === undefined) this.#events.onIdle();
      else this.#send(this.#job);
      return;
    }
    const job = this.#job;
    this.#job = undefined;
    this.#worker.unref();
    if (answer.kind === 'done') job?.resolve(answer.result);
    else job?.reject(new WorkStopped('failure', answer.message));
    this.#events.onIdle(job && { group: job.group, ranMs: this.#ranMs() });
  }

  #send({ input }: Job<J, R>): void {
    const { clock, slowMs, timeoutMs } = this.#options;
    this.#sentMs = clock.monotonicMs();
    this.#ranBeforeMs = threadTimeMs(this.#threadId);
    this.#alarm.set(this.#sentMs + Math.min(timeoutMs, slowMs ?? timeoutMs));
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
    this.#worker.postMessage(input);
  }
}
