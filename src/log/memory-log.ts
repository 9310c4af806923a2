import type { NewEvent, RecordedEvent } from '#domain/event';
import { type Position, type Revision, START, toPosition } from '#domain/position';
import { type BodyLimits, encodeWithin, withBodies } from '#log/body-limits';
import { decodeEvent } from '#log/codec';
import type {
  AppendOutcome,
  EventLog,
  FollowOptions,
  LogHead,
  RangeOptions,
  StoredMessage,
} from '#log/event-log';
import type { Subject, SubjectFilter } from '#log/subjects';

/** An event log in memory, for tests and tools. It keeps the promises of the port, but not beyond the process. */
export class MemoryLog implements EventLog {
  readonly name: string;
  readonly #limits: BodyLimits;
  readonly #nowMs: () => number;
  readonly #created: string;
  readonly #messages: StoredMessage[] = [];
  readonly #ids = new Map<string, Position>();
  readonly #revisions = new Map<Subject, Revision>();
  readonly #followers = new Set<() => void>();

  constructor(options: { name: string; limits: BodyLimits; nowMs: () => number }) {
    this.name = options.name;
    this.#limits = options.limits;
    this.#nowMs = options.nowMs;
    this.#created = new Date(options.nowMs()).toISOString();
  }

  async append(subject: Subject, expected: Revision, event: NewEvent): Promise<AppendOutcome> {
    const encoded = await encodeWithin(this.#limits, subject, event);
    // Check and write are one section without an await: no other append comes between.
    const stored = this.#ids.get(event.metadata.id);
    if (stored !== undefined) return { kind: 'appended', position: stored };
    const actual = this.#revisions.get(subject) ?? START;
    if (actual !== expected) return { kind: 'conflict', actual };
    const position = toPosition(this.#messages.length + 1);
    const lines = encoded.headers.map(([name, value]) => `${name}: ${value}\r\n`).join('');
    this.#messages.push({
      position,
      subject,
      recordedAtMs: this.#nowMs(),
      header: Buffer.from(`NATS/1.0\r\n${lines}\r\n`, 'latin1'),
      data: encoded.body,
    });
    this.#ids.set(event.metadata.id, position);
    this.#revisions.set(subject, position);
    for (const wake of this.#followers) wake();
    return { kind: 'appended', position };
  }

  async readSubject(
    subject: Subject,
    after: Revision,
    limit?: number,
  ): Promise<readonly RecordedEvent[]> {
    const own = this.#messages.slice(after).filter((message) => message.subject === subject);
    return (await withBodies(this.#limits, own.slice(0, limit))).map(decodeEvent);
  }

  async head(): Promise<LogHead> {
    return { last: toPosition(this.#messages.length), created: this.#created };
  }

  async *follow(options: FollowOptions): AsyncGenerator<readonly StoredMessage[]> {
    const { signal, filter, batchMax } = options;
    let next: number = options.after;
    while (!signal.aborted) {
      if (next >= this.#messages.length) {
        await this.#change(signal);
        continue;
      }
      const slice = this.#messages.slice(next, next + batchMax);
      next += slice.length;
      const batch = filter === undefined ? slice : slice.filter((m) => matches(filter, m.subject));
      if (batch.length > 0) yield await withBodies(this.#limits, batch);
    }
  }

  async *readRange(options: RangeOptions): AsyncGenerator<readonly StoredMessage[]> {
    const { after, upTo, sinceMs = 0, filter, batchMax, signal } = options;
    const wanted = this.#messages
      .slice(after, upTo)
      .filter(
        (m) => m.recordedAtMs >= sinceMs && (filter === undefined || matches(filter, m.subject)),
      );
    for (let at = 0; at < wanted.length && !signal.aborted; at += batchMax)
      yield await withBodies(this.#limits, wanted.slice(at, at + batchMax));
  }

  #change(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#followers.delete(wake);
        signal.removeEventListener('abort', wake);
        resolve();
      };
      this.#followers.add(wake);
      signal.addEventListener('abort', wake);
    });
  }
}

function matches(filter: SubjectFilter, subject: string): boolean {
  const [wanted, tokens] = [filter.split('.'), subject.split('.')];
  return wanted.length === tokens.length && wanted.every((t, i) => t === '*' || t === tokens[i]);
}
