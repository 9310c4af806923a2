import type { JetStreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from 'nats';
import { RegistryError } from '#domain/errors';
import { type Position, START, toPosition } from '#domain/position';
import { makeStandby, readSide, type StreamSide } from '#log/change-side';
import type { StoredMessage } from '#log/event-log';
import type { JetStreamLog } from '#log/jetstream-log';
import { standbySubject } from '#log/side';
import { isRestored, StoredWriter } from '#log/stored-writer';
import type { StreamName } from '#log/streams';

export interface StandbyCopyOptions {
  readonly stream: StreamName;
  /** The log that is copied. */
  readonly source: Pick<JetStreamLog, 'name' | 'head' | 'readStored'>;
  /** The same stream of the standby. */
  readonly target: Pick<JetStreamLog, 'name' | 'head' | 'readStored'>;
  /** The connection to the standby. */
  readonly broker: {
    readonly nc: NatsConnection;
    readonly jsm: JetStreamManager;
    readonly inboxPrefix: string | undefined;
  };
  /** Copies of the stream on the standby, where it is made. */
  readonly replicas: number;
  readonly signal: AbortSignal;
}

/** How far a copy is. */
export interface CopyStanding {
  readonly source: Position;
  readonly standby: Position;
}

const BATCH_MAX = 1_000;

/** Copies a stream to a standby: same positions, same bytes, with the time of storing in a header (ADR 026, 031). */
export class StandbyCopy {
  readonly #options: StandbyCopyOptions;
  readonly #writer: StoredWriter;
  /** The last event that is known to be the same on both sides, as the source has it. */
  #same: StoredMessage | undefined;

  constructor(options: StandbyCopyOptions) {
    this.#options = options;
    const { stream, target, signal, broker } = options;
    const { nc, inboxPrefix } = broker;
    const subjectOf = (subject: string): string => standbySubject(stream, subject);
    this.#writer = new StoredWriter({ nc, log: target, inboxPrefix, subjectOf, signal });
  }

  /**
   * Copies what the source holds now and gives how far both are. Makes the stream of the standby where it is not there.
   * A source that ends before the standby is left alone: a leader that was just elected may not know of all that it holds.
   * @throws LOG_MISMATCH when the standby holds another log or was promoted, LOG_UNAVAILABLE
   */
  async copy(): Promise<CopyStanding> {
    const { source, stream, signal } = this.#options;
    const head = await source.head();
    const standby = await this.#standbyOf(head.created);
    checkLog(stream, head.created, standby);
    let at = standby.last;
    if (head.last < at) return { source: head.last, standby: at };
    if (head.last === at && this.#same?.position === at) return { source: at, standby: at };
    const after = toPosition(Math.max(START, at - 1));
    for await (const batch of source.readStored({
      after,
      upTo: head.last,
      batchMax: BATCH_MAX,
      signal,
    })) {
      const fresh = await this.#behind(batch, at);
      checkWhole(stream, fresh, at);
      await this.#writer.write(fresh);
      this.#same = fresh.at(-1) ?? this.#same;
      at = this.#same?.position ?? at;
    }
    signal.throwIfAborted();
    return { source: head.last, standby: at };
  }

  close(): void {
    this.#writer.close();
  }

  async #standbyOf(log: string): Promise<StreamSide> {
    const { broker, stream, replicas } = this.#options;
    const found = await readSide(broker.jsm, stream);
    return found ?? (await makeStandby(broker.jsm, stream, { log, replicas }));
  }

  /** Gives what of a batch the standby lacks, and makes sure that it holds the rest of it. */
  async #behind(batch: readonly StoredMessage[], at: Position) {
    const known = batch.find(({ position }) => position === at);
    if (known !== undefined) await this.#checkSame(known);
    return batch.filter(({ position }) => position > at);
  }

  async #checkSame(known: StoredMessage): Promise<void> {
    const { target, stream } = this.#options;
    const before = this.#same?.position === known.position ? this.#same : undefined;
    const isSame =
      before === undefined
        ? await holds(target, known)
        : Buffer.compare(before.data, known.data) === 0 && before.subject === known.subject;
    if (!isSame) throw otherEvent(stream, known.position);
    this.#same = known;
  }
}

/** Says whether a standby holds an event of its source. @throws LOG_UNAVAILABLE */
export async function holds(
  target: Pick<JetStreamLog, 'readStored'>,
  event: StoredMessage,
): Promise<boolean> {
  const { position } = event;
  const { signal } = new AbortController();
  const range = { after: toPosition(position - 1), upTo: position, batchMax: 1, signal };
  for await (const [found] of target.readStored(range))
    return found !== undefined && isRestored(event, found);
  return false;
}

/** Makes sure that a stream is a standby of a log. @throws LOG_MISMATCH */
export function checkLog(stream: StreamName, log: string, { side, log: held }: StreamSide): void {
  if (side === 'standby' && held === log) return;
  const is = {
    alone: 'it is the log of a registry of its own',
    promoted: 'it was promoted and takes appends itself',
    fenced: 'it is fenced, because its own standby was promoted',
    standby: `it is the standby of the log created ${held}, not of the one created ${log}`,
  }[side];
  throw new RegistryError(
    'LOG_MISMATCH',
    `Cannot copy to stream "${stream}" of the standby: ${is} (want a broker without that stream, or a standby of this log)`,
    { details: { stream, side } },
  );
}

function checkWhole(stream: StreamName, batch: readonly StoredMessage[], after: Position): void {
  let expected = after + 1;
  for (const { position } of batch) {
    if (position !== expected)
      throw new RegistryError(
        'LOG_MISMATCH',
        `Cannot copy stream "${stream}": position ${expected} is missing, ${position} came next (want every event: nothing is ever deleted)`,
      );
    expected += 1;
  }
}

/** Makes the error for a standby whose events are not those of the log. */
export function otherEvent(stream: StreamName, position: Position): RegistryError {
  return new RegistryError(
    'LOG_MISMATCH',
    `Cannot copy stream "${stream}": the standby holds another event at position ${position} (want the log that it has copied so far: was the primary put back?)`,
    { details: { stream, position } },
  );
}
