import type { NatsConnection } from 'nats';
import { RegistryError } from '#domain/errors';
import { type Position, toPosition } from '#domain/position';
import { backoffMs } from '#flow/backoff';
import { systemClock } from '#flow/clock';
import { AppendChannel, type PublishReply } from '#log/append-channel';
import type { EncodedEvent } from '#log/codec';
import type { EventLog, RangeOptions, StoredMessage } from '#log/event-log';
import { API_ERRORS, refusalOf, unavailable } from '#log/jetstream-errors';
import { RECORDED_AT_HEADER } from '#log/recorded-at';

/** The stream that a restore or a copy writes to. */
export interface StoredWriterOptions {
  readonly nc: NatsConnection;
  readonly log: Pick<EventLog, 'name' | 'head'> & {
    readStored(options: RangeOptions): AsyncIterable<readonly StoredMessage[]>;
  };
  readonly inboxPrefix?: string | undefined;
  /** Where the stream takes messages of a subject. Default: at that subject. */
  readonly subjectOf?: (subject: string) => string;
  readonly signal: AbortSignal;
}

// Under way at a time: a broker buffers some 10,000 for a stream and refuses what is more.
const MESSAGES_MAX = 1_000;
const BYTES_MAX = 8 * 2 ** 20;
const TIMEOUT_MS = 10_000;
const FAILURES_MAX = 8;

/**
 * Writes messages as they were stored elsewhere, each at the position that it had there: the one way into a stream beside
 * `append`, for a restore and for a standby. Every publish expects the position before its own, so nothing else can come between.
 * The headers are those that were stored, but for what they said to the broker; the time of storing is added (ADR 026).
 */
export class StoredWriter {
  readonly #options: StoredWriterOptions;
  readonly #channel: AppendChannel;

  constructor(options: StoredWriterOptions) {
    this.#options = options;
    const { nc, log, inboxPrefix } = options;
    this.#channel = new AppendChannel({
      nc,
      stream: log.name,
      timeoutMs: TIMEOUT_MS,
      inboxPrefix,
    });
  }

  /**
   * Writes messages that follow the last one of the stream; ends when all are acknowledged.
   * @throws LOG_MISMATCH when something else stands at one of their positions, LOG_UNAVAILABLE, LOG_FULL
   */
  async write(messages: readonly StoredMessage[]): Promise<void> {
    for (const part of parts(messages)) await this.#writePart(part);
  }

  close(): void {
    this.#channel.close();
  }

  async #writePart(part: readonly StoredMessage[]): Promise<void> {
    const { log, signal } = this.#options;
    let left = part;
    for (let failures = 0; ; ) {
      signal.throwIfAborted();
      const replies = await this.#publishAll(left);
      const isDone = replies.length === left.length;
      if (isDone && replies.every((reply, i) => isStoredAt(reply, left[i]?.position))) return;
      const trouble = troubleIn(log.name, replies);
      if (trouble.isFinal) throw trouble.error;
      const before = left.length;
      left = await this.#missing(left);
      if (left.length === 0) return;
      failures = left.length < before ? 0 : failures + 1;
      if (failures >= FAILURES_MAX) throw trouble.error;
      await systemClock.sleep(backoffMs(failures, { baseMs: 50, capMs: 2_000 }), signal);
    }
  }

  /**
   * Publishes messages, the first one alone: where somebody else has written, it is refused, and those behind it would not
   * be, since the position that they expect is there.
   */
  async #publishAll([first, ...rest]: readonly StoredMessage[]): Promise<readonly PublishReply[]> {
    if (first === undefined) return [];
    const reply = await this.#publish(first);
    if (!isStoredAt(reply, first.position)) return [reply];
    return [reply, ...(await Promise.all(rest.map((message) => this.#publish(message))))];
  }

  #publish(message: StoredMessage): Promise<PublishReply> {
    const { position, subject } = message;
    const encoded: EncodedEvent = { headers: restoredHeaders(message), body: bufferOf(message) };
    const expected = position - 1;
    const { subjectOf } = this.#options;
    const to = subjectOf?.(subject) ?? subject;
    return this.#channel.publish({ subject: to, expected, expectedOf: 'stream', encoded });
  }

  /** Gives what of a part is not there yet. @throws LOG_MISMATCH when something else is */
  async #missing(part: readonly StoredMessage[]): Promise<readonly StoredMessage[]> {
    const { log, signal } = this.#options;
    const first = part[0];
    if (first === undefined) return part;
    const { last } = await log.head();
    const after = toPosition(first.position - 1);
    let index = 0;
    if (last <= after) return part;
    const upTo = toPosition(Math.min(last, after + part.length));
    const range = { after, upTo, batchMax: MESSAGES_MAX, signal };
    for await (const batch of log.readStored(range))
      for (const found of batch) {
        const wanted = part[index];
        if (wanted === undefined || !isRestored(wanted, found))
          throw otherwise(log.name, found.position);
        index += 1;
      }
    return part.slice(index);
  }
}

/** Tells whether what is stored is what a restore made of a message. */
export function isRestored(message: StoredMessage, found: StoredMessage): boolean {
  return (
    message.position === found.position &&
    message.subject === found.subject &&
    bufferOf(message).equals(found.data) &&
    textOf(restoredHeaders(message)) === textOf(headersOf(found).filter(isOfTheEvent))
  );
}

/** Makes the error for a stream that holds something else than what is to be restored. */
export function otherwise(stream: string, position: Position): RegistryError {
  return new RegistryError(
    'LOG_MISMATCH',
    `Cannot restore stream "${stream}": at position ${position} it holds something else (want an empty stream, or one that a restore of the same backup has begun)`,
    { details: { stream, position } },
  );
}

type Header = readonly [name: string, value: string];

function restoredHeaders(message: StoredMessage): readonly Header[] {
  const own = headersOf(message).filter(isOfTheEvent);
  const rest = own.filter(([name]) => name !== RECORDED_AT_HEADER);
  return [[RECORDED_AT_HEADER, String(message.recordedAtMs)], ...rest];
}

/** What a header told the broker holds for the publish that it came with. */
function isOfTheEvent([name]: Header): boolean {
  return !name.startsWith('Nats-Expected-');
}

function headersOf({ header }: StoredMessage): readonly Header[] {
  const lines = Buffer.from(header).toString('utf8').split('\r\n').slice(1);
  return lines.flatMap((line) => {
    const colon = line.indexOf(':');
    return colon === -1 ? [] : [[line.slice(0, colon), line.slice(colon + 1).trim()] as const];
  });
}

function textOf(headers: readonly Header[]): string {
  return headers.map(([name, value]) => `${name}: ${value}`).join('\n');
}

function bufferOf({ data }: StoredMessage): Buffer {
  return Buffer.from(data.buffer, data.byteOffset, data.length);
}

function* parts(messages: readonly StoredMessage[]): Generator<readonly StoredMessage[]> {
  let from = 0;
  let bytes = 0;
  for (const [index, { header, data }] of messages.entries()) {
    bytes += header.length + data.length;
    const isFull = index - from >= MESSAGES_MAX || bytes > BYTES_MAX;
    if (!isFull || index === from) continue;
    yield messages.slice(from, index);
    [from, bytes] = [index, header.length + data.length];
  }
  if (from < messages.length) yield messages.slice(from);
}

function isStoredAt(reply: PublishReply, position: Position | undefined): boolean {
  return reply.kind === 'stored' && reply.position === position;
}

interface Trouble {
  readonly error: RegistryError;
  /** Whether to try again would be in vain. */
  readonly isFinal: boolean;
}

function troubleIn(stream: string, replies: readonly PublishReply[]): Trouble {
  for (const reply of replies) {
    if (reply.kind !== 'refused' || reply.code === API_ERRORS.wrongLastSequence) continue;
    const refusal = refusalOf(stream, reply);
    if (refusal !== undefined) return { error: refusal, isFinal: refusal.code !== 'LOG_FULL' };
  }
  return { error: unavailable(stream, 'it does not acknowledge what is restored'), isFinal: false };
}
