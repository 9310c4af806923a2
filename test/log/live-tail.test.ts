import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { START, toPosition } from '#domain/position';
import { newId } from '#flow/new-id';
import type { StoredMessage } from '#log/event-log';
import { followStream } from '#log/follow-stream';
import { LiveTail, TailHub } from '#log/live-tail';
import { TAIL_PREFIX } from '#log/streams';
import { datasetSubject, someEvent } from '#test/support/events';
import { openLog, startTestNats, type TestNats } from '#test/support/nats';

function message(position: number, bytes = 0): StoredMessage {
  const [header, data] = [new Uint8Array(), new Uint8Array(bytes)];
  return { position: toPosition(position), subject: 'x', recordedAtMs: 0, header, data };
}

function tailOf(messagesMax: number, bytesMax = 1_000): LiveTail {
  return new LiveTail({
    messagesMax,
    bytesMax,
    established: async () => undefined,
    onClose: () => undefined,
  });
}

describe('LiveTail', () => {
  it('gives what follows a position without gap, and nothing before it', async () => {
    const tail = tailOf(10);
    for (const position of [3, 4, 5, 6]) tail.push(message(position));
    const taken = await tail.take(toPosition(4), 10);
    expect(taken).toEqual({ kind: 'batch', messages: [message(5), message(6)] });
  });

  it('gives at most as many as asked for, and the rest next time', async () => {
    const tail = tailOf(10);
    for (const position of [1, 2, 3]) tail.push(message(position));
    expect(await tail.take(START, 2)).toEqual({
      kind: 'batch',
      messages: [message(1), message(2)],
    });
    expect(await tail.take(toPosition(2), 2)).toEqual({ kind: 'batch', messages: [message(3)] });
  });

  it('gives what stands before a missing message, then says that there is a gap', async () => {
    const tail = tailOf(10);
    for (const position of [1, 2, 4]) tail.push(message(position));
    expect(await tail.take(START, 10)).toMatchObject({ kind: 'batch', messages: { length: 2 } });
    expect(await tail.take(toPosition(2), 10)).toEqual({ kind: 'gap' });
  });

  it('forgets what waits when its reader does not keep up, which is then a gap', async () => {
    const tail = tailOf(3);
    for (const position of [1, 2, 3, 4]) tail.push(message(position));
    expect(await tail.take(START, 10)).toEqual({ kind: 'gap' });
  });

  it('forgets what waits when that is too many bytes, which is then a gap', async () => {
    const tail = tailOf(10, 100);
    for (const position of [1, 2, 3]) tail.push(message(position, 40));
    expect(await tail.take(START, 10)).toEqual({ kind: 'gap' });
    expect(await tail.take(toPosition(2), 10)).toMatchObject({ messages: [{ position: 3 }] });
  });

  it('counts only the bytes that wait: what was taken, passed over or forgotten counts no more', async () => {
    const tail = tailOf(10, 100);
    for (let after = 0; after < 40; after += 4) {
      for (const step of [1, 2]) tail.push(message(after + step, 50));
      expect(await tail.take(toPosition(after), 1)).toMatchObject({ messages: { length: 1 } });
      tail.push(message(after + 3, 50));
      // Skips the second, and forgets nothing for the fourth.
      expect(await tail.take(toPosition(after + 2), 1)).toMatchObject({ messages: { length: 1 } });
      tail.push(message(after + 4, 100));
      expect(await tail.take(toPosition(after + 3), 1)).toMatchObject({ messages: { length: 1 } });
    }
  });

  it('gives a message that alone is more than may wait', async () => {
    const tail = tailOf(10, 100);
    tail.push(message(1, 500));
    expect(await tail.take(START, 10)).toMatchObject({ messages: { length: 1 } });
  });

  it('ends a wait when it is interrupted', async () => {
    const tail = tailOf(3);
    const taken = tail.take(START, 10);
    tail.interrupt();
    expect(await taken).toEqual({ kind: 'quiet' });
  });
});

describe('followStream() over a tail that loses messages', () => {
  let nats: TestNats;
  beforeAll(async () => {
    nats = await startTestNats();
  });
  afterAll(async () => {
    await nats[Symbol.asyncDispose]();
  });

  /** Follows with a hub of our choice while events are appended, and gives the positions seen. */
  async function follow(
    subject: string,
    losing: (tail: LiveTail) => void,
    count: number,
  ): Promise<{ readonly first: number; readonly positions: number[] }> {
    const broker = await nats.connect();
    const log = openLog(broker);
    const { last } = await log.head();
    const hub = new TailHub(broker.nc, subject);
    const stop = new AbortController();
    const source = {
      nc: broker.nc,
      jsm: broker.jsm,
      onReconnect: broker.onReconnect,
      stream: 'REGISTRY',
      last: async () => (await log.head()).last,
      openTail: (messagesMax: number) => {
        const tail = hub.open(messagesMax);
        losing(tail);
        return tail;
      },
    };
    const positions: number[] = [];
    const seen = (async () => {
      for await (const batch of followStream(source, {
        after: last,
        batchMax: 5,
        signal: stop.signal,
      })) {
        positions.push(...batch.map((m) => m.position));
        if (positions.length >= count) stop.abort();
      }
    })();
    for (let i = 0; i < count; i += 1)
      await log.append(datasetSubject(`tail/${newId()}`), START, someEvent());
    await seen;
    return { first: last + 1, positions };
  }

  it('pulls what the tail never saw, within the time that it waits for news', async () => {
    const { first, positions } = await follow('nobody.publishes.here', () => undefined, 8);
    expect(positions).toEqual(Array.from({ length: 8 }, (_, i) => first + i));
  });

  it('gives every message once and in order when every fourth is lost', async () => {
    const losing = (tail: LiveTail): void => {
      const push = tail.push.bind(tail);
      tail.push = (m) => {
        if (m.position % 4 !== 0) push(m);
      };
    };
    const { first, positions } = await follow(`${TAIL_PREFIX}.REGISTRY.>`, losing, 60);
    expect(positions).toEqual(Array.from({ length: 60 }, (_, i) => first + i));
  });

  it('gives every message once and in order when messages come twice', async () => {
    const doubling = (tail: LiveTail): void => {
      const push = tail.push.bind(tail);
      tail.push = (m) => {
        push(m);
        push(m);
      };
    };
    const { first, positions } = await follow(`${TAIL_PREFIX}.REGISTRY.>`, doubling, 60);
    expect(positions).toEqual(Array.from({ length: 60 }, (_, i) => first + i));
  });
});
