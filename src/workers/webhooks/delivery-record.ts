import type { KV } from '@nats-io/kv';
import type { Position, Revision } from '#domain/position';
import type { WebhookId } from '#domain/webhook';
import { isConflict } from '#projections/contract-kv/bucket';

/** The event that is being tried, where it was not taken at once. */
export interface DeliveryTrial {
  readonly position: Position;
  readonly attempts: number;
  /** How many of them its receiver refused. */
  readonly refusals?: number;
  /** Milliseconds since 1970. */
  readonly sinceMs: number;
  readonly detail: string;
}

/** How far a webhook has come, and who delivers. One value, so that whoever lost its lease can move nothing. */
export interface DeliveryRecord {
  /** The process that delivers; empty for nobody. */
  readonly owner: string;
  /** Everything up to here was taken, let by, or is a dead letter. */
  readonly after: Position;
  /** The id of the event there, where one was dealt with: by it another log is told. */
  readonly afterId?: string | undefined;
  /** The newest event of the webhook itself that was acted on. */
  readonly handled: Revision;
  readonly trial?: DeliveryTrial;
  /** Since when nothing was taken, milliseconds since 1970; absent while the receiver takes what it gets. */
  readonly failingSinceMs?: number;
  /** When an event was taken last, milliseconds since 1970. */
  readonly deliveredAtMs?: number;
}

/** An event that was given up, by its place in the log: what it says is still there. */
export interface DeadLetter {
  readonly position: Position;
  readonly eventId: string;
  readonly type: string;
  readonly subject: string;
  /** `expired`: it was tried for as long as events are. `refused`: the receiver does not take this one. */
  readonly reason: 'expired' | 'refused';
  readonly detail: string;
  readonly attempts: number;
  /** Milliseconds since 1970. */
  readonly atMs: number;
}

/** A value with the revision that the next write of it expects; 0 where there is none. */
export interface Kept<T> {
  readonly value: T | undefined;
  readonly revision: number;
}

/** Where deliveries are remembered, for all nodes: values that move by compare-and-set. */
export class DeliveryRecords {
  readonly #open: () => Promise<KV>;
  #kv: Promise<KV> | undefined;

  /** Opens its bucket with the first use, and again after that failed. */
  constructor(open: () => Promise<KV>) {
    this.#open = open;
  }

  async read(id: WebhookId): Promise<Kept<DeliveryRecord>> {
    return await this.#read(`cursor.${id}`);
  }

  async readDead(id: WebhookId): Promise<Kept<readonly DeadLetter[]>> {
    return await this.#read(`dead.${id}`);
  }

  /** Writes a record over the revision that it had. Gives the new one; `undefined` when another process was faster. */
  async write(
    id: WebhookId,
    record: DeliveryRecord,
    revision: number,
  ): Promise<number | undefined> {
    return await this.#write(`cursor.${id}`, record, revision);
  }

  async writeDead(
    id: WebhookId,
    letters: readonly DeadLetter[],
    revision: number,
  ): Promise<number | undefined> {
    return await this.#write(`dead.${id}`, letters, revision);
  }

  /** Removes what is kept of a webhook that was deleted. */
  async forget(id: WebhookId): Promise<void> {
    const kv = await this.#bucket();
    await kv.delete(`cursor.${id}`);
    await kv.delete(`dead.${id}`);
  }

  async #read<T>(key: string): Promise<Kept<T>> {
    const entry = await (await this.#bucket()).get(key);
    if (entry === null) return { value: undefined, revision: 0 };
    const value = entry.operation === 'PUT' ? entry.json<T>() : undefined;
    return { value, revision: entry.revision };
  }

  async #write(key: string, value: object, revision: number): Promise<number | undefined> {
    const kv = await this.#bucket();
    const text = JSON.stringify(value);
    try {
      // The client refuses an update that expects revision 0.
      return revision === 0 ? await kv.create(key, text) : await kv.update(key, text, revision);
    } catch (error) {
      if (isConflict(error)) return undefined;
      throw error;
    }
  }

  async #bucket(): Promise<KV> {
    this.#kv ??= this.#open().catch((error: unknown) => {
      this.#kv = undefined;
      throw error;
    });
    return await this.#kv;
  }
}
