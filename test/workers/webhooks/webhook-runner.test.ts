import type { KV } from '@nats-io/kv';
import { describe, expect, it } from 'vitest';
import { type Position, toPosition } from '#domain/position';
import { DEFAULT_SCOPE } from '#domain/scope';
import { parseWebhookId } from '#domain/webhook';
import type { DeliveryRecord } from '#domain/webhook-delivery';
import { systemClock } from '#flow/clock';
import { newId } from '#flow/new-id';
import type { FoundWebhook } from '#projections/catalog/webhook-queries';
import type { EventFeed, FeedEvent } from '#projections/event-feed';
import { eventually } from '#test/support/wait';
import { DeliveryRecords } from '#workers/webhooks/delivery-records';
import { WebhookLeases } from '#workers/webhooks/webhook-lease';
import { WebhookRunner } from '#workers/webhooks/webhook-runner';
import type { WorkerEvent } from '#workers/worker-event';

const LEASE_MS = 5_000;

/** A bucket in memory, as far as records use one. */
class MemoryBucket {
  readonly values = new Map<string, { readonly text: string; readonly revision: number }>();
  #revision = 0;

  async get(key: string): Promise<unknown> {
    const found = this.values.get(key);
    if (found === undefined) return null;
    const { text, revision } = found;
    return { revision, operation: 'PUT', json: () => JSON.parse(text) as unknown };
  }

  async create(key: string, text: string): Promise<number> {
    return await this.update(key, text);
  }

  async update(key: string, text: string): Promise<number> {
    this.#revision += 1;
    this.values.set(key, { text, revision: this.#revision });
    return this.#revision;
  }
}

const found = {
  id: parseWebhookId('0123456789abcdef0123'),
  scope: DEFAULT_SCOPE,
  createdBy: 'ann',
  position: 2,
  revision: toPosition(2),
  webhook: { filter: {}, stream: 'registry', after: toPosition(2) },
} as unknown as FoundWebhook;

function eventAt(position: number, log: string): FeedEvent {
  return { id: `${log}-${position}`, position, type: 'DatasetRegistered' } as unknown as FeedEvent;
}

/** A log with so many events, whose ids tell it from others. */
function feedOf(log: string, last: number): EventFeed {
  const feed: Pick<EventFeed, 'find' | 'follow' | 'ofWebhook'> = {
    find: async ({ position }) => (position <= last ? eventAt(position, log) : undefined),
    ofWebhook: async () => [],
    async *follow({ after, signal }: { after: Position; signal: AbortSignal }) {
      for (let at = after + 1; at <= last; at += 1) yield [eventAt(at, log)];
      await systemClock.sleep(60_000, signal).catch(() => undefined);
    },
  };
  return feed as unknown as EventFeed;
}

async function delivered(feed: EventFeed, bucket: MemoryBucket, count: number) {
  const records = new DeliveryRecords(async () => bucket as unknown as KV);
  const options = { records, owner: newId(), leaseMs: LEASE_MS, clock: systemClock };
  const lease = await new WebhookLeases(options).take(found);
  if (lease === undefined) throw new Error('The lease is not free');
  const [sent, told]: [string[], WorkerEvent[]] = [[], []];
  const runner = new WebhookRunner(
    {
      feed,
      records,
      clock: systemClock,
      limits: {
        retryMaxMs: 60_000,
        retryDelayMaxMs: 1_000,
        failingMaxMs: 60_000,
        deadLettersMax: 10,
        leaseMs: LEASE_MS,
      },
      send: async (_, event) => {
        sent.push(event.id);
        return { outcome: 'taken', detail: 'HTTP 200', status: 200 };
      },
      disable: async () => undefined,
      onEvent: (event) => told.push(event),
    },
    lease,
    found,
  );
  const stop = new AbortController();
  const running = runner.run(stop.signal);
  await eventually(`${count} events`, () => sent.length >= count);
  stop.abort();
  await running;
  return { sent, told };
}

describe('a webhook of which some events were sent', () => {
  it('goes on behind the last one, where the log is the same', async () => {
    const bucket = new MemoryBucket();
    const first = await delivered(feedOf('a', 5), bucket, 3);
    expect(first.sent).toEqual(['a-3', 'a-4', 'a-5']);
    const { sent, told } = await delivered(feedOf('a', 7), bucket, 2);
    expect([sent, told]).toEqual([['a-6', 'a-7'], []]);
  });

  it.each([
    ['ends before it', 4, ['b-3', 'b-4']],
    ['has another event in its place', 8, ['b-3', 'b-4', 'b-5', 'b-6', 'b-7', 'b-8']],
  ])('begins anew and says so, where the log %s', async (_, last, wanted) => {
    const bucket = new MemoryBucket();
    await delivered(feedOf('a', 5), bucket, 3);
    const { sent, told } = await delivered(feedOf('b', last), bucket, wanted.length);
    expect(sent).toEqual(wanted);
    expect(told.map(({ type }) => type)).toEqual(['left']);
    const kept = bucket.values.get(`cursor.${found.id}`)?.text ?? '{}';
    const { after, afterId } = JSON.parse(kept) as DeliveryRecord;
    expect([after, afterId]).toEqual([last, `b-${last}`]);
  });
});
