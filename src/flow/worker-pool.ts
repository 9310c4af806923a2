import { RegistryError } from '#domain/errors';
import type { Clock } from '#flow/clock';
import { FairQueue } from '#flow/fair-queue';
import { untilAborted } from '#flow/until-aborted';
import {
  type Job,
  type Lane,
  WorkerThread,
  type WorkerThreadOptions,
  WorkStopped,
} from '#flow/worker-thread';

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
  /** Keeps groups with slow jobs apart from the others. Default: all share the threads. */
  readonly patient?: PatientLane;
}

/** Threads of their own for groups that have had a slow job, or very many: nobody else waits for those. */
export interface PatientLane {
  readonly threads: number;
  /** A job that runs longer elsewhere is stopped and begins here anew. The time of a processor, where that is known. */
  readonly slowMs: number;
  /** The part of one thread's time that a group may use for long, from 0 to 1. */
  readonly share: number;
  /** How much of its share a group may save up. */
  readonly burstMs: number;
  /** How long a group is kept here after it was last slow or over its share. */
  readonly forMs: number;
  /** What these threads are given when they start. */
  readonly data?: unknown;
}

/** For whom a job runs, and how long anybody waits for it. */
export interface JobOptions {
  /** Jobs of one group take turns with those of others. Default: all are of one. */
  readonly group?: string;
  /** Gives the job up: what waits does not start, what runs is stopped with its thread. */
  readonly signal?: AbortSignal | undefined;
}

const GROUPS_REMEMBERED_MAX = 10_000;
const RETRY_AFTER_SECONDS = 1;

/**
 * Runs jobs in threads, one at a time in each. Groups take turns; within a group it is first come, first served. A job that
 * takes too long or too much memory ends with its thread: whatever it does, the caller gets an answer and the process goes on.
 */
export class WorkerPool<J, R> {
  readonly #options: WorkerPoolOptions;
  readonly #threads = new Set<WorkerThread<J, R>>();
  readonly #ending = new Set<WorkerThread<J, R>>();
  readonly #waiting: FairQueue<Job<J, R>>;
  /** Until when a group is kept among the patient. Who comes first is forgotten first. */
  readonly #slowUntilMs = new Map<string, number>();
  /** What is left of the time of each group, as of when. */
  readonly #budgets = new Map<string, { readonly leftMs: number; readonly atMs: number }>();
  #isClosed = false;

  constructor(options: WorkerPoolOptions) {
    this.#options = options;
    this.#waiting = new FairQueue({ itemsMax: options.waitingMax });
  }

  /**
   * Runs a job in a thread. Its input and its result are copied.
   * @throws WorkStopped when it took too long, too much memory, or failed; BUSY when too many wait
   */
  async run(input: J, { group = '', signal }: JobOptions = {}): Promise<R> {
    if (this.#isClosed) throw new WorkStopped('failure', 'The threads are closed');
    let queued: Job<J, R> | undefined;
    try {
      return await untilAborted(
        signal,
        () =>
          new Promise<R>((resolve, reject) => {
            queued = { input, group, resolve, reject };
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
    for (const job of this.#waiting.clear())
      job.reject(new WorkStopped('failure', 'The threads are closed'));
    for (const thread of this.#threads) this.#end(thread, 'failure', 'The threads are closed');
    const closed = new WorkStopped('failure', 'The threads are closed');
    await Promise.all([...this.#ending].map(async (thread) => thread.end(closed)));
  }

  /** Takes a job back whose caller has gone. What runs is stopped with its thread: nobody waits for it. */
  #giveUp(job: Job<J, R>): void {
    this.#waiting.remove(job.group, job);
    for (const thread of this.#threads)
      if (thread.job === job) this.#end(thread, 'failure', 'Its caller has gone');
  }

  #add(job: Job<J, R>): void {
    const queued = this.#waiting.add(job.group, job);
    if (queued.kind === 'full') throw this.#busy();
    queued.displaced?.reject(this.#busy());
    this.#pump();
  }

  #busy(): RegistryError {
    const { waitingMax } = this.#options;
    return new RegistryError(
      'BUSY',
      `Cannot run the check: ${this.#waiting.size} others wait (want at most ${waitingMax})`,
      { retryAfterSeconds: RETRY_AFTER_SECONDS, outcome: 'not-applied' },
    );
  }

  #pump(): void {
    for (const lane of ['quick', 'patient'] as const) {
      const isWanted = (group: string): boolean => this.#laneOf(group) === lane;
      for (;;) {
        const idle = [...this.#threads].find((one) => one.isIdle && one.lane === lane);
        if (idle === undefined && !this.#hasRoom(lane)) break;
        const job = this.#waiting.next(isWanted);
        if (job === undefined) break;
        (idle ?? this.#start(lane)).run(job);
      }
    }
  }

  #laneOf(group: string): Lane {
    if ((this.#options.patient?.threads ?? 0) === 0) return 'quick';
    const untilMs = this.#slowUntilMs.get(group) ?? 0;
    return untilMs > this.#options.clock.monotonicMs() ? 'patient' : 'quick';
  }

  /** A thread that is told to end holds its place, and its memory, until it has ended. */
  #hasRoom(lane: Lane): boolean {
    const { patient, threads } = this.#options;
    const all = [...this.#threads, ...this.#ending].filter((one) => one.lane === lane);
    return all.length < (lane === 'quick' ? threads : (patient?.threads ?? 0));
  }

  #start(lane: Lane): WorkerThread<J, R> {
    const thread: WorkerThread<J, R> = new WorkerThread<J, R>(threadOptions(this.#options, lane), {
      onIdle: (ended) => {
        if (ended !== undefined) this.#spend(ended.group, ended.ranMs);
        this.#pump();
      },
      onSlow: (job) => this.#moveOver(thread, job),
      onStop: (by, message) => {
        if (thread.job !== undefined && by !== 'failure') this.#noteSlow(thread.job.group);
        this.#end(thread, by, message);
      },
    });
    this.#threads.add(thread);
    return thread;
  }

  /** Counts the time that a job has taken against the share of its group. */
  #spend(group: string, ranMs: number): void {
    const { clock, patient } = this.#options;
    if (patient === undefined) return;
    const { burstMs, share, slowMs } = patient;
    const atMs = clock.monotonicMs();
    const known = this.#budgets.get(group) ?? { leftMs: burstMs, atMs };
    const leftMs = Math.min(burstMs, known.leftMs + (atMs - known.atMs) * share) - ranMs;
    remember(this.#budgets, group, { leftMs: Math.max(0, leftMs), atMs });
    if (leftMs < 0 || ranMs > slowMs) this.#noteSlow(group);
  }

  #noteSlow(group: string): void {
    const { clock, patient } = this.#options;
    if (patient === undefined) return;
    remember(this.#slowUntilMs, group, clock.monotonicMs() + patient.forMs);
  }

  /** Stops a slow job with its thread and lets it begin anew among the patient, with all that wait of its group. */
  #moveOver(thread: WorkerThread<J, R>, job: Job<J, R>): void {
    this.#noteSlow(job.group);
    thread.giveUp();
    this.#end(thread, 'time', 'It is slow');
    const queued = this.#waiting.add(job.group, job);
    if (queued.kind === 'full') job.reject(this.#busy());
    else queued.displaced?.reject(this.#busy());
    this.#pump();
  }

  #end(thread: WorkerThread<J, R>, by: WorkStopped['by'], message: string): void {
    if (!this.#threads.delete(thread)) return;
    this.#ending.add(thread);
    void thread.end(new WorkStopped(by, message)).finally(() => {
      this.#ending.delete(thread);
      if (!this.#isClosed) this.#pump();
    });
  }
}

/** Sets what is known of a group, and forgets the one that nothing was heard of for longest when there are too many. */
function remember<T>(known: Map<string, T>, group: string, value: T): void {
  known.delete(group);
  known.set(group, value);
  if (known.size <= GROUPS_REMEMBERED_MAX) return;
  const [oldest] = known.keys();
  if (oldest !== undefined) known.delete(oldest);
}

function threadOptions(options: WorkerPoolOptions, lane: Lane): WorkerThreadOptions {
  const { patient, data, ...shared } = options;
  if (lane === 'patient') return { ...shared, lane, data: patient?.data };
  const hasOthers = patient !== undefined && patient.threads > 0;
  return { ...shared, lane, data, ...(hasOthers ? { slowMs: patient.slowMs } : {}) };
}
