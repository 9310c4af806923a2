import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { NewEvent } from '#domain/event';
import { START, toPosition } from '#domain/position';
import { decodeEvent, encodeEvent } from '#log/codec';
import type { StoredMessage } from '#log/event-log';
import { freshTraceparents, traceparentOf } from '#log/event-trace';
import { StoredWriter } from '#log/stored-writer';
import { datasetSubject, someEvent } from '#test/support/events';
import { openLog, startTestNats } from '#test/support/nats';

const TRACEPARENT = `00-${'ab'.repeat(16)}-${'cd'.repeat(8)}-01`;
const subject = datasetSubject('a');

function stored(event: NewEvent, recordedAtMs = 0): StoredMessage {
  const { headers, body } = encodeEvent(subject, event);
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  const header = Buffer.from(`NATS/1.0\r\n${lines}\r\n`, 'latin1');
  return { position: toPosition(1), subject, recordedAtMs, header, data: body };
}

describe('the trace of an event', () => {
  it('is read as it was written, and changes neither what the event says nor its hash', () => {
    const event = someEvent();
    const [plain, traced] = [stored(event), stored({ ...event, traceparent: TRACEPARENT })];
    expect(traceparentOf(plain)).toBeUndefined();
    expect(traceparentOf(traced)).toBe(TRACEPARENT);
    expect(decodeEvent(traced)).toEqual(decodeEvent(plain));
    expect(JSON.stringify(decodeEvent(traced))).not.toContain('traceparent');
  });

  it('cannot write another header, and is not read where it is longer than any', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (hostile) => {
        const event = someEvent();
        const traceparent = `${hostile}\r\nce-actor: somebody`;
        const read = decodeEvent(stored({ ...event, traceparent }));
        expect(read).toEqual(decodeEvent(stored(event)));
        const found = traceparentOf(stored({ ...event, traceparent }));
        expect((found ?? '').length).toBeLessThanOrEqual(128);
      }),
    );
  });

  it('counts for a minute, and of so many events at once', () => {
    const traced = { ...someEvent(), traceparent: TRACEPARENT };
    const batch = [stored(someEvent(), 90_000), stored(traced, 10_000), stored(traced, 90_000)];
    expect(freshTraceparents(batch, 100_000)).toEqual([TRACEPARENT]);
    const many = Array.from({ length: 100 }, () => stored(traced, 90_000));
    expect(freshTraceparents(many, 100_000)).toHaveLength(16);
  });

  it('is what it was after an append, a read, and a copy to another broker', async () => {
    await using from = await startTestNats();
    await using to = await startTestNats();
    const [source, target] = [await from.connect(), await to.connect()];
    const [log, copy] = [openLog(source), openLog(target)];
    const { signal } = new AbortController();
    const read = async (of: typeof log): Promise<readonly StoredMessage[]> => {
      const range = { after: START, upTo: toPosition(9), batchMax: 9, signal };
      const all: StoredMessage[] = [];
      for await (const batch of of.readStored(range)) all.push(...batch);
      return all;
    };
    const event = { ...someEvent(), traceparent: TRACEPARENT };
    await log.append(subject, START, event);
    await log.append(datasetSubject('b'), START, someEvent());
    const messages = await read(log);
    const writer = new StoredWriter({ nc: target.nc, log: copy, signal });
    await writer.write(messages);
    const copied = await read(copy);
    expect(messages.map(traceparentOf)).toEqual([TRACEPARENT, undefined]);
    expect(copied.map(traceparentOf)).toEqual([TRACEPARENT, undefined]);
    expect(copied.map((message) => decodeEvent(message).hash)).toEqual(
      messages.map((message) => decodeEvent(message).hash),
    );
    writer.close();
    log.close();
    copy.close();
  });
});
