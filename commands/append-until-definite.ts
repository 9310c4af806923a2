import { isRegistryError, quote, RegistryError } from '#domain/errors';
import type { NewEvent } from '#domain/event';
import type { Revision } from '#domain/position';
import { backoffMs } from '#flow/backoff';
import type { Clock } from '#flow/clock';
import type { AppendOutcome, EventLog } from '#log/event-log';
import type { Subject } from '#log/subjects';

export interface DefiniteAppend {
  readonly subject: Subject;
  readonly expected: Revision;
  readonly event: NewEvent;
}

export interface DefiniteAppendOptions {
  readonly log: EventLog;
  readonly clock: Clock;
  /** How long to go on asking. A cluster needs 4 to 8 s to replace a leader that was killed. */
  readonly timeoutMs: number;
}

type Definite = Exclude<AppendOutcome, { kind: 'unknown' }>;

const BACKOFF = { baseMs: 25, capMs: 500 };

/**
 * Appends one event and repeats the identical append, with the same event id, until the log says what became of it.
 * @throws OUTCOME_UNKNOWN when it does not say in time; LOG_UNAVAILABLE, LOG_FULL, TOO_LARGE when the event is surely
 *   not in the log
 */
export async function appendUntilDefinite(
  options: DefiniteAppendOptions,
  append: DefiniteAppend,
): Promise<Definite> {
  const { log, clock, timeoutMs } = options;
  const deadline = clock.monotonicMs() + timeoutMs;
  let cause: unknown;
  let mayBeStored = false;
  for (let attempt = 1; ; attempt += 1) {
    try {
      const outcome = await log.append(append.subject, append.expected, append.event);
      if (outcome.kind !== 'unknown') return outcome;
      mayBeStored = true;
      cause = outcome.cause;
    } catch (error) {
      // Only a log that nobody answers for is asked again. Any other refusal is an answer, unless an earlier attempt
      // got none: then that one may still be stored.
      if (!mayBeStored && !isRegistryError(error, 'LOG_UNAVAILABLE')) throw error;
      cause = error;
    }
    const waitMs = backoffMs(attempt, BACKOFF);
    if (clock.monotonicMs() + waitMs > deadline) {
      throw mayBeStored || !isRegistryError(cause) ? unknown(append, timeoutMs, cause) : cause;
    }
    await clock.sleep(waitMs);
  }
}

function unknown(append: DefiniteAppend, timeoutMs: number, cause: unknown): RegistryError {
  return new RegistryError(
    'OUTCOME_UNKNOWN',
    `Cannot tell whether event "${append.event.event.type}" on ${quote(append.subject)} is in the log: the log has not answered for ${timeoutMs} ms (want the same request again, with the same Idempotency-Key)`,
    { outcome: 'unknown', retryAfterSeconds: 1, cause },
  );
}
