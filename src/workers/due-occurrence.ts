import type { CronExpression } from '#domain/cron';
import { nextOccurrence } from '#domain/next-occurrence';
import type { TimeZone } from '#domain/time-zone';

/** A schedule and how far it has been followed. Times are milliseconds since 1970. */
export interface FollowedSchedule {
  readonly cron: CronExpression;
  readonly timeZone: TimeZone;
  /** What is not after this is over and done with. */
  readonly afterMs: number;
}

/** The occurrence that is due, and when to look again. */
export interface DueOccurrence {
  /** The newest one that has come; those between are left out. `undefined` while none has come. */
  readonly dueMs: number | undefined;
  /** The one after that; `undefined` where nothing comes any more. */
  readonly nextMs: number | undefined;
}

// To find one occurrence of a schedule of every minute takes a millisecond: an hour of them would take a tenth of a second.
const LOOK_BACK_MS = [120_000, 600_000, Number.POSITIVE_INFINITY];

/** Finds the newest occurrence of a schedule that has come by a moment, and the one that follows. */
export function dueOccurrence(
  { cron, timeZone, afterMs }: FollowedSchedule,
  nowMs: number,
): DueOccurrence {
  let nextMs: number | undefined;
  for (const lookBackMs of LOOK_BACK_MS) {
    const fromMs = Math.max(afterMs, nowMs - lookBackMs);
    let dueMs: number | undefined;
    nextMs = nextOccurrence(cron, timeZone, fromMs);
    while (nextMs !== undefined && nextMs <= nowMs) {
      dueMs = nextMs;
      nextMs = nextOccurrence(cron, timeZone, nextMs);
    }
    if (dueMs !== undefined || fromMs === afterMs) return { dueMs, nextMs };
  }
  return { dueMs: undefined, nextMs };
}
