import type { JetStreamClient, JetStreamManager } from '@nats-io/jetstream';
import { headers, type NatsConnection } from 'nats';
import { isRegistryError } from '#domain/errors';
import type { NewEvent, RecordedEvent } from '#domain/event';
import { type Revision, toPosition } from '#domain/position';
import { type BodyLimits, encodeWithin, withBodies } from '#log/body-limits';
import { decodeEvent } from '#log/codec';
import type {
  AppendOutcome,
  EventLog,
  FollowOptions,
  LogHead,
  StoredMessage,
} from '#log/event-log';
import { followStream } from '#log/follow-stream';
import { classify, full, unavailable } from '#log/jetstream-errors';
import { readFirstAfter } from '#log/read-message';
import type { Subject } from '#log/subjects';

export interface JetStreamLogOptions {
  readonly nc: NatsConnection;
  readonly js: JetStreamClient;
  readonly jsm: JetStreamManager;
  /** The stream's name. */
  readonly stream: string;
  readonly limits: BodyLimits;
  /** How long one publish waits for its acknowledgement before its outcome is `unknown`. */
  readonly publishTimeoutMs: number;
  readonly onReconnect: (listener: () => void) => () => void;
  /** Says that the broker's disk has no room: then nothing is sent. Default: it has. */
  readonly isFull?: () => boolean;
}

/** A stream of NATS JetStream as an event log. See `docs/adr/002` for why the append is the only point of truth. */
export class JetStreamLog implements EventLog {
  readonly name: string;
  readonly #options: JetStreamLogOptions;

  constructor(options: JetStreamLogOptions) {
    this.name = options.stream;
    this.#options = options;
  }

  async append(subject: Subject, expected: Revision, event: NewEvent): Promise<AppendOutcome> {
    const { js, nc, limits, publishTimeoutMs } = this.#options;
    const encoded = await encodeWithin(limits, subject, event);
    if (nc.isClosed()) throw unavailable(this.name, 'the connection is closed');
    if (this.#options.isFull?.() === true) throw full(this.name);
    const block = headers();
    for (const [name, value] of encoded.headers) block.set(name, value);
    try {
      const ack = await js.publish(subject, encoded.body, {
        headers: block,
        timeout: publishTimeoutMs,
        retries: 1,
        expect: { lastSubjectSequence: expected, streamName: this.name },
      });
      return { kind: 'appended', position: toPosition(ack.seq) };
    } catch (error) {
      return await this.#outcomeOf(error, { subject, expected, event });
    }
  }

  async #outcomeOf(
    error: unknown,
    attempt: { readonly subject: Subject; readonly expected: Revision; readonly event: NewEvent },
  ): Promise<AppendOutcome> {
    const verdict = classify(error, this.name);
    if (verdict.kind === 'refused') throw verdict.error;
    if (verdict.kind === 'unknown') return { kind: 'unknown', cause: error };
    // "Wrong last sequence" is also what one server says to the repeat of an append that it has stored. Whoever
    // directly follows the expected revision on this subject has won: we, or another.
    const winner = await this.#firstAfter(attempt.subject, attempt.expected);
    if (winner === undefined) return { kind: 'unknown', cause: error };
    return winner.metadata.id === attempt.event.metadata.id
      ? { kind: 'appended', position: winner.position }
      : { kind: 'conflict', actual: verdict.actual ?? winner.position };
  }

  async readSubject(
    subject: Subject,
    after: Revision,
    limit = Number.POSITIVE_INFINITY,
  ): Promise<readonly RecordedEvent[]> {
    const events: RecordedEvent[] = [];
    for (let last = after; events.length < limit; ) {
      const next = await this.#read(subject, last);
      if (next === undefined) break;
      events.push(next);
      last = next.position;
    }
    return events;
  }

  async head(): Promise<LogHead> {
    try {
      const info = await this.#options.jsm.streams.info(this.name);
      return { last: toPosition(info.state.last_seq), created: info.created };
    } catch (error) {
      throw unavailable(this.name, 'its leader does not answer', error);
    }
  }

  async *follow(options: FollowOptions): AsyncGenerator<readonly StoredMessage[]> {
    const { nc, jsm, limits, onReconnect } = this.#options;
    const source = { nc, jsm, onReconnect, stream: this.name };
    for await (const batch of followStream(source, options)) yield await withBodies(limits, batch);
  }

  // A leader that lost its place may answer with less than there is: then the caller asks again.
  async #firstAfter(subject: Subject, expected: Revision): Promise<RecordedEvent | undefined> {
    try {
      return await this.#read(subject, expected);
    } catch (error) {
      if (isRegistryError(error, 'LOG_UNAVAILABLE')) return undefined;
      throw error;
    }
  }

  async #read(subject: Subject, after: Revision): Promise<RecordedEvent | undefined> {
    const { nc, limits } = this.#options;
    const message = await readFirstAfter({ nc, stream: this.name, subject, after });
    if (message === undefined) return undefined;
    const [whole] = await withBodies(limits, [message]);
    return decodeEvent(whole ?? message);
  }
}
