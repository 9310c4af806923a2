import { RegistryError } from '#domain/errors';
import { type Position, START } from '#domain/position';
import type { LogHead, StoredMessage } from '#log/event-log';
import type { Checkpoint } from '#projections/projection';

/** What an operator does about a log that is not the one that the views were built from. */
export const WAY_BACK =
  'see docs/runbooks/frozen.md; "atlas-registry views reset" lets a stopped node build its views from the log that is there now';

/** Signals that a stream ends before what was applied of it, or is another one. */
export class OtherLog extends RegistryError {
  /** Whether it is surely another one: a stream that seems to end too early may be a leader that is behind. */
  readonly isSure: boolean;

  constructor(message: string, isSure: boolean) {
    super('CORRUPT_EVENT', message);
    this.isSure = isSure;
  }
}

function isOther(streamCreated: string | undefined, head: LogHead): boolean {
  return streamCreated !== undefined && streamCreated !== head.created;
}

/** Gives why a view was not built from this log; `undefined` when it was, as far as can be seen. */
export function otherLog(
  stream: string,
  checkpoint: Checkpoint,
  head: LogHead,
): OtherLog | undefined {
  const { position, streamCreated } = checkpoint;
  const belongs = position === START || (position <= head.last && !isOther(streamCreated, head));
  if (belongs) return undefined;
  const isSure = isOther(streamCreated, head);
  const is = isSure
    ? `it was created ${head.created} (want ${streamCreated})`
    : `its last position is ${head.last} (want at least ${position})`;
  return new OtherLog(
    `Cannot follow stream "${stream}": ${is}, so it is not the log that the view was built from`,
    isSure,
  );
}

/** How long a log may seem to be behind before that is believed. */
export interface BehindRules {
  readonly behindMs: number;
}

const LOOKS_MIN = 3;

/**
 * Judges a log that seems to end before what was applied: a leader that was just elected, or a server that was just started,
 * may not know of all that is stored. Believed when it was seen several times in a row, over more time than that takes.
 */
export class BehindJudge {
  readonly #rules: BehindRules;
  #looks = 0;
  #sinceMs = 0;

  constructor(rules: BehindRules) {
    this.#rules = rules;
  }

  /** Whether the last look found it behind. */
  get isSuspect(): boolean {
    return this.#looks > 0;
  }

  /** Notes a look at a monotonic time. Gives whether it is believed now. */
  note(isBehind: boolean, nowMs: number): boolean {
    if (!isBehind) this.#looks = 0;
    else {
      if (this.#looks === 0) this.#sinceMs = nowMs;
      this.#looks += 1;
    }
    return this.#looks >= LOOKS_MIN && nowMs - this.#sinceMs >= this.#rules.behindMs;
  }
}

/** Gives the part of a batch behind a position. @throws LOG_MISMATCH when an event between is missing */
export function freshPart(
  stream: string,
  batch: readonly StoredMessage[],
  after: Position,
): readonly StoredMessage[] {
  const fresh =
    batch[0] === undefined || batch[0].position > after
      ? batch
      : batch.filter((m) => m.position > after);
  let expected = after + 1;
  for (const { position } of fresh) {
    if (position !== expected) {
      throw new RegistryError(
        'LOG_MISMATCH',
        `Cannot follow stream "${stream}": position ${expected} is missing, ${position} came next (want every event: nothing is ever deleted)`,
        { details: { stream, missing: expected, next: position } },
      );
    }
    expected += 1;
  }
  return fresh;
}
