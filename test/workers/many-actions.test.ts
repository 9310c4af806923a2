import { describe, expect, it } from 'vitest';
import { openActionBed } from '#test/support/action-bed';
import { memoryLog } from '#test/support/command-env';
import { startHookServer } from '#test/support/hook-server';
import { seeded } from '#test/support/seed';
import { eventually } from '#test/support/wait';
import { openWorkerNode, working } from '#test/support/worker-bed';
import { Lanes } from '#workers/lanes';

describe('two action workers', () => {
  it('carry out the actions of 1,000 runs: each succeeds once in the log', async () => {
    await using server = await startHookServer();
    using bed = openActionBed();
    const log = memoryLog('JOBS');
    const webhook = {
      type: 'CALL_WEBHOOK',
      parameters: { target: { url: server.url }, attemptsMax: 20 },
    };
    const seed = Number(process.env['SEED'] ?? Date.now() % 1_000);
    const random = seeded(seed);
    const known = new Map<string, number>();
    server.behave((response, _, { headers }) => {
      const id = String(headers['idempotency-key']);
      known.set(id, (known.get(id) ?? 0) + 1);
      // Some answers are lost behind what was done.
      if (random.int(20) === 0) response.destroy();
      else response.writeHead(random.int(20) === 0 ? 503 : 200).end();
    });
    await using first = openWorkerNode(log);
    await using second = openWorkerNode(log);
    const { parts, end } = working(bed.parts, first, webhook);
    const ids = Array.from({ length: 1_000 }, (_, i) => `run-${i}`);
    for (const id of ids) await end(id);
    const busy = { ...parts, lanes: new Lanes(16), pollMs: 50 };
    first.work(busy);
    second.work({ ...busy, lanes: new Lanes(16) });
    await eventually(
      'every action to be settled',
      () =>
        first.runs
          .all()
          .every(({ actions = [] }) => actions.every((one) => one.dueAt === undefined)),
      50_000,
    );
    const ends = first.runs.events.filter(({ event }) => event.type === 'JobActionEnded');
    const succeeded = ends.filter(({ event }) => event.data['outcome'] === 'succeeded');
    expect(succeeded.length, `SEED=${seed}`).toBe(1_000);
    expect(new Set(succeeded.map(({ subject }) => subject)).size).toBe(1_000);
    expect(known.size).toBe(1_000);
    const attempts = [...known.values()].reduce((a, b) => a + b, 0);
    // Every attempt has one claim and one end: none was made twice.
    expect(ends.length, `SEED=${seed}`).toBe(attempts);
    const claims = first.runs.events.filter(({ event }) => event.type === 'JobActionClaimed');
    expect(claims).toHaveLength(attempts);
    for (const one of [first, second])
      expect(one.events.filter(({ type }) => type === 'action-ended').length).toBeGreaterThan(100);
  });
});
