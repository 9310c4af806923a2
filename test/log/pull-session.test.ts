import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Broker } from '#clients/nats';
import { START } from '#domain/position';
import { JetStreamLog } from '#log/jetstream-log';
import { datasetSubject, someEvent } from '#test/support/events';
import { startTestNats, type TestNats } from '#test/support/nats';

const EVENTS = 150;
const BODY_BYTES = 900_000;

describe('following events that are nearly as large as a message may be', () => {
  let nats: TestNats;
  let broker: Broker;
  let log: JetStreamLog;
  beforeAll(async () => {
    nats = await startTestNats();
    broker = await nats.connect();
    log = new JetStreamLog({
      nc: broker.nc,
      jsm: broker.jsm,
      stream: 'REGISTRY',
      limits: { messageBytesMax: 1_000_000, bodyBytesMax: 1_000_000, bodies: undefined },
      publishTimeoutMs: 10_000,
      onReconnect: broker.onReconnect,
      isConnected: broker.connected,
    });
    const data = { text: 'x'.repeat(BODY_BYTES) };
    for (let i = 0; i < EVENTS; i += 1)
      await log.append(datasetSubject(`large/${i}`), START, someEvent({ data }));
  });
  afterAll(async () => {
    log.close();
    await nats[Symbol.asyncDispose]();
  });

  it('neither breaks the connection nor leaves an append unknown on it', async () => {
    const stop = new AbortController();
    const troubles: string[] = [];
    let renewed = 0;
    const unwatch = broker.onReconnect(() => {
      renewed += 1;
    });
    const followed = { after: START, batchMax: 10_000, signal: stop.signal };
    const positions: number[] = [];
    const bytes: number[] = [];
    const appends: Promise<string>[] = [];
    for await (const batch of log.follow({ ...followed, onTrouble: (t) => troubles.push(t) })) {
      positions.push(...batch.map(({ position }) => position));
      bytes.push(batch.reduce((sum, { data }) => sum + data.length, 0));
      if (positions.length >= EVENTS) break;
      const to = datasetSubject(`beside/${appends.length}`);
      appends.push(log.append(to, START, someEvent()).then(({ kind }) => kind));
    }
    unwatch();
    expect(troubles).toEqual([]);
    expect(renewed).toBe(0);
    expect(new Set(await Promise.all(appends))).toEqual(new Set(['appended']));
    expect(positions.slice(0, EVENTS)).toEqual(Array.from({ length: EVENTS }, (_, i) => i + 1));
    // What waits is bounded, and what is under way.
    expect(Math.max(...bytes)).toBeLessThan(64 * 2 ** 20);
  });
});
