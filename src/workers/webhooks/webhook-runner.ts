import type { RecordedEvent } from '#domain/event';
import type { Position } from '#domain/position';
import { passesFilter, type WebhookStop } from '#domain/webhook';
import type { DeadLetter, DeliveryRecord } from '#domain/webhook-delivery';
import { backoffMs } from '#flow/backoff';
import type { Clock } from '#flow/clock';
import type { FoundWebhook } from '#projections/catalog/webhook-queries';
import { type EventFeed, FEED_STREAMS, type FeedEvent, streamHolds } from '#projections/event-feed';
import { afterFailure, withoutTrial, withoutTrouble } from '#workers/webhooks/after-failure';
import { DeadLetters } from '#workers/webhooks/dead-letters';
import type { DeliveryRecords } from '#workers/webhooks/delivery-records';
import type { SendResult } from '#workers/webhooks/send-event';
import { LeaseLost, type WebhookLease } from '#workers/webhooks/webhook-lease';
import type { WebhookLimits } from '#workers/webhooks/webhook-limits';
import type { OnWorkerEvent } from '#workers/worker-event';

/** What delivery works with. */
export interface RunnerParts {
  readonly feed: EventFeed;
  readonly records: DeliveryRecords;
  readonly clock: Clock;
  readonly limits: WebhookLimits;
  /** Sends an event once. */
  readonly send: (
    found: FoundWebhook,
    event: FeedEvent,
    signal: AbortSignal,
  ) => Promise<SendResult>;
  /** Says in the log that nothing is delivered any more. */
  readonly disable: (found: FoundWebhook, reason: WebhookStop, detail: string) => Promise<void>;
  readonly onEvent: OnWorkerEvent;
}

// Small: each event may be as large as a message, and there is one such batch a webhook.
const BATCH_MAX = 4;
const ASKED_MAX = 100;
const BEATS_PER_LEASE = 4;
/** What was taken and not saved yet is sent again after a crash. */
const SAVE_MS = 250;
const TROUBLE = { baseMs: 500, capMs: 15_000 };

/**
 * Delivers the events of one webhook in their order, while this process holds its lease.
 *
 *   asked ─► following ─► sending ─┬─ taken ──► following
 *     ▲                            ├─ failed ─► waiting ─► asked        longer each time, the same event again
 *     │                            ├─ expired, refused ─► dead letter ─► following
 *     └── changed, replay, redeliver                 └─ gone, failing for long, dead letters full ─► stopped
 */
export class WebhookRunner {
  readonly #parts: RunnerParts;
  readonly #lease: WebhookLease;
  readonly #dead: DeadLetters;
  #found: FoundWebhook;
  /** Aborted whenever the webhook has changed, and at the end. */
  #changed = new AbortController();
  /** As the record says, and what was let by or taken since. */
  #after: Position;
  /** The event there, where it is known. */
  #afterId: string | undefined;
  /** When the first event was taken that is not in the record yet; 0 for none. */
  #unsavedSinceMs = 0;
  #deliveredAtMs: number | undefined;
  #isStopped = false;

  constructor(parts: RunnerParts, lease: WebhookLease, found: FoundWebhook) {
    this.#parts = parts;
    this.#lease = lease;
    this.#found = found;
    this.#after = lease.record.after;
    this.#afterId = lease.record.afterId;
    this.#dead = new DeadLetters(parts.records, found.id);
  }

  /** Hears what the webhook is now. */
  update(found: FoundWebhook): void {
    if (found.revision === this.#found.revision) return;
    this.#found = found;
    this.#changed.abort();
  }

  /** Delivers until the signal aborts, the lease is lost, or the webhook is stopped. Gives the lease back. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    const end = new AbortController();
    const both = AbortSignal.any([signal, end.signal]);
    both.addEventListener('abort', () => this.#changed.abort());
    const beating = this.#beat(both, end);
    try {
      for (let failures = 1; !both.aborted && !this.#isStopped; failures += 1) {
        await this.#work(both, () => {
          failures = 1;
        }).catch(async (error: unknown) => {
          if (error instanceof LeaseLost) end.abort();
          if (both.aborted) return;
          if (failures === 1) this.#left(error);
          const ms = backoffMs(failures, TROUBLE);
          await this.#parts.clock.sleep(ms, both).catch(() => undefined);
        });
      }
    } finally {
      end.abort();
      await beating;
      await this.#save().catch(() => undefined);
      await this.#lease.release().catch(() => undefined);
    }
  }

  /** Renews the lease; ends everything when it cannot be sure of it any more. */
  async #beat(signal: AbortSignal, end: AbortController): Promise<void> {
    const { clock, limits } = this.#parts;
    while (!signal.aborted) {
      await clock.sleep(limits.leaseMs / BEATS_PER_LEASE, signal).catch(() => undefined);
      if (signal.aborted) return;
      // Not waited for: an answer that does not come must not keep this from noticing.
      this.#save().catch((error: unknown) => {
        if (error instanceof LeaseLost) end.abort();
      });
      if (!this.#lease.isHeld) end.abort();
    }
  }

  async #work(signal: AbortSignal, onProgress: () => void): Promise<void> {
    await this.#dead.load();
    await this.#checkLog(signal);
    while (!signal.aborted && !this.#isStopped) {
      this.#changed = new AbortController();
      await this.#doAsked(signal);
      const waitMs = await this.#deliver(signal);
      onProgress();
      const pause = this.#changed.signal;
      if (waitMs > 0) await this.#parts.clock.sleep(waitMs, pause).catch(() => undefined);
    }
  }

  #goTo(position: Position, id?: string): void {
    this.#after = position;
    this.#afterId = id;
  }

  /** A log that was put back from a copy holds other events from some position on: then delivery begins anew. */
  async #checkLog(signal: AbortSignal): Promise<void> {
    if (this.#afterId === undefined) return;
    const event = await this.#parts.feed.find({ ...this.#place, position: this.#after, signal });
    if (event?.id === this.#afterId) return;
    const { revision, webhook } = this.#found;
    this.#left(new Error(`The log is another one: delivery begins anew behind ${webhook.after}`));
    this.#goTo(webhook.after);
    await this.#save((record) => ({ ...withoutTrouble(record), handled: revision }));
  }

  /** Does what was asked for in the events of the webhook itself, in their order, each once. */
  async #doAsked(signal: AbortSignal): Promise<void> {
    while (this.#lease.record.handled < this.#found.revision) {
      const asked = { after: this.#lease.record.handled, limit: ASKED_MAX };
      const events = await this.#parts.feed.ofWebhook(this.#found, asked);
      // What was asked for was seen: a broker that does not show it has lost its place.
      if (events.length === 0) throw new Error('The events of the webhook are not shown yet');
      for (const event of events) await this.#doOne(event, signal);
    }
  }

  async #doOne({ event, position }: RecordedEvent, signal: AbortSignal): Promise<void> {
    const { data, type } = event;
    if (type === 'WebhookReplayAsked') this.#goTo(data['after'] as Position);
    const again = type === 'WebhookRedeliveryAsked' ? (data['positions'] as Position[]) : [];
    for (const at of again) await this.#redeliver(at, signal);
    const isNew = type === 'WebhookReplayAsked' || type === 'WebhookEnabled';
    await this.#save((record) => ({
      ...(isNew ? withoutTrouble(record) : record),
      handled: position,
    }));
  }

  get #place() {
    const { scope, webhook } = this.#found;
    return { scope, stream: FEED_STREAMS[webhook.stream] };
  }

  /** Sends what comes behind the cursor. Gives how long to wait before it goes on. */
  async #deliver(signal: AbortSignal): Promise<number> {
    const round = this.#changed.signal;
    const [kind, ...others] = this.#found.webhook.filter.kinds ?? [];
    // One kind alone the broker can look for.
    const isOne = kind !== undefined && others.length === 0;
    const only = isOne && streamHolds(this.#found.webhook.stream, kind) ? { kind } : {};
    const options = { ...this.#place, ...only, after: this.#after, batchMax: BATCH_MAX };
    for await (const batch of this.#parts.feed.follow({ ...options, signal: round })) {
      for (const event of batch) {
        if (round.aborted) return 0;
        const waitMs = await this.#step(event, signal);
        if (waitMs !== undefined) return waitMs;
      }
      if (this.#unsavedSinceMs > 0) await this.#save();
    }
    return 0;
  }

  /** Deals with one event. Gives how long to wait where it has to be sent again, or nothing may be sent any more. */
  async #step(event: FeedEvent, signal: AbortSignal): Promise<number | undefined> {
    const { position } = event;
    if (!passesFilter(this.#found.webhook.filter, nameOf(event))) {
      this.#goTo(position, event.id);
      return undefined;
    }
    if (!this.#lease.isHeld) await this.#save();
    const result = await this.#parts.send(this.#found, event, signal);
    if (result.outcome === 'taken') {
      await this.#taken(event);
      return undefined;
    }
    if (result.outcome === 'gone') return await this.#stop('gone', result.detail);
    return await this.#notTaken(event, result);
  }

  async #taken({ position, id }: FeedEvent): Promise<void> {
    const { clock } = this.#parts;
    this.#goTo(position, id);
    await this.#dead.remove(position);
    const now = clock.monotonicMs();
    this.#deliveredAtMs = clock.nowMs();
    const { trial, failingSinceMs } = this.#lease.record;
    const isNews = trial !== undefined || failingSinceMs !== undefined;
    if (this.#unsavedSinceMs === 0) this.#unsavedSinceMs = now;
    if (isNews || now - this.#unsavedSinceMs >= SAVE_MS) await this.#save(withoutTrouble);
  }

  /** Notes a failed attempt, and gives the event up where it was tried for long enough. */
  async #notTaken(event: FeedEvent, result: SendResult): Promise<number | undefined> {
    const { clock, limits } = this.#parts;
    const { position } = event;
    const attempt = { record: this.#lease.record, position, result, nowMs: clock.nowMs() };
    const { record: noted, next } = afterFailure(attempt, limits);
    await this.#save((record) => ({ ...noted, owner: record.owner, handled: record.handled }));
    if (next.kind === 'again') return next.waitMs;
    if (next.kind === 'stop') return await this.#stop('failing', result.detail);
    if (this.#dead.count >= limits.deadLettersMax)
      return await this.#stop('dead-letters-full', result.detail);
    const attempts = noted.trial?.attempts ?? 1;
    await this.#bury(event, { reason: next.reason, detail: result.detail, attempts });
    return undefined;
  }

  /** Makes a dead letter of an event. First the letter, then the cursor: a crash in between sends the event once more. */
  async #bury(
    { position, id: eventId, type, subject }: FeedEvent,
    { reason, detail, attempts }: Pick<DeadLetter, 'reason' | 'detail' | 'attempts'>,
  ): Promise<void> {
    const { clock, onEvent } = this.#parts;
    const atMs = clock.nowMs();
    await this.#dead.put({ position, eventId, type, subject, reason, detail, attempts, atMs });
    this.#goTo(position, eventId);
    await this.#save(withoutTrial);
    const { scope, id } = this.#found;
    onEvent({ type: 'webhook-dead-letter', scope, id, position, detail });
  }

  /** Sends a dead letter once more. */
  async #redeliver(position: Position, signal: AbortSignal): Promise<void> {
    const letter = this.#dead.find(position);
    const place = { ...this.#place, position, signal };
    const event = letter && (await this.#parts.feed.find(place));
    if (letter === undefined || event === undefined) return;
    if (!this.#lease.isHeld) await this.#save();
    const { outcome, detail } = await this.#parts.send(this.#found, event, signal);
    if (outcome === 'taken') await this.#dead.remove(position);
    else await this.#dead.put({ ...letter, detail, attempts: letter.attempts + 1 });
  }

  async #stop(reason: WebhookStop, detail: string): Promise<number> {
    await this.#parts.disable(this.#found, reason, detail);
    this.#isStopped = true;
    const { id, scope } = this.#found;
    this.#parts.onEvent({ type: 'webhook-stopped', scope, id, reason, detail });
    return 0;
  }

  async #save(change: (record: DeliveryRecord) => DeliveryRecord = (same) => same): Promise<void> {
    this.#unsavedSinceMs = 0;
    const deliveredAtMs = this.#deliveredAtMs;
    await this.#lease.save((record) => ({
      ...change(record),
      after: this.#after,
      afterId: this.#afterId,
      ...(deliveredAtMs === undefined ? {} : { deliveredAtMs }),
    }));
  }

  #left(error: unknown): void {
    const { id, scope } = this.#found;
    this.#parts.onEvent({ type: 'left', worker: 'webhooks', scope, id, error });
  }
}

function nameOf({ type, kind, subject }: FeedEvent) {
  return { type, kind, name: subject };
}
