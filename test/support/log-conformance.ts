import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { START, toPosition } from '#domain/position';
import { DEFAULT_SCOPE, parseScope } from '#domain/scope';
import { newId } from '#flow/new-id';
import { decodeEvent } from '#log/codec';
import type { StoredMessage } from '#log/event-log';
import { scopeFilter, subjectOf } from '#log/subjects';
import { datasetSubject, someEvent } from '#test/support/events';
import { rangePromises } from '#test/support/log-range-conformance';
import { bytesOf, type LogUnderTest, takeFrom } from '#test/support/log-under-test';
import { forSeeds } from '#test/support/seed';

/** What every event log promises. */
export function logConformance(name: string, open: () => Promise<LogUnderTest>): void {
  describe(`event log: ${name}`, () => {
    let subject: LogUnderTest;
    beforeAll(async () => {
      subject = await open();
    });
    afterAll(async () => {
      await subject[Symbol.asyncDispose]();
    });

    it('append() expects revision 0 of an empty subject and gives the position', async () => {
      const { log } = subject;
      const before = (await log.head()).last;
      const outcome = await log.append(datasetSubject('empty'), START, someEvent());
      expect(outcome).toEqual({ kind: 'appended', position: before + 1 });
      expect((await log.head()).last).toBe(before + 1);
    });

    it('append() refuses a stale revision and names the actual one', async () => {
      const { log } = subject;
      const to = datasetSubject('stale');
      const first = await log.append(to, START, someEvent());
      await log.append(datasetSubject('unrelated'), START, someEvent());
      const stale = await log.append(to, START, someEvent());
      expect(stale).toEqual({ kind: 'conflict', actual: (first as { position: number }).position });
      const ahead = await log.append(to, toPosition(9_999_999), someEvent());
      expect(ahead.kind).not.toBe('appended');
    });

    it('append() has one winner when N race for one revision', async () => {
      await forSeeds(25, async (random) => {
        const { log, other } = subject;
        const to = datasetSubject(`race/${newId()}`);
        const racers = Array.from({ length: 2 + random.int(14) }, () => someEvent());
        const outcomes = await Promise.all(
          racers.map((event) => (random.int(2) === 0 ? log : other).append(to, START, event)),
        );
        const winners = racers.filter((_, i) => outcomes[i]?.kind === 'appended');
        expect(winners).toHaveLength(1);
        const stored = await log.readSubject(to, START);
        expect(stored.map((e) => e.metadata.id)).toEqual(winners.map((e) => e.metadata.id));
      });
    });

    it('append() repeated with the same event id gives the same position and stores nothing more', async () => {
      const { log, other } = subject;
      const to = datasetSubject(`lost-ack/${newId()}`);
      const event = someEvent();
      const first = await log.append(to, START, event);
      const second = await other.append(to, START, event);
      const third = await log.append(to, START, event);
      expect(second).toEqual(first);
      expect(third).toEqual(first);
      expect(await log.readSubject(to, START)).toHaveLength(1);
    });

    it('append() gives a conflict to the loser of a race however often it repeats', async () => {
      const { log, other } = subject;
      const to = datasetSubject(`loser/${newId()}`);
      const [winner, loser] = [someEvent(), someEvent()];
      await log.append(to, START, winner);
      for (let i = 0; i < 3; i += 1) {
        expect((await other.append(to, START, loser)).kind).toBe('conflict');
      }
      expect(await log.readSubject(to, START)).toHaveLength(1);
    });

    it('readSubject() gives every event whole, in order, and only those of the subject', async () => {
      const { log } = subject;
      const to = datasetSubject(`read/${newId()}`);
      let revision = START;
      for (let value = 1; value <= 5; value += 1) {
        const outcome = await log.append(
          to,
          revision,
          someEvent({ data: { value, text: 'ä€😀\u2028' } }),
        );
        if (outcome.kind !== 'appended') throw new Error(outcome.kind);
        revision = outcome.position;
        await log.append(datasetSubject(`noise/${newId()}`), START, someEvent());
      }
      const events = await log.readSubject(to, START);
      expect(events.map((e) => e.event.data['value'])).toEqual([1, 2, 3, 4, 5]);
      expect(events[0]?.event.data['text']).toBe('ä€😀\u2028');
      expect(events.at(-1)?.position).toBe(revision);
      const tail = await log.readSubject(to, events[2]?.position ?? START);
      expect(tail.map((e) => e.event.data['value'])).toEqual([4, 5]);
      expect(new Set(events.map((e) => e.hash)).size).toBe(5);
    });

    it('append() keeps attributes that no header could hold raw', async () => {
      const { log } = subject;
      const to = datasetSubject(`attributes/${newId()}`);
      const commandId = 'key with "quotes", ümlaut\u2028 and 100 %';
      await log.append(to, START, someEvent({ actor: 'user\r\nInjected: yes', commandId }));
      const [event] = await log.readSubject(to, START);
      expect(event?.metadata.actor).toBe('user\r\nInjected: yes');
      expect(event?.metadata.commandId).toBe(commandId);
    });

    it('append() refuses a body over the maximum before anything is written', async () => {
      const { log, bodyBytesMax } = subject;
      const to = datasetSubject(`oversize/${newId()}`);
      const before = await log.head();
      const event = someEvent({ data: { text: 'x'.repeat(bodyBytesMax) } });
      await expect(log.append(to, START, event)).rejects.toMatchObject({
        code: 'TOO_LARGE',
        outcome: 'not-applied',
      });
      expect(await log.head()).toEqual(before);
    });

    it('append() moves a body over the message limit to the store and gives it back whole', async () => {
      const { log, other, messageBytesMax, storedBodies } = subject;
      const to = datasetSubject(`large/${newId()}`);
      const data = { text: 'y'.repeat(messageBytesMax + 1) };
      const event = someEvent({ data });
      const before = storedBodies();
      const outcome = await log.append(to, START, event);
      expect(storedBodies()).toBe(before + 1);
      const [read] = await other.readSubject(to, START);
      expect(read?.event.data).toEqual(data);
      const followed = await takeFrom(other, (outcome as { position: number }).position - 1, 1);
      expect(followed.map((m) => decodeEvent(m).event.data)).toEqual([data]);
      expect(decodeEvent(followed[0] as StoredMessage).hash).toBe(read?.hash);
    });

    it('follow() gives every event once, in order, without gap, and resumes behind any position', async () => {
      const { log, other } = subject;
      for (let i = 0; i < 50; i += 1)
        await log.append(datasetSubject(`follow/${newId()}`), START, someEvent());
      const { last } = await log.head();
      const all = await takeFrom(other, 0, last);
      expect(all.map((m) => m.position)).toEqual(Array.from({ length: last }, (_, i) => i + 1));
      await forSeeds(5, async (random) => {
        const after = random.int(last);
        const rest = await takeFrom(other, after, last - after);
        expect(rest.map(bytesOf)).toEqual(all.slice(after).map(bytesOf));
      });
    });

    it('follow() gives what is appended while it waits', async () => {
      const { log, other } = subject;
      const { last } = await log.head();
      const coming = takeFrom(other, last, 3);
      for (let i = 0; i < 3; i += 1)
        await log.append(datasetSubject(`live/${newId()}`), START, someEvent());
      expect((await coming).map((m) => m.position)).toEqual([last + 1, last + 2, last + 3]);
    });

    it('follow() gives byte for byte the same live and later, with the same times', async () => {
      const { log, other } = subject;
      const { last } = await log.head();
      const live = takeFrom(other, last, 200);
      for (let i = 0; i < 200; i += 1)
        await log.append(datasetSubject(`time/${newId()}`), START, someEvent());
      const later = await takeFrom(other, last, 200);
      expect((await live).map(bytesOf)).toEqual(later.map(bytesOf));
    });

    it('follow() gives batches no larger than asked for', async () => {
      const { log } = subject;
      const { last } = await log.head();
      const sizes: number[] = [];
      const stop = new AbortController();
      let seen = 0;
      for await (const batch of log.follow({ after: START, batchMax: 7, signal: stop.signal })) {
        sizes.push(batch.length);
        seen += batch.length;
        if (seen >= last) stop.abort();
      }
      expect(Math.max(...sizes)).toBeLessThanOrEqual(7);
      expect(Math.min(...sizes)).toBeGreaterThan(0);
    });

    rangePromises(() => subject);

    it('follow() ends when its signal aborts, whatever it is doing then', async () => {
      const { log } = subject;
      await log.append(datasetSubject(`abort/${newId()}`), START, someEvent());
      const filter = scopeFilter(DEFAULT_SCOPE);
      const { last } = await log.head();
      await forSeeds(40, async (random) => {
        const stop = new AbortController();
        const narrowed = random.int(2) === 0 ? {} : { filter };
        const after = random.pick([START, last]);
        const feed = log.follow({ after, batchMax: 2, signal: stop.signal, ...narrowed });
        const drained = (async () => {
          for await (const _ of feed);
          return 'ended';
        })();
        const ms = random.int(4);
        if (ms > 0) await delay(ms);
        stop.abort();
        expect(await Promise.race([drained, delay(1_500)])).toBe('ended');
      });
    });

    it('follow() with a filter gives only the subjects of one scope', async () => {
      const { log } = subject;
      const scope = parseScope(`t-${newId()}`, 'prod');
      const { last } = await log.head();
      const own = subjectOf({ scope, kind: 'dataset', id: 'a' });
      await log.append(datasetSubject(`foreign/${newId()}`), START, someEvent());
      const outcome = await log.append(own, START, someEvent());
      const [message] = await takeFrom(log, last, { count: 1, filter: scopeFilter(scope) });
      expect(message?.subject).toBe(own);
      expect(message?.position).toBe((outcome as { position: number }).position);
    });
  });
}
