import type { JetStreamManager } from '@nats-io/jetstream';
import { AckPolicy, DeliverPolicy, ReplayPolicy } from '@nats-io/jetstream';
import { createInbox, type Msg, type NatsConnection, type Subscription } from 'nats';
import { newId } from '#flow/new-id';
import type { FollowOptions, StoredMessage } from '#log/event-log';
import { readDelivery } from '#log/stored-message';

/**
 * One ephemeral pull consumer and what it has delivered. The client's own `consume()` asks for more as soon as
 * messages arrive, whether or not they were taken, so a slow reader would hold the whole log in memory. Here no more
 * than one batch is under way or waiting, asked for in quarters so that the next one is sent while this one arrives.
 * Each quarter is bounded by bytes too: the broker cuts a connection for which it holds too much, appends included.
 *
 *   open ──► delivering ──► ended
 *                 │  a delivery is missing · heartbeats stop · the consumer is gone · the connection was renewed
 *                 └─────────► ended: the follower opens the next session behind the last message that it gave on
 */
export class PullSession {
  readonly #nc: NatsConnection;
  readonly #jsm: JetStreamManager;
  readonly #stream: string;
  readonly #batchMax: number;
  readonly #pullBytesMax: number;
  readonly #name = `follow_${newId()}`;
  readonly #inbox: string;
  readonly #subscription: Subscription;
  readonly #watch: NodeJS.Timeout;
  #buffer: StoredMessage[] = [];
  #bufferBytes = 0;
  #outstanding = 0;
  #pendingAtOpen = 0;
  #deliveries = 0;
  #lastHeardMs = performance.now();
  #ended: string | undefined;
  #wake: (() => void) | undefined;

  private constructor(from: PullSource, batchMax: number) {
    this.#nc = from.nc;
    this.#jsm = from.jsm;
    this.#stream = from.stream;
    this.#batchMax = batchMax;
    this.#pullBytesMax = pullBytesMax(from.nc);
    this.#inbox = createInbox(from.inboxPrefix);
    this.#subscription = from.nc.subscribe(this.#inbox, {
      callback: (error, msg) => (error ? this.end(error.message) : this.#receive(msg)),
    });
    this.#watch = setInterval(() => {
      // With nothing asked for there are no heartbeats: its reader is slow.
      if (this.#outstanding > 0 && performance.now() - this.#lastHeardMs > HEARTBEAT_MS * 2.5)
        this.end('heartbeats stopped');
    }, HEARTBEAT_MS).unref();
  }

  /** Creates the consumer and asks for the first batch. Rejects as the API call does. */
  static async open(from: PullSource, options: SessionStart): Promise<PullSession> {
    const session = new PullSession(from, options.batchMax);
    try {
      const info = await from.jsm.consumers.add(from.stream, {
        name: session.#name,
        ack_policy: AckPolicy.None,
        ...startOf(options),
        replay_policy: ReplayPolicy.Instant,
        inactive_threshold: INACTIVE_MS * 1e6,
        mem_storage: true,
        num_replicas: 1,
        // Alone it stands in the subject of the request with the name, where a server can hold against permissions.
        ...(options.filter === undefined ? {} : { filter_subject: options.filter }),
      });
      session.#pendingAtOpen = info.num_pending;
    } catch (error) {
      session.#release();
      throw error;
    }
    session.#pull();
    return session;
  }

  /** How many messages there were to deliver when it was opened. */
  get pendingAtOpen(): number {
    return this.#pendingAtOpen;
  }

  /** Why the session is over; `undefined` while it delivers. */
  get ended(): string | undefined {
    return this.#ended;
  }

  /** Waits for messages and takes up to a batch of them. Gives an empty one when the session has ended. */
  async take(): Promise<readonly StoredMessage[]> {
    while (this.#buffer.length === 0 && this.#ended === undefined) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    const batch =
      this.#buffer.length <= this.#batchMax ? this.#buffer : this.#buffer.slice(0, this.#batchMax);
    this.#buffer = batch === this.#buffer ? [] : this.#buffer.slice(batch.length);
    this.#bufferBytes -= batch.reduce((sum, message) => sum + bytesOf(message), 0);
    this.#pull();
    return batch;
  }

  /** Ends the session. What was delivered before can still be taken. */
  end(reason: string): void {
    if (this.#ended !== undefined) return;
    this.#ended = reason;
    this.#release();
    this.#wake?.();
  }

  /**
   * Ends the session and has its consumer removed; the broker drops it by itself where that fails. Nobody waits for that: a
   * consumer that went away with its broker would cost the follower five seconds.
   */
  close(): void {
    this.end('closed');
    if (this.#nc.isClosed()) return;
    void this.#jsm.consumers.delete(this.#stream, this.#name).catch(() => false);
  }

  #release(): void {
    clearInterval(this.#watch);
    if (!this.#subscription.isClosed()) this.#subscription.unsubscribe();
  }

  #pull(): void {
    const part = Math.ceil(this.#batchMax / PULLS_PER_BATCH);
    while (
      this.#ended === undefined &&
      this.#bufferBytes < BUFFER_BYTES_MAX &&
      this.#outstanding + this.#buffer.length + part <= Math.max(this.#batchMax, part)
    ) {
      if (this.#outstanding === 0) this.#lastHeardMs = performance.now();
      this.#outstanding += part;
      const request = {
        batch: part,
        max_bytes: this.#pullBytesMax,
        expires: PULL_EXPIRES_MS * 1e6,
        idle_heartbeat: HEARTBEAT_MS * 1e6,
      };
      const subject = `$JS.API.CONSUMER.MSG.NEXT.${this.#stream}.${this.#name}`;
      this.#nc.publish(subject, JSON.stringify(request), { reply: this.#inbox });
    }
  }

  #receive(msg: Msg): void {
    this.#lastHeardMs = performance.now();
    if (msg.subject === this.#inbox) {
      this.#receiveStatus(msg);
      return;
    }
    const { deliverySequence, message } = readDelivery(msg);
    if (deliverySequence !== this.#deliveries + 1) {
      this.end(`delivery ${this.#deliveries + 1} is missing`);
      return;
    }
    this.#deliveries = deliverySequence;
    this.#outstanding -= 1;
    this.#buffer.push(message);
    this.#bufferBytes += bytesOf(message);
    this.#wake?.();
    this.#pull();
  }

  // 100 heartbeat, 408 the pull has expired, 409 its bytes are used up, or the consumer or its leader is gone, 503 nobody
  // answers. A pull whose bytes are used up to the last one is over without a word: what is left of it counts as under way
  // until the session ends, which the watch sees to.
  #receiveStatus(msg: Msg): void {
    const code = msg.headers?.code ?? 0;
    if (code === 100) return;
    const isOver = code === 408 || PULL_IS_OVER.test(msg.headers?.description ?? '');
    const left = Number(msg.headers?.get('Nats-Pending-Messages') || Number.NaN);
    if (isOver && Number.isInteger(left)) {
      this.#outstanding -= left;
      this.#pull();
      return;
    }
    this.end(`the broker said ${code} ${msg.headers?.description ?? ''}`.trim());
  }
}

/** Where a session begins and what it delivers. */
export type SessionStart = Pick<FollowOptions, 'after' | 'batchMax' | 'filter'> & {
  /** Begins with what was stored then or later, milliseconds since 1970, instead of behind `after`. */
  readonly sinceMs?: number;
};

function startOf({ after, sinceMs }: SessionStart) {
  return sinceMs === undefined
    ? { deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: after + 1 }
    : {
        deliver_policy: DeliverPolicy.StartTime,
        opt_start_time: new Date(sinceMs).toISOString(),
      };
}

export interface PullSource {
  readonly nc: NatsConnection;
  readonly jsm: JetStreamManager;
  readonly stream: string;
  /** Begins the subjects on which deliveries come. Default `_INBOX`. */
  readonly inboxPrefix?: string | undefined;
  /** Calls the listener whenever the connection was renewed; gives the function that stops that. */
  readonly onReconnect: (listener: () => void) => () => void;
}

// A dead broker is noticed after 2.5 heartbeats. Shorter ones cost messages on every idle follower.
const HEARTBEAT_MS = 1_000;
const PULL_EXPIRES_MS = 30_000;
const PULLS_PER_BATCH = 4;
// The broker cuts a connection with 64 MiB pending (its max_pending). Some eight pulls of a session may be open at a time,
// and the views of a node follow over one connection.
const PULL_BYTES_MAX = 2 ** 20;
// The broker counts subjects in, which max_payload does not: the message's own, and the one of the acknowledgement.
const SUBJECTS_BYTES_MAX = 16_384;
const PAYLOAD_BYTES_DEFAULT = 2 ** 20;
// What waits for a slow reader; what is under way comes on top of it.
const BUFFER_BYTES_MAX = 16 * 2 ** 20;
const PULL_IS_OVER = /^(message size exceeds maxbytes|batch completed)$/i;
// The broker forgets the consumer of a follower that died after this.
const INACTIVE_MS = 60_000;

/** Gives the bound of one pull, within which any one message fits: one that does not would never be delivered. */
function pullBytesMax({ info }: NatsConnection): number {
  return Math.max(
    PULL_BYTES_MAX,
    (info?.max_payload ?? PAYLOAD_BYTES_DEFAULT) + SUBJECTS_BYTES_MAX,
  );
}

function bytesOf({ header, data }: StoredMessage): number {
  return header.length + data.length;
}
