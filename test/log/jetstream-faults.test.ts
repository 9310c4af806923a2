import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { START } from '#domain/position';
import { newId } from '#flow/new-id';
import { datasetSubject, someEvent } from '#test/support/events';
import { takeFrom } from '#test/support/log-under-test';
import { openLog, startTestNats, type TestNats } from '#test/support/nats';
import { eventually } from '#test/support/wait';

let nats: TestNats;
beforeAll(async () => {
  nats = await startTestNats();
});
afterAll(async () => {
  await nats[Symbol.asyncDispose]();
});

describe('a server that does not answer', () => {
  it('append() to a stopped server is unknown, and repeating it finds exactly one event', async () => {
    const log = openLog(await nats.connect(), { publishTimeoutMs: 300 });
    const events = Array.from({ length: 20 }, () => ({
      to: datasetSubject(`stopped/${newId()}`),
      event: someEvent(),
    }));
    const before = (await log.head()).last;
    nats.pause();
    const outcomes = await Promise.all(events.map(({ to, event }) => log.append(to, START, event)));
    nats.resume();
    expect(outcomes.map((o) => o.kind)).toEqual(events.map(() => 'unknown'));
    for (const { to, event } of events) {
      const outcome = await eventually('a definite outcome', async () => {
        const again = await log.append(to, START, event);
        return again.kind === 'unknown' ? undefined : again;
      });
      expect(outcome.kind).toBe('appended');
    }
    expect((await log.head()).last).toBe(before + events.length);
  });

  it('append() under way when the connection is renewed is unknown at once, not after its timeout', async () => {
    const log = openLog(await nats.connect(), { publishTimeoutMs: 600_000 });
    const [to, event] = [datasetSubject(`renewed/${newId()}`), someEvent()];
    nats.pause();
    const outcome = log.append(to, START, event);
    nats.kill();
    expect((await outcome).kind).toBe('unknown');
    const again = await eventually('a definite outcome', async () => {
      const next = await log.append(to, START, event).catch(() => undefined);
      return next === undefined || next.kind === 'unknown' ? undefined : next;
    });
    expect(again.kind).toBe('appended');
  });

  it('append() that waits while its log closes is refused as not applied, and never hangs', async () => {
    const log = openLog(await nats.connect());
    const { last } = await log.head();
    const appends = Array.from({ length: 20 }, () =>
      log.append(datasetSubject(`closing/${newId()}`), START, someEvent()),
    );
    await Promise.resolve();
    log.close();
    const late = log.append(datasetSubject(`closed/${newId()}`), START, someEvent());
    await expect(late).rejects.toMatchObject({ code: 'LOG_UNAVAILABLE', outcome: 'not-applied' });
    const settled = await Promise.allSettled(appends);
    const stored = (await openLog(await nats.connect()).head()).last - last;
    const refused = settled.filter((s) => s.status === 'rejected').length;
    expect(refused + stored).toBeLessThanOrEqual(20);
  });

  it('follow() goes on without gap or repeat after the server was killed', async () => {
    const log = openLog(await nats.connect());
    const { last } = await log.head();
    const coming = takeFrom(log, last, 20);
    for (let i = 0; i < 20; i += 1) {
      const [to, event] = [datasetSubject(`killed/${newId()}`), someEvent()];
      if (i === 10) nats.kill();
      await eventually('the append', async () => {
        const outcome = await log.append(to, START, event).catch(() => undefined);
        return outcome?.kind === 'appended';
      });
    }
    const messages = await coming;
    expect(messages.map((m) => m.position)).toEqual(
      Array.from({ length: 20 }, (_, i) => last + 1 + i),
    );
  });

  it('follow() stops pulling while its reader does not read, and goes on where it was', async () => {
    const log = openLog(await nats.connect());
    const { last } = await log.head();
    for (let i = 0; i < 300; i += 1)
      await log.append(datasetSubject(`slow/${newId()}`), START, someEvent());
    const stop = new AbortController();
    const feed = log
      .follow({ after: last, batchMax: 10, signal: stop.signal })
      [Symbol.asyncIterator]();
    const first = await feed.next();
    await new Promise((resolve) => setTimeout(resolve, 500));
    const positions = first.done === true ? [] : first.value.map((m) => m.position);
    while (positions.length < 300) {
      const next = await feed.next();
      if (next.done === true) break;
      positions.push(...next.value.map((m) => m.position));
    }
    stop.abort();
    await feed.return?.(undefined);
    expect(positions).toEqual(Array.from({ length: 300 }, (_, i) => last + 1 + i));
  });
});
