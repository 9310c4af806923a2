import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Broker } from '#clients/nats';
import { START, toPosition } from '#domain/position';
import { encodeEvent } from '#log/codec';
import type { StoredMessage } from '#log/event-log';
import type { JetStreamLog } from '#log/jetstream-log';
import { isRestored, StoredWriter } from '#log/stored-writer';
import { datasetSubject, someEvent } from '#test/support/events';
import { openLog, startTestNats, type TestNats } from '#test/support/nats';

let nats: TestNats;
let broker: Broker;
let log: JetStreamLog;
let writer: StoredWriter;
const { signal } = new AbortController();

beforeEach(async () => {
  nats = await startTestNats();
  broker = await nats.connect();
  log = openLog(broker);
  writer = new StoredWriter({ nc: broker.nc, log, signal });
});
afterEach(async () => {
  writer.close();
  log.close();
  await nats[Symbol.asyncDispose]();
});

/** Messages on few subjects, as a broker had stored them. */
function history(count: number): readonly StoredMessage[] {
  return Array.from({ length: count }, (_, index) => {
    const subject = datasetSubject(`d${index % 7}`);
    const { headers, body } = encodeEvent(subject, someEvent({ data: { index } }));
    const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('');
    const header = Buffer.from(`NATS/1.0\r\n${lines}\r\n`, 'latin1');
    const position = toPosition(index + 1);
    return { position, subject, recordedAtMs: 1_600_000_000_000 + index, header, data: body };
  });
}

async function storedNow(): Promise<readonly StoredMessage[]> {
  const { last: upTo } = await log.head();
  const messages: StoredMessage[] = [];
  for await (const batch of log.readStored({ after: START, upTo, batchMax: 500, signal }))
    messages.push(...batch);
  return messages;
}

describe('StoredWriter', () => {
  it('writes thousands of messages at their positions, many to one subject', async () => {
    const all = history(3_500);
    await writer.write(all);
    const found = await storedNow();
    expect(found.length).toBe(all.length);
    expect(all.every((message, index) => isRestored(message, found[index] ?? message))).toBe(true);
  });

  it('goes on when the broker is killed again and again meanwhile, and writes nothing twice', async () => {
    const all = history(4_000);
    const writing = writer.write(all);
    for (let kill = 0; kill < 3; kill += 1) {
      await new Promise((resolve) => setTimeout(resolve, 150));
      nats.kill();
    }
    await writing;
    const found = await storedNow();
    expect(found.length).toBe(all.length);
    expect(all.every((message, index) => isRestored(message, found[index] ?? message))).toBe(true);
  });

  it('stops at what somebody else has written in between', async () => {
    const all = history(40);
    await writer.write(all.slice(0, 20));
    await log.append(datasetSubject('other'), START, someEvent());
    await expect(writer.write(all.slice(20))).rejects.toThrow(
      /Cannot restore stream "REGISTRY": at position 21 it holds something else/,
    );
    expect((await log.head()).last).toBe(21);
  });

  it('stops when it is told to', async () => {
    const stop = new AbortController();
    stop.abort(new Error('enough'));
    const other = new StoredWriter({ nc: broker.nc, log, signal: stop.signal });
    await expect(other.write(history(3))).rejects.toThrow('enough');
    other.close();
    expect((await log.head()).last).toBe(0);
  });
});
