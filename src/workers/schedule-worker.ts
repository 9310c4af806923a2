import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ContractVersion } from '#domain/contract-name';
import { type CronExpression, parseCron } from '#domain/cron';
import type { JobDefinitionId } from '#domain/definition';
import { type Scope, scopeKey } from '#domain/scope';
import { type Clock, toTimestamp } from '#flow/clock';
import type { ActiveSchedule } from '#projections/catalog/active-schedules';
import { dueOccurrence } from '#workers/due-occurrence';
import { isAway, PollLoop } from '#workers/poll-loop';
import type { OnWorkerEvent } from '#workers/worker-event';

/** A run that a schedule asks for. */
export interface ScheduledRun {
  readonly definition: JobDefinitionId;
  readonly version: ContractVersion;
  /** RFC 3339, UTC. */
  readonly occurrence: string;
}

export interface ScheduleWorkerOptions {
  readonly clock: Clock;
  /** Gives the schedules of all scopes. @throws VIEW_UNAVAILABLE */
  readonly schedules: () => readonly ActiveSchedule[];
  /** Submits a run, once for each definition and occurrence however often it is asked. Gives whether it is a new one. */
  readonly submit: (scope: Scope, run: ScheduledRun) => Promise<boolean>;
  readonly pollMs: number;
  readonly onEvent: OnWorkerEvent;
}

/**
 * How far back an occurrence is made up for: after a restart or an outage of that length the newest one that was missed
 * still runs. Longer, and a job of the morning would begin in the afternoon.
 */
export const CATCH_UP_MS = 3_600_000;

/** What is known of a schedule since it was first seen. */
interface Followed {
  readonly version: ContractVersion;
  readonly activatedAt: string;
  readonly cron: CronExpression;
  afterMs: number;
  /** Nothing is due before; `undefined`: not yet known. */
  nextMs: number | undefined;
  /** The occurrence whose failure was told. */
  toldMs: number | undefined;
}

/**
 * Submits runs when schedules come due. Any number of workers may run: the id of a run follows from its definition and
 * occurrence, so that all of them together submit it once.
 */
export class ScheduleWorker {
  readonly #options: ScheduleWorkerOptions;
  readonly #loop: PollLoop;
  #followed = new Map<string, Followed>();

  constructor(options: ScheduleWorkerOptions) {
    this.#options = options;
    const { clock, pollMs, onEvent } = options;
    this.#loop = new PollLoop({
      worker: 'schedules',
      clock,
      intervalMs: pollMs,
      pass: async (signal) => {
        await this.#pass(signal);
        return false;
      },
      onEvent,
    });
  }

  start(): void {
    this.#loop.start();
  }

  async stop(): Promise<void> {
    await this.#loop.stop();
  }

  async #pass(signal: AbortSignal): Promise<void> {
    const schedules = this.#options.schedules();
    const followed = new Map<string, Followed>();
    for (const schedule of schedules) {
      const key = `${scopeKey(schedule.scope)}/${schedule.id}`;
      followed.set(key, this.#follow(this.#followed.get(key), schedule));
    }
    this.#followed = followed;
    for (const schedule of schedules) {
      if (signal.aborted) return;
      const known = followed.get(`${scopeKey(schedule.scope)}/${schedule.id}`);
      if (known !== undefined) await this.#submitDue(schedule, known);
    }
  }

  #follow(known: Followed | undefined, { version, activatedAt, cron }: ActiveSchedule): Followed {
    if (known?.version === version && known.activatedAt === activatedAt) return known;
    const afterMs = Date.parse(activatedAt);
    const begun = { afterMs, nextMs: undefined, toldMs: undefined };
    return { version, activatedAt, cron: parseCron(cron), ...begun };
  }

  async #submitDue(schedule: ActiveSchedule, known: Followed): Promise<void> {
    const nowMs = this.#options.clock.nowMs();
    if (known.nextMs !== undefined && nowMs < known.nextMs) return;
    // Thousands of schedules are looked at when a worker begins; requests are answered in between.
    await nextTurn();
    known.afterMs = Math.max(known.afterMs, nowMs - CATCH_UP_MS);
    const { afterMs, cron } = known;
    const { timeZone } = schedule;
    const { dueMs, nextMs = Number.POSITIVE_INFINITY } = dueOccurrence(
      { cron, timeZone, afterMs },
      nowMs,
    );
    if (dueMs !== undefined && !(await this.#submit(schedule, known, dueMs))) return;
    known.afterMs = dueMs ?? afterMs;
    known.nextMs = nextMs;
  }

  /** Gives whether the occurrence is over and done with. */
  async #submit(
    { scope, id, version }: ActiveSchedule,
    known: Followed,
    dueMs: number,
  ): Promise<boolean> {
    const { submit, onEvent } = this.#options;
    const occurrence = toTimestamp(dueMs);
    try {
      if (await submit(scope, { definition: id, version, occurrence }))
        onEvent({ type: 'run-submitted', scope, definition: id, occurrence });
      return true;
    } catch (error) {
      if (isAway(error)) throw error;
      // A contract that is not approved may be before the window is over.
      if (known.toldMs !== dueMs) onEvent({ type: 'left', worker: 'schedules', scope, id, error });
      known.toldMs = dueMs;
      return false;
    }
  }
}
