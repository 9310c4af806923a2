import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Broker } from '#clients/nats';
import { START, toPosition } from '#domain/position';
import { encodeEvent } from '#log/codec';
import type { StoredMessage } from '#log/event-log';
import type { JetStreamLog } from '#log/jetstream-log';
import { RECORDED_AT_HEADER, recordedAtOf } from '#log/recorded-at';
import { StoredWriter } from '#log/stored-writer';
import { datasetSubject, someEvent } from '#test/support/events';
import { openLog, startTestNats, type TestNats } from '#test/support/nats';

function block(...lines: readonly string[]): Buffer {
  return Buffer.from(['NATS/1.0', ...lines, '', ''].join('\r\n'), 'latin1');
}

/** A message as a broker had stored it. */
function stored(position: number, recordedAtMs: number): StoredMessage {
  const subject = datasetSubject(`d${position}`);
  const { headers, body } = encodeEvent(subject, someEvent());
  const lines = headers.map(([name, value]) => `${name}: ${value}`);
  const broker = 'Nats-Expected-Last-Subject-Sequence: 0';
  const header = block(...lines, broker);
  return { position: toPosition(position), subject, recordedAtMs, header, data: body };
}

describe('recordedAtOf()', () => {
  it('gives what the first header says, else what the broker says', () => {
    const noted = `${RECORDED_AT_HEADER}: 1700000000000`;
    expect(recordedAtOf(block(noted, 'ce-id: 1'), 5)).toBe(1_700_000_000_000);
    expect(recordedAtOf(block('ce-id: 1', noted), 5)).toBe(5);
    expect(recordedAtOf(block(), 5)).toBe(5);
    expect(recordedAtOf(new Uint8Array(), 5)).toBe(5);
  });

  it.each(['', '-1', '1.5', '1e3', 'yesterday', '1'.repeat(16)])('takes %j for no time', (text) => {
    expect(recordedAtOf(block(`${RECORDED_AT_HEADER}: ${text}`), 5)).toBe(5);
  });
});

describe('a restored log', () => {
  const TIMES = [1_600_000_000_000, 1_650_000_000_000, 1_700_000_000_000];
  let nats: TestNats;
  let broker: Broker;
  let log: JetStreamLog;
  const { signal } = new AbortController();

  beforeAll(async () => {
    nats = await startTestNats();
    broker = await nats.connect();
    log = openLog(broker);
    const writer = new StoredWriter({ nc: broker.nc, log, signal });
    await writer.write(TIMES.map((time, index) => stored(index + 1, time)));
    writer.close();
  });
  afterAll(async () => {
    log.close();
    await nats[Symbol.asyncDispose]();
  });

  async function ranged(sinceMs?: number): Promise<readonly number[]> {
    const since = sinceMs === undefined ? {} : { sinceMs };
    const range = { after: START, upTo: toPosition(3), batchMax: 10, signal, ...since };
    const times: number[] = [];
    for await (const batch of log.readRange(range))
      times.push(...batch.map(({ recordedAtMs }) => recordedAtMs));
    return times;
  }

  it('has the times of the first broker, however it is read', async () => {
    expect(await ranged()).toEqual(TIMES);
    const [event] = await log.readSubject(datasetSubject('d2'), START);
    expect(event?.recordedAtMs).toBe(TIMES[1]);
    const stop = new AbortController();
    const followed: number[] = [];
    for await (const batch of log.follow({ after: START, batchMax: 10, signal: stop.signal })) {
      followed.push(...batch.map(({ recordedAtMs }) => recordedAtMs));
      if (followed.length === TIMES.length) stop.abort();
    }
    expect(followed).toEqual(TIMES);
  });

  it('is read from a time on by those times', async () => {
    expect(await ranged(TIMES[1])).toEqual(TIMES.slice(1));
    expect(await ranged(Date.now())).toEqual([]);
  });

  it('has the headers of the first broker but for what they told it', async () => {
    const range = { after: START, upTo: toPosition(1), batchMax: 1, signal };
    for await (const [message] of log.readStored(range)) {
      const own = Buffer.from(stored(1, 0).header).toString().split('\r\n').slice(2, -3);
      const lines = Buffer.from(message?.header ?? '')
        .toString()
        .split('\r\n');
      expect(lines[1]).toBe(`${RECORDED_AT_HEADER}: ${TIMES[0]}`);
      expect(lines.slice(3, 3 + own.length).map((line) => line.split(':')[0])).toEqual(
        own.map((line) => line.split(':')[0]),
      );
    }
  });
});

describe('append()', () => {
  it('never writes the time of storing: an event has no place for it', () => {
    const { headers } = encodeEvent(datasetSubject('x'), someEvent());
    expect(headers.map(([name]) => name)).not.toContain(RECORDED_AT_HEADER);
  });
});
