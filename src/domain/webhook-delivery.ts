import type { Position, Revision } from '#domain/position';

/** The event that is being tried, where it was not taken at once. */
export interface DeliveryTrial {
  readonly position: Position;
  readonly attempts: number;
  /** How many of them its receiver refused. */
  readonly refusals?: number;
  /** Milliseconds since 1970. */
  readonly sinceMs: number;
  readonly detail: string;
}

/** How far a webhook has come, and who delivers. One value, so that whoever lost its lease can move nothing. */
export interface DeliveryRecord {
  /** The process that delivers; empty for nobody. */
  readonly owner: string;
  /** Everything up to here was taken, let by, or is a dead letter. */
  readonly after: Position;
  /** The id of the event there, where one was dealt with: by it another log is told. */
  readonly afterId?: string | undefined;
  /** The newest event of the webhook itself that was acted on. */
  readonly handled: Revision;
  readonly trial?: DeliveryTrial;
  /** Since when nothing was taken, milliseconds since 1970; absent while the receiver takes what it gets. */
  readonly failingSinceMs?: number;
  /** When an event was taken last, milliseconds since 1970. */
  readonly deliveredAtMs?: number;
}

/** An event that was given up, by its place in the log: what it says is still there. */
export interface DeadLetter {
  readonly position: Position;
  readonly eventId: string;
  readonly type: string;
  readonly subject: string;
  /** `expired`: it was tried for as long as events are. `refused`: the receiver does not take this one. */
  readonly reason: 'expired' | 'refused';
  readonly detail: string;
  readonly attempts: number;
  /** Milliseconds since 1970. */
  readonly atMs: number;
}
