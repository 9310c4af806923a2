import { toPosition } from '#domain/position';
import type { WebhookId } from '#domain/webhook';
import type { DeliveryRecord } from '#domain/webhook-delivery';
import type { Clock } from '#flow/clock';
import type { FoundWebhook } from '#projections/catalog/webhook-queries';
import type { DeliveryRecords } from '#workers/webhooks/delivery-records';

export interface LeaseOptions {
  readonly records: DeliveryRecords;
  /** Another in each process. */
  readonly owner: string;
  /** How long a record must not have moved before another process takes it over. */
  readonly leaseMs: number;
  readonly clock: Clock;
}

/** Signals that another process delivers, or that nobody can say: this one must not send any more. */
export class LeaseLost extends Error {
  override readonly name = 'LeaseLost';
}

interface Seen {
  readonly revision: number;
  readonly sinceMs: number;
}

/**
 * Hands out the right to deliver a webhook, to one process at a time. It ends when the record has not moved for `leaseMs` as
 * whoever waits for it has seen with a clock of its own, so that clocks of nodes need not agree.
 */
export class WebhookLeases {
  readonly #options: LeaseOptions;
  readonly #seen = new Map<WebhookId, Seen>();

  constructor(options: LeaseOptions) {
    this.#options = options;
  }

  /** Takes the lease if it is free. */
  async take({ id, webhook, position }: FoundWebhook): Promise<WebhookLease | undefined> {
    const { records, owner, clock } = this.#options;
    const kept = await records.read(id);
    if (kept.value !== undefined && !this.#isFree(id, kept.value, kept.revision)) return undefined;
    // It was deleted, and ids are used once: this node does not know yet.
    if (kept.value === undefined && kept.revision > 0) return undefined;
    const fresh = { after: webhook.after, handled: toPosition(position) };
    const record: DeliveryRecord = { ...fresh, ...kept.value, owner };
    const confirmedMs = clock.monotonicMs();
    const revision = await records.write(id, record, kept.revision);
    if (revision === undefined) return undefined;
    this.#seen.delete(id);
    return new WebhookLease({ ...this.#options, id, record, revision, confirmedMs });
  }

  /** Keeps nothing of webhooks that are no longer there. */
  keepOnly(ids: ReadonlySet<WebhookId>): void {
    for (const id of this.#seen.keys()) if (!ids.has(id)) this.#seen.delete(id);
  }

  #isFree(id: WebhookId, { owner }: DeliveryRecord, revision: number): boolean {
    if (owner === '') return true;
    const now = this.#options.clock.monotonicMs();
    const seen = this.#seen.get(id);
    if (seen?.revision === revision) return now - seen.sinceMs >= this.#options.leaseMs;
    this.#seen.set(id, { revision, sinceMs: now });
    return false;
  }
}

interface HeldOptions extends LeaseOptions {
  readonly id: WebhookId;
  readonly record: DeliveryRecord;
  readonly revision: number;
  /** A time before the record was written. */
  readonly confirmedMs: number;
}

/** The right to deliver one webhook, and its record. Whoever holds it writes it at least three times in each `leaseMs`. */
export class WebhookLease {
  readonly #options: HeldOptions;
  #record: DeliveryRecord;
  #revision: number;
  #confirmedMs: number;
  #isLost = false;
  // One write after the other: each expects the revision of the one before.
  #writing: Promise<void> = Promise.resolve();

  constructor(options: HeldOptions) {
    this.#options = options;
    this.#record = options.record;
    this.#revision = options.revision;
    this.#confirmedMs = options.confirmedMs;
  }

  get record(): DeliveryRecord {
    return this.#record;
  }

  /** Whether it surely holds, with time left to send. */
  get isHeld(): boolean {
    const { clock, leaseMs } = this.#options;
    return !this.#isLost && clock.monotonicMs() - this.#confirmedMs < leaseMs * SAFE_SHARE;
  }

  /** Writes a change, which renews the lease. @throws LeaseLost; what the broker fails with */
  async save(change: (record: DeliveryRecord) => DeliveryRecord = (same) => same): Promise<void> {
    const writing = this.#writing.then(() => this.#save(change));
    this.#writing = writing.catch(() => undefined);
    await writing;
  }

  /** Gives the lease back at once. */
  async release(): Promise<void> {
    if (!this.#isLost) await this.save((record) => ({ ...record, owner: '' }));
    this.#isLost = true;
  }

  async #save(change: (record: DeliveryRecord) => DeliveryRecord): Promise<void> {
    if (this.#isLost) throw new LeaseLost('The lease was lost');
    const { records, id, clock } = this.#options;
    const next = change(this.#record);
    const startedMs = clock.monotonicMs();
    const revision = (await records.write(id, next, this.#revision)) ?? (await this.#resolve(next));
    this.#record = next;
    this.#revision = revision;
    this.#confirmedMs = startedMs;
  }

  /** A write whose answer was lost looks like a conflict with oneself. @throws LeaseLost when it was another process */
  async #resolve(next: DeliveryRecord): Promise<number> {
    const { records, id, owner } = this.#options;
    const kept = await records.read(id);
    const again =
      kept.value?.owner === owner ? await records.write(id, next, kept.revision) : undefined;
    if (again !== undefined) return again;
    this.#isLost = true;
    throw new LeaseLost('Another process delivers');
  }
}

/** How much of `leaseMs` may pass after a write before nothing is sent any more. */
const SAFE_SHARE = 0.6;
