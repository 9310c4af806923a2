import type { KV } from '@nats-io/kv';
import type { WebhookId } from '#domain/webhook';
import type { DeadLetter, DeliveryRecord } from '#domain/webhook-delivery';
import { isConflict } from '#projections/contract-kv/bucket';

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
