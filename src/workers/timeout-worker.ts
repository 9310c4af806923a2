import { type ExpireCommands, expireJobRun } from '#commands/expire-job-run';
import type { CommandContext } from '#commands/run-command';
import type { Scope } from '#domain/scope';
import { toTimestamp } from '#flow/clock';
import type { RunQueue, RunRef } from '#projections/job-runs/run-queue';
import { isAway, PollLoop } from '#workers/poll-loop';
import type { OnWorkerEvent } from '#workers/worker-event';

export interface TimeoutWorkerOptions {
  readonly commands: ExpireCommands;
  readonly queue: RunQueue;
  readonly context: (scope: Scope) => CommandContext;
  readonly pollMs: number;
  readonly onEvent: OnWorkerEvent;
}

/** Runs that are given up together. */
const BATCH = 100;

/**
 * Gives up running runs that gave no sign of life in time. After a start they have a while to send the next one. Any number of workers may run; which of them, or a sign of life
 * at the last moment, was first is for the log to say.
 */
export class TimeoutWorker {
  readonly #options: TimeoutWorkerOptions;
  readonly #loop: PollLoop;
  #listeningSince: string | undefined;

  constructor(options: TimeoutWorkerOptions) {
    this.#options = options;
    const { commands, pollMs, onEvent } = options;
    this.#loop = new PollLoop({
      worker: 'timeouts',
      clock: commands.env.clock,
      intervalMs: pollMs,
      pass: (signal) => this.#pass(signal),
      onEvent,
    });
  }

  start(): void {
    this.#loop.start();
  }

  async stop(): Promise<void> {
    await this.#loop.stop();
  }

  async #pass(signal: AbortSignal): Promise<boolean> {
    const { queue, commands } = this.#options;
    const now = toTimestamp(commands.env.clock.nowMs());
    const runs = await queue.overdue(now, BATCH);
    // Whoever can look at the queue can take signs of life, too.
    this.#listeningSince ??= now;
    const listeningSince = this.#listeningSince;
    let expired = 0;
    for (const run of runs) {
      if (signal.aborted) return false;
      if (await this.#expire(run, listeningSince)) expired += 1;
    }
    // A view that is behind gives the same runs again, which is not worth a look at once.
    return expired === BATCH;
  }

  async #expire({ scope, id }: RunRef, listeningSince: string): Promise<boolean> {
    const { commands, context, onEvent } = this.#options;
    try {
      const { recorded } = await expireJobRun(commands, context(scope), { id, listeningSince });
      if (recorded === undefined) return false;
      onEvent({ type: 'run-expired', scope, id });
      return true;
    } catch (error) {
      if (isAway(error)) throw error;
      onEvent({ type: 'left', worker: 'timeouts', scope, id, error });
      return false;
    }
  }
}
