import type { NewEvent, RecordedEvent } from '#domain/event';
import type { Position, Revision } from '#domain/position';
import type { Subject, SubjectFilter } from '#log/subjects';

/**
 * What became of an append. There is no fourth outcome:
 * `appended`  the event is in the log at `position`;
 * `conflict`  it is not, because the subject's revision is another one (`actual`, where the log could say);
 * `unknown`   the log did not answer: the event may be in the log. Repeat the identical append to find out.
 */
export type AppendOutcome =
  | { readonly kind: 'appended'; readonly position: Position }
  | { readonly kind: 'conflict'; readonly actual: Revision | undefined }
  | { readonly kind: 'unknown'; readonly cause: unknown };

/** A stored event as bytes, before it is decoded: cheap to hand on in thousands. */
export interface StoredMessage {
  readonly position: Position;
  readonly subject: string;
  readonly recordedAtMs: number;
  /** The header block as on the wire, `NATS/1.0\r\n…`. */
  readonly header: Uint8Array;
  readonly data: Uint8Array;
}

/** Where a stream stands, as its leader says. */
export interface LogHead {
  /** The position of the last event; 0 for an empty stream. */
  readonly last: Position;
  /**
   * When the stream was created that the log began in: another value means another log under the same name. A standby that
   * was promoted without loss goes on with the log that it has copied.
   */
  readonly created: string;
}

export interface FollowOptions {
  /** Deliver what comes after this position. */
  readonly after: Position;
  /** The most messages in one batch. */
  readonly batchMax: number;
  /** Only these subjects; without it every event, and then positions are contiguous. */
  readonly filter?: SubjectFilter;
  /** Ends the iteration. */
  readonly signal: AbortSignal;
  /** Hears why delivery was interrupted; it goes on by itself. */
  readonly onTrouble?: (reason: string) => void;
}

export interface RangeOptions {
  /** Give what comes after this position. */
  readonly after: Position;
  /** Give nothing behind this position. */
  readonly upTo: Position;
  /** Give nothing that was stored before, milliseconds since 1970. */
  readonly sinceMs?: number;
  /** Only these subjects. */
  readonly filter?: SubjectFilter;
  /** The most messages in one batch. */
  readonly batchMax: number;
  /** Ends the iteration. */
  readonly signal: AbortSignal;
}

/** One stream of events. The append is the only point of truth: every read may be stale. */
export interface EventLog {
  /** The stream's name, `REGISTRY` or `JOBS`. */
  readonly name: string;

  /**
   * Appends one event if the subject's revision is the expected one (0: the subject is empty).
   * Repeating the identical append is safe: an event id is stored at most once.
   * @throws TOO_LARGE before anything is sent, LOG_FULL and LOG_UNAVAILABLE when the event is surely not stored
   */
  append(subject: Subject, expected: Revision, event: NewEvent): Promise<AppendOutcome>;

  /**
   * Reads the events of one subject after a revision, in order, from the stream's leader; at most `limit` of them.
   * Even a leader may be stale for a while after a partition.
   * @throws LOG_UNAVAILABLE
   */
  readSubject(subject: Subject, after: Revision, limit?: number): Promise<readonly RecordedEvent[]>;

  /** Asks the leader where the stream stands. @throws LOG_UNAVAILABLE */
  head(): Promise<LogHead>;

  /**
   * Follows the stream in order, without gap and without repeat, over reconnects and restarts of the broker.
   * Gives what has come, at most `batchMax` at a time; never an empty batch.
   */
  follow(options: FollowOptions): AsyncIterable<readonly StoredMessage[]>;

  /**
   * Reads what is stored of a range, once and in order, and ends. Gives what is there: a position that is missing is passed
   * over. Never an empty batch.
   * @throws LOG_UNAVAILABLE when it breaks off; CORRUPT_EVENT, ARTIFACT_MISSING, STORE_UNAVAILABLE for a body that cannot
   *   be had, each with `details.position`
   */
  readRange(options: RangeOptions): AsyncIterable<readonly StoredMessage[]>;
}
