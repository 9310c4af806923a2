import { createInbox, headers, type Msg, type NatsConnection, type Subscription } from 'nats';
import type { EncodedEvent } from '#log/codec';

/** What the broker answered to a publish; `undefined` when it said nothing in time. */
export type PublishReply =
  | { readonly kind: 'stored'; readonly position: number }
  | { readonly kind: 'refused'; readonly code: number; readonly description: string }
  | { readonly kind: 'nobody' }
  | { readonly kind: 'silence' };

export interface Publish {
  readonly subject: string;
  /** The position that the last message must have: of the subject, or of the whole stream. */
  readonly expected: number;
  /** Default: of the subject. */
  readonly expectedOf?: 'subject' | 'stream';
  readonly encoded: EncodedEvent;
}

interface Pending {
  readonly settle: (reply: PublishReply) => void;
  readonly deadlineMs: number;
}

interface AckBody {
  readonly seq?: number;
  readonly error?: { readonly err_code?: number; readonly description?: string };
}

const EXPECTED = {
  subject: 'Nats-Expected-Last-Subject-Sequence',
  stream: 'Nats-Expected-Last-Sequence',
} as const;
const SWEEP_MS = 50;

/**
 * Publishes to one stream and hears what became of it. All answers come to one subscription and one timer looks for those
 * that do not: the client's own request allots an error, a timer and a promise or two for each.
 */
export class AppendChannel {
  readonly #nc: NatsConnection;
  readonly #stream: string;
  readonly #timeoutMs: number;
  readonly #inbox: string;
  readonly #subscription: Subscription;
  readonly #sweep: NodeJS.Timeout;
  readonly #pending = new Map<string, Pending>();
  #lastToken = 0;
  #isClosed = false;

  constructor(options: {
    nc: NatsConnection;
    stream: string;
    timeoutMs: number;
    inboxPrefix?: string | undefined;
  }) {
    this.#nc = options.nc;
    this.#stream = options.stream;
    this.#timeoutMs = options.timeoutMs;
    this.#inbox = createInbox(options.inboxPrefix);
    this.#subscription = options.nc.subscribe(`${this.#inbox}.*`, {
      callback: (error, msg) => {
        if (error === null) this.#receive(msg);
      },
    });
    this.#sweep = setInterval(() => this.#expire(), SWEEP_MS).unref();
  }

  /** Publishes with compare-and-set. Throws only what the client throws before anything is sent. */
  publish({ subject, expected, expectedOf = 'subject', encoded }: Publish): Promise<PublishReply> {
    if (this.#isClosed) return Promise.resolve({ kind: 'nobody' });
    const block = headers();
    for (const [name, value] of encoded.headers) block.append(name, value);
    block.append('Nats-Expected-Stream', this.#stream);
    block.append(EXPECTED[expectedOf], String(expected));
    this.#lastToken += 1;
    const token = this.#lastToken.toString(36);
    const reply = `${this.#inbox}.${token}`;
    this.#nc.publish(subject, encoded.body, { headers: block, reply });
    return new Promise((settle) => {
      this.#pending.set(token, { settle, deadlineMs: performance.now() + this.#timeoutMs });
    });
  }

  /** Whether nothing is under way. */
  get isIdle(): boolean {
    return this.#pending.size === 0;
  }

  /** Stops listening. What is under way is answered with silence. */
  close(): void {
    this.#isClosed = true;
    clearInterval(this.#sweep);
    if (!this.#subscription.isClosed()) this.#subscription.unsubscribe();
    this.giveUp();
  }

  /** Answers what is under way with silence: nobody has to wait for answers to a connection that is gone. */
  giveUp(): void {
    for (const { settle } of this.#pending.values()) settle({ kind: 'silence' });
    this.#pending.clear();
  }

  #receive(msg: Msg): void {
    const token = msg.subject.slice(this.#inbox.length + 1);
    const pending = this.#pending.get(token);
    if (pending === undefined) return;
    this.#pending.delete(token);
    pending.settle(readReply(msg));
  }

  #expire(): void {
    const now = performance.now();
    // Tokens are in the order of their deadlines.
    for (const [token, { settle, deadlineMs }] of this.#pending) {
      if (deadlineMs > now) return;
      this.#pending.delete(token);
      settle({ kind: 'silence' });
    }
  }
}

function readReply(msg: Msg): PublishReply {
  // "No responders" has a status line and no body.
  if (msg.data.length === 0) return { kind: 'nobody' };
  const { seq, error } = msg.json<AckBody>();
  if (error !== undefined) {
    const { err_code: code = 0, description = '' } = error;
    return { kind: 'refused', code, description };
  }
  return seq === undefined ? { kind: 'silence' } : { kind: 'stored', position: seq };
}
