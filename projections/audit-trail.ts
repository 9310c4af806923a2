import type { EventHash, EventId, Kind } from '#domain/event';
import { type Position, START } from '#domain/position';
import type { Scope } from '#domain/scope';
import { decodeEnvelope } from '#log/codec';
import type { EventLog, StoredMessage } from '#log/event-log';
import { STREAMS, type StreamName } from '#log/streams';
import { aggregateFilter, parseSubject, type SubjectFilter, scopeFilter } from '#log/subjects';

/** What one command has come to: who asked for what, and what the log holds of it. */
export interface AuditEntry {
  readonly position: Position;
  /** When the broker stored it, milliseconds since 1970. */
  readonly recordedAtMs: number;
  /** When it was decided, as the node says: RFC 3339. */
  readonly time: string;
  readonly actor: string;
  readonly kind: Kind;
  /** The name of the dataset or contract, the id of the run. */
  readonly name: string;
  /** The type of the event. */
  readonly decision: string;
  readonly eventId: EventId;
  readonly commandId: string;
  readonly requestId: string | undefined;
  readonly hash: EventHash;
  /** The hash of the event before it on the same aggregate. */
  readonly previousHash: EventHash | undefined;
}

/** What to look for. Everything that is named must hold. */
export interface AuditQuery {
  readonly stream: StreamName;
  readonly scope: Scope;
  /** Only what comes after this position, up to `upTo`. */
  readonly after: Position;
  readonly upTo: Position;
  /** Only what was stored from then on, and before; milliseconds since 1970. */
  readonly sinceMs?: number;
  readonly beforeMs?: number;
  readonly kind?: Kind;
  /** Together with its kind: one aggregate. */
  readonly name?: string;
  readonly actor?: string;
  readonly decision?: string;
}

/** What was read of the log: how far, how many events, and those that fit. */
export interface AuditPart {
  readonly position: Position;
  readonly scanned: number;
  readonly entries: readonly AuditEntry[];
}

const BATCH_MAX = 500;
// 2^63 nanoseconds after 1970.
const TIME_MAX_MS = 9_223_372_036_854;

/** The log as an audit trail: every command that was carried out, straight from the log and in its order. */
export class AuditTrail {
  readonly #logs: Readonly<Record<StreamName, EventLog>>;

  constructor(logs: Readonly<Record<StreamName, EventLog>>) {
    this.#logs = logs;
  }

  /** Gives the position of the newest event of a stream. @throws LOG_UNAVAILABLE */
  async newest(stream: StreamName): Promise<Position> {
    return (await this.#logs[stream].head()).last;
  }

  /** Reads what fits, part by part, until the range ends or the signal aborts. @throws LOG_UNAVAILABLE, CORRUPT_EVENT */
  async *read(query: AuditQuery, signal: AbortSignal): AsyncGenerator<AuditPart> {
    const { stream, after, upTo, sinceMs } = query;
    // Beyond what a broker can count in nanoseconds there is nothing.
    if (sinceMs !== undefined && sinceMs > TIME_MAX_MS) return;
    const startsByTime = sinceMs !== undefined && sinceMs > 0 && after === START;
    const range = {
      after,
      upTo,
      signal,
      batchMax: BATCH_MAX,
      filter: filterOf(query),
      // Behind a position nothing is read twice.
      ...(startsByTime ? { sinceMs } : {}),
    };
    for await (const batch of this.#logs[stream].readRange(range)) {
      yield {
        position: batch.at(-1)?.position ?? after,
        scanned: batch.length,
        entries: batch.map(toEntry).filter((entry) => fits(entry, query)),
      };
    }
  }
}

/** Gives the stream that holds a kind of aggregate. */
export function streamOfKind(kind: Kind): StreamName {
  const jobs: readonly Kind[] = STREAMS.JOBS;
  return jobs.includes(kind) ? 'JOBS' : 'REGISTRY';
}

function filterOf({ scope, kind, name }: AuditQuery): SubjectFilter {
  return kind === undefined ? scopeFilter(scope) : aggregateFilter(scope, kind, name);
}

function fits(entry: AuditEntry, { sinceMs, beforeMs, actor, decision }: AuditQuery): boolean {
  return (
    (sinceMs === undefined || entry.recordedAtMs >= sinceMs) &&
    (beforeMs === undefined || entry.recordedAtMs < beforeMs) &&
    (actor === undefined || entry.actor === actor) &&
    (decision === undefined || entry.decision === decision)
  );
}

function toEntry(message: StoredMessage): AuditEntry {
  const { type, metadata, hash } = decodeEnvelope(message);
  const { position, recordedAtMs, subject } = message;
  const { id: name, kind } = parseSubject(subject);
  return {
    position,
    recordedAtMs,
    time: metadata.time,
    actor: metadata.actor,
    kind,
    name,
    decision: type,
    eventId: metadata.id,
    commandId: metadata.commandId,
    requestId: metadata.requestId,
    hash,
    previousHash: metadata.previousHash,
  };
}
