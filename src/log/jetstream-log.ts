import type { JetStreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from 'nats';
import { isRegistryError } from '#domain/errors';
import type { NewEvent, RecordedEvent } from '#domain/event';
import { type Revision, toPosition } from '#domain/position';
import { Turn } from '#flow/turn';
import { AppendChannel, type Publish, type PublishReply } from '#log/append-channel';
import { type BodyLimits, byBodies, encodeWithin, withBodies } from '#log/body-limits';
import { decodeEvent } from '#log/codec';
import type {
  AppendOutcome,
  EventLog,
  FollowOptions,
  LogHead,
  RangeOptions,
  StoredMessage,
} from '#log/event-log';
import { followStream } from '#log/follow-stream';
import { API_ERRORS, full, notSent, refusalOf, unavailable } from '#log/jetstream-errors';
import { TailHub } from '#log/live-tail';
import { readFirstAfter } from '#log/read-message';
import { readStreamRange } from '#log/read-range';
import { logIdOf } from '#log/side';
import { TAIL_PREFIX } from '#log/streams';
import type { Subject } from '#log/subjects';

export interface JetStreamLogOptions {
  readonly nc: NatsConnection;
  readonly jsm: JetStreamManager;
  /** The stream's name. */
  readonly stream: string;
  readonly limits: BodyLimits;
  /** How long one publish waits for its acknowledgement before its outcome is `unknown`. */
  readonly publishTimeoutMs: number;
  readonly onReconnect: (listener: () => void) => () => void;
  /** Begins the subjects on which answers come. Default `_INBOX`. */
  readonly inboxPrefix?: string | undefined;
  /** Whether the connection stands. While it does not, nothing is sent. Default: it does. */
  readonly isConnected?: () => boolean;
  /** Says that the broker's disk has no room: then nothing is sent. Default: it has. */
  readonly isFull?: () => boolean;
}

// Measured with 64 appends under way: one at a time 2,880/s, eight 3,240/s, all that are ready 2,850/s.
const APPENDS_PER_WRITE = 8;

/** A stream of NATS JetStream as an event log. See `docs/adr/002` for why the append is the only point of truth. */
export class JetStreamLog implements EventLog {
  readonly name: string;
  readonly #options: JetStreamLogOptions;
  // Appends of one turn of the event loop leave in one write to the socket.
  readonly #turn = new Turn(APPENDS_PER_WRITE);
  readonly #channel: AppendChannel;
  readonly #tails: TailHub;
  readonly #unwatch: () => void;
  #isHeld = (): boolean => false;

  constructor(options: JetStreamLogOptions) {
    this.name = options.stream;
    this.#options = options;
    const { nc, stream, publishTimeoutMs: timeoutMs, inboxPrefix } = options;
    this.#channel = new AppendChannel({ nc, stream, timeoutMs, inboxPrefix });
    // A broker that was stopped would cost every append that it took with it the whole timeout.
    this.#unwatch = options.onReconnect(() => this.#channel.giveUp());
    this.#tails = new TailHub(nc, `${TAIL_PREFIX}.${stream}.>`);
  }

  async append(subject: Subject, expected: Revision, event: NewEvent): Promise<AppendOutcome> {
    const { nc, limits, isConnected, isFull } = this.#options;
    const encoded = await encodeWithin(limits, subject, event);
    // A lone append has nobody to wait for.
    if (!this.#channel.isIdle) await this.#turn.next();
    if (nc.isClosed()) throw unavailable(this.name, 'the connection is closed');
    if (isConnected?.() === false) throw unavailable(this.name, 'the connection is down');
    if (this.#isHeld())
      throw unavailable(this.name, 'it may be another one than was applied so far');
    if (isFull?.() === true) throw full(this.name);
    const reply = await this.#publish({ subject, expected, encoded });
    switch (reply.kind) {
      case 'stored':
        return { kind: 'appended', position: toPosition(reply.position) };
      case 'nobody':
        throw unavailable(this.name, 'no server answers for it');
      case 'silence':
        return { kind: 'unknown', cause: new Error('The broker did not answer in time') };
      case 'refused':
        return await this.#outcomeOf(reply, { subject, expected, event });
      default:
        return reply satisfies never;
    }
  }

  async #publish(publish: Publish): Promise<PublishReply> {
    try {
      return await this.#channel.publish(publish);
    } catch (error) {
      // The client throws before it sends: for a closed connection, and for more than the server takes.
      throw notSent(this.name, error);
    }
  }

  /** Lets appends fail as if the log were away, for as long as something says so. */
  holdAppends(isHeld: () => boolean): void {
    this.#isHeld = isHeld;
  }

  /** Stops hearing answers; what is under way becomes unknown. */
  close(): void {
    this.#unwatch();
    this.#channel.close();
  }

  async #outcomeOf(
    refused: Extract<PublishReply, { kind: 'refused' }>,
    attempt: { readonly subject: Subject; readonly expected: Revision; readonly event: NewEvent },
  ): Promise<AppendOutcome> {
    const refusal = refusalOf(this.name, refused);
    if (refusal !== undefined) throw refusal;
    const cause = new Error(`The broker answered ${refused.code}: ${refused.description}`);
    if (refused.code !== API_ERRORS.wrongLastSequence) return { kind: 'unknown', cause };
    // One server says "wrong last sequence" also to the repeat of an append that it has stored. Whoever directly follows
    // the expected revision on this subject has won: we, or another.
    const winner = await this.#firstAfter(attempt.subject, attempt.expected);
    if (winner === undefined) return { kind: 'unknown', cause };
    if (winner.metadata.id === attempt.event.metadata.id) {
      return { kind: 'appended', position: winner.position };
    }
    const said = /wrong last sequence: (\d+)/.exec(refused.description)?.[1];
    const actual = said === undefined ? winner.position : toPosition(Number(said));
    return { kind: 'conflict', actual };
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
      return { last: toPosition(info.state.last_seq), created: logIdOf(info) };
    } catch (error) {
      throw unavailable(this.name, 'its leader does not answer', error);
    }
  }

  async *follow(options: FollowOptions): AsyncGenerator<readonly StoredMessage[]> {
    const { nc, jsm, limits, onReconnect, inboxPrefix } = this.#options;
    const source = {
      nc,
      jsm,
      onReconnect,
      inboxPrefix,
      stream: this.name,
      openTail: (messagesMax: number) => this.#tails.open(messagesMax),
      last: async () => (await this.head()).last,
    };
    for await (const batch of followStream(source, options))
      for (const part of byBodies(batch)) yield await withBodies(limits, part);
  }

  async *readRange(options: RangeOptions): AsyncGenerator<readonly StoredMessage[]> {
    for await (const batch of this.readStored(options))
      for (const part of byBodies(batch)) yield await withBodies(this.#options.limits, part);
  }

  /** Reads as `readRange` does, and leaves the bodies that are not in the log where they are. */
  async *readStored(options: RangeOptions): AsyncGenerator<readonly StoredMessage[]> {
    const { nc, jsm, onReconnect, inboxPrefix } = this.#options;
    const source = { nc, jsm, onReconnect, inboxPrefix, stream: this.name };
    const { last } = await this.head();
    const upTo = options.upTo < last ? options.upTo : last;
    yield* readStreamRange(source, { ...options, upTo });
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
