import type { DomainEvent, Kind, RecordedEvent } from '#domain/event';
import { type Position, toPosition } from '#domain/position';
import type { Scope } from '#domain/scope';
import type { WebhookId, WebhookSettings } from '#domain/webhook';
import { decodeEvent } from '#log/codec';
import type { EventLog, StoredMessage } from '#log/event-log';
import { traceparentOf } from '#log/event-trace';
import { STREAMS, type StreamName } from '#log/streams';
import { aggregateFilter, parseSubject, scopeFilter, subjectOf } from '#log/subjects';

/** The streams, as subscribers call them. */
export const FEED_STREAMS = { registry: 'REGISTRY', jobs: 'JOBS' } as const;

/** Tells whether a stream holds events of a kind. */
export function streamHolds(stream: keyof typeof FEED_STREAMS, kind: Kind): boolean {
  return STREAMS[FEED_STREAMS[stream]].some((held) => held === kind);
}

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
  readonly kind: Kind;
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
  /** Only events of this kind. Default: of every kind. */
  readonly kind?: Kind;
  /** The most events in one batch. Default 200. */
  readonly batchMax?: number;
}

/** Where an event of a scope is looked for. */
export interface FeedPlace {
  readonly stream: StreamName;
  readonly scope: Scope;
  readonly position: Position;
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
    const { stream, scope, after, signal, kind, batchMax = BATCH_MAX } = options;
    const feed = this.#logs[stream].follow({
      after,
      signal,
      batchMax,
      filter: kind === undefined ? scopeFilter(scope) : aggregateFilter(scope, kind),
    });
    for await (const batch of feed) yield batch.map(toFeedEvent);
  }

  /** Finds the event of a scope at a position. @throws LOG_UNAVAILABLE */
  async find({ stream, scope, position, signal }: FeedPlace): Promise<FeedEvent | undefined> {
    const filter = scopeFilter(scope);
    const range = { after: toPosition(position - 1), upTo: position, batchMax: 1, filter, signal };
    for await (const [message] of this.#logs[stream].readRange(range))
      if (message?.position === position) return toFeedEvent(message);
    return undefined;
  }

  /** Reads the events of one webhook after a revision, as they are recorded. @throws LOG_UNAVAILABLE */
  async ofWebhook(
    { scope, id }: { readonly scope: Scope; readonly id: WebhookId },
    { after, limit }: { readonly after: Position; readonly limit: number },
  ): Promise<readonly RecordedEvent[]> {
    const subject = subjectOf({ scope, kind: 'webhook', id });
    return await this.#logs.REGISTRY.readSubject(subject, after, limit);
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
    data: shownData(kind, event.data),
  };
}

/** Leaves out what subscribers need not know: the hash of a secret, and the path of a URL, which may be one. */
function shownData(kind: Kind, data: DomainEvent['data']): DomainEvent['data'] {
  if (kind === 'api-key')
    return Object.fromEntries(Object.entries(data).filter(([name]) => name !== 'secretHash'));
  if (kind !== 'webhook' || data['settings'] === undefined) return data;
  const settings = data['settings'] as WebhookSettings;
  const url = URL.canParse(settings.url) ? new URL(settings.url).origin : '';
  return { ...data, settings: { ...settings, url } };
}
