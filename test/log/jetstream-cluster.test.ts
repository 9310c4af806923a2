import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { START } from '#domain/position';
import { newId } from '#flow/new-id';
import type { AppendOutcome, EventLog } from '#log/event-log';
import { datasetSubject, someEvent } from '#test/support/events';
import { logConformance } from '#test/support/log-conformance';
import { takeFrom } from '#test/support/log-under-test';
import { memoryBodies, openLog } from '#test/support/nats';
import { startTestCluster, type TestCluster } from '#test/support/nats-cluster';
import { eventually } from '#test/support/wait';

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await startTestCluster();
});
afterAll(async () => {
  await cluster[Symbol.asyncDispose]();
});

logConformance('JetStream, three servers', async () => {
  const bodies = memoryBodies();
  return {
    log: openLog(await cluster.connect(0), { bodies }),
    other: openLog(await cluster.connect(1), { bodies }),
    messageBytesMax: 200_000,
    bodyBytesMax: 5_000_000,
    storedBodies: () => bodies.stored.size,
    [Symbol.asyncDispose]: async () => {},
  };
});

/** Repeats the identical append until its outcome is definite. */
async function resolved(
  log: EventLog,
  ...args: Parameters<EventLog['append']>
): Promise<AppendOutcome> {
  return await eventually(
    'a definite outcome',
    async () => {
      const outcome = await log.append(...args).catch(() => undefined);
      return outcome === undefined || outcome.kind === 'unknown' ? undefined : outcome;
    },
    40_000,
  );
}

describe('a cluster that loses its leader', () => {
  it('append() repeated through kill -9 of the leader stores every event exactly once', async () => {
    const log = openLog(await cluster.connect());
    const leader = await cluster.leaderOf('REGISTRY');
    const before = (await log.head()).last;
    const events = Array.from({ length: 60 }, () => ({
      to: datasetSubject(`failover/${newId()}`),
      event: someEvent(),
    }));
    const appends = events.map(async ({ to, event }, i) => {
      await new Promise((resolve) => setTimeout(resolve, i * 10));
      return await resolved(log, to, START, event);
    });
    setTimeout(() => cluster.signal(leader, 'SIGKILL'), 200);
    const outcomes = await Promise.all(appends);
    expect(new Set(outcomes.map((o) => o.kind))).toEqual(new Set(['appended']));
    cluster.restart(leader);
    const stored = await takeFrom(log, before, events.length);
    expect(new Set(stored.map((m) => m.subject))).toEqual(new Set(events.map((e) => e.to)));
    expect((await log.head()).last).toBe(before + events.length);
  }, 90_000);
});
