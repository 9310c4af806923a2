import type { DomainEvent } from '#domain/event';
import type { Position } from '#domain/position';
import type { Scope } from '#domain/scope';
import { decodeEvent } from '#log/codec';
import type { EventLog, StoredMessage } from '#log/event-log';
import { traceparentOf } from '#log/event-trace';
import type { StreamName } from '#log/streams';
import { parseSubject, scopeFilter } from '#log/subjects';

/** One event as subscribers see it: a CloudEvent in JSON form with the registry's own attributes. */
export interface FeedEvent {
  readonly specversion: '1.0';
  readonly id: string;
  readonly source: '/atlas-registry';
  readonly type: string;
  /** The name of the dataset or contract, the id of the run. */
  readonly subject: string;
  readonly time: string;
  readonly datacontenttype: 'application/json';
  readonly kind: string;
  readonly position: Position;
  readonly actor: string;
  readonly commandid: string;
  /** The trace that it belongs to (W3C Trace Context), where that was recorded. */
  readonly traceparent?: string;
  readonly data: DomainEvent['data'];
}

export interface FeedOptions {
  readonly stream: StreamName;
  readonly scope: Scope;
  /** Only what comes after this position. */
  readonly after: Position;
  readonly signal: AbortSignal;
}

// Small: a subscriber that is cut off has at most this much behind it in memory.
const BATCH_MAX = 200;

/** The events of one scope, straight from the log, for whoever follows changes. */
export class EventFeed {
  readonly #logs: Readonly<Record<StreamName, EventLog>>;

  constructor(logs: Readonly<Record<StreamName, EventLog>>) {
    this.#logs = logs;
  }

  /** Gives the position of the newest event of a stream. @throws LOG_UNAVAILABLE */
  async newest(stream: StreamName): Promise<Position> {
    return (await this.#logs[stream].head()).last;
  }

  /** Follows the events of a scope in order, without gap and without repeat, until the signal aborts. */
  async *follow(options: FeedOptions): AsyncGenerator<readonly FeedEvent[]> {
    const { stream, scope, after, signal } = options;
    const feed = this.#logs[stream].follow({
      after,
      signal,
      batchMax: BATCH_MAX,
      filter: scopeFilter(scope),
    });
    for await (const batch of feed) yield batch.map(toFeedEvent);
  }
}

function toFeedEvent(message: StoredMessage): FeedEvent {
  const { event, metadata, position, subject } = decodeEvent(message);
  const { id, kind } = parseSubject(subject);
  const traceparent = traceparentOf(message);
  return {
    specversion: '1.0',
    id: metadata.id,
    source: '/atlas-registry',
    type: event.type,
    subject: id,
    time: metadata.time,
    datacontenttype: 'application/json',
    kind,
    position,
    actor: metadata.actor,
    commandid: metadata.commandId,
    ...(traceparent === undefined ? {} : { traceparent }),
    data: kind === 'api-key' ? withoutSecret(event.data) : event.data,
  };
}

/** The hash of a secret tells nobody anything; all the same nobody needs it. */
function withoutSecret(data: DomainEvent['data']): DomainEvent['data'] {
  return Object.fromEntries(Object.entries(data).filter(([name]) => name !== 'secretHash'));
}
