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
  readonly #name = `follow_${newId()}`;
  readonly #inbox: string;
  readonly #subscription: Subscription;
  readonly #watch: NodeJS.Timeout;
  #buffer: StoredMessage[] = [];
  #outstanding = 0;
  #deliveries = 0;
  #lastHeardMs = performance.now();
  #ended: string | undefined;
  #wake: (() => void) | undefined;

  private constructor(from: PullSource, batchMax: number) {
    this.#nc = from.nc;
    this.#jsm = from.jsm;
    this.#stream = from.stream;
    this.#batchMax = batchMax;
    this.#inbox = createInbox();
    this.#subscription = from.nc.subscribe(this.#inbox, {
      callback: (error, msg) => (error ? this.end(error.message) : this.#receive(msg)),
    });
    this.#watch = setInterval(() => {
      // With nothing asked for there are no heartbeats: its reader is slow.
      if (this.#outstanding > 0 && performance.now() - this.#lastHeardMs > HEARTBEAT_MS * 2.5)
        this.end('heartbeats stopped');
    }, HEARTBEAT_MS).unref();
  }

  /** Creates the consumer behind `options.after` and asks for the first batch. Rejects as the API call does. */
  static async open(from: PullSource, options: FollowOptions): Promise<PullSession> {
    const session = new PullSession(from, options.batchMax);
    try {
      await from.jsm.consumers.add(from.stream, {
        name: session.#name,
        ack_policy: AckPolicy.None,
        deliver_policy: DeliverPolicy.StartSequence,
        opt_start_seq: options.after + 1,
        replay_policy: ReplayPolicy.Instant,
        inactive_threshold: INACTIVE_MS * 1e6,
        mem_storage: true,
        num_replicas: 1,
        ...(options.filters === undefined ? {} : { filter_subjects: [...options.filters] }),
      });
    } catch (error) {
      session.#release();
      throw error;
    }
    session.#pull();
    return session;
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

  /** Ends the session and removes its consumer; the broker drops it by itself where that fails. */
  async close(): Promise<void> {
    this.end('closed');
    if (this.#nc.isClosed()) return;
    await this.#jsm.consumers.delete(this.#stream, this.#name).catch(() => false);
  }

  #release(): void {
    clearInterval(this.#watch);
    if (!this.#subscription.isClosed()) this.#subscription.unsubscribe();
  }

  #pull(): void {
    const part = Math.ceil(this.#batchMax / PULLS_PER_BATCH);
    while (
      this.#ended === undefined &&
      this.#outstanding + this.#buffer.length + part <= Math.max(this.#batchMax, part)
    ) {
      if (this.#outstanding === 0) this.#lastHeardMs = performance.now();
      this.#outstanding += part;
      const request = {
        batch: part,
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
    this.#wake?.();
    this.#pull();
  }

  // 100 heartbeat, 408 the pull has expired, 409 the consumer or its leader is gone, 503 nobody answers.
  #receiveStatus(msg: Msg): void {
    const code = msg.headers?.code ?? 0;
    if (code === 100) return;
    const left = Number(msg.headers?.get('Nats-Pending-Messages') ?? Number.NaN);
    if (code === 408 && Number.isInteger(left)) {
      this.#outstanding -= left;
      this.#pull();
      return;
    }
    this.end(`the broker said ${code} ${msg.headers?.description ?? ''}`.trim());
  }
}

export interface PullSource {
  readonly nc: NatsConnection;
  readonly jsm: JetStreamManager;
  readonly stream: string;
  /** Calls the listener whenever the connection was renewed; gives the function that stops that. */
  readonly onReconnect: (listener: () => void) => () => void;
}

// A dead broker is noticed after 2.5 heartbeats. Shorter ones cost messages on every idle follower.
const HEARTBEAT_MS = 2_000;
const PULL_EXPIRES_MS = 30_000;
const PULLS_PER_BATCH = 4;
// The broker forgets the consumer of a follower that died after this.
const INACTIVE_MS = 60_000;
