import type { Brand } from '#domain/brand';
import type { JsonObject } from '#domain/canonical-json';
import type { Sha256 } from '#domain/digest';
import type { Position } from '#domain/position';

/** The id of one event, a UUID; also its message id at the broker. */
export type EventId = Brand<string, 'EventId'>;

/** What a client calls one command, so that a retry is recognised: `Idempotency-Key`, else made by the node. */
export type CommandId = Brand<string, 'CommandId'>;

/** SHA-256 over an event and the hash of the event before it on the same subject. */
export type EventHash = Brand<string, 'EventHash'>;

/** What every event says of itself beside its data. */
export interface EventMetadata {
  readonly id: EventId;
  /** When the command was decided: RFC 3339, UTC, milliseconds. Informational: the order is the position. */
  readonly time: string;
  readonly commandId: CommandId;
  /** Fingerprint of the request, so that a key used twice for different requests is found. */
  readonly requestFingerprint: Sha256;
  /** Who sent the command: the subject of a token, or `anonymous`. */
  readonly actor: string;
  /** Which request it came with, as in `X-Request-Id`; absent where no request asked for it, and in older events. */
  readonly requestId?: string;
  /** The hash of the event before it on the same subject; absent on the first. */
  readonly previousHash: EventHash | undefined;
}

/** One fact, past tense, with the data that belongs to it. */
export interface DomainEvent {
  readonly type: string;
  readonly data: JsonObject;
}

/** An event as a command hands it to the log. */
export interface NewEvent<E extends DomainEvent = DomainEvent> {
  readonly event: E;
  readonly metadata: EventMetadata;
  /** Where it stands in the trace of its request, as W3C `traceparent`. No part of what it says: no hash, no view holds it. */
  readonly traceparent?: string | undefined;
}

/** An event as the log gives it back. */
export interface RecordedEvent<E extends DomainEvent = DomainEvent> extends NewEvent<E> {
  readonly position: Position;
  /** The subject as text, `atlas.<tenant>.<environment>.<kind>.<id>`. */
  readonly subject: string;
  /** When the broker stored it, milliseconds since 1970. */
  readonly recordedAtMs: number;
  /** The hash of this event: what the next one on the subject names as `previousHash`. */
  readonly hash: EventHash;
}

/** The kinds of aggregates, each a token of its subjects. */
export const KINDS = [
  'dataset',
  'contract',
  'contract-policy',
  'action-profile',
  'job-definition',
  'api-key',
  'webhook',
  'job-run',
  'run-request',
  'lineage-run',
  'lineage-document',
] as const;
export type Kind = (typeof KINDS)[number];
