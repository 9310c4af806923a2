import { describe, expect, it } from 'vitest';
import { progressJobRun } from '#commands/progress-job-run';
import { RegistryError } from '#domain/errors';
import { DEFAULT_SCOPE } from '#domain/scope';
import { commandContext, memoryLog } from '#test/support/command-env';
import { actionProfile, planOf, put, runStart } from '#test/support/ended-runs';
import { FakeClock } from '#test/support/fake-clock';
import { openWorkerNode, workerContext } from '#test/support/worker-bed';
import { TimeoutWorker } from '#workers/timeout-worker';
import type { WorkerEvent } from '#workers/worker-event';

const planned = planOf(actionProfile([{ type: 'STORE_RESULTS', parameters: { prefix: 'a' } }]));

describe('TimeoutWorker', () => {
  it('gives a lost run up once, with two workers, and plans what is done when it fails', async () => {
    const clock = new FakeClock();
    const log = memoryLog('JOBS');
    const events: WorkerEvent[] = [];
    await using node = openWorkerNode(log, { clock });
    const start = () => {
      const worker = new TimeoutWorker({
        commands: { ...node.commands, planner: { plan: async () => planned } },
        queue: node.runs,
        context: workerContext,
        pollMs: 1_000,
        onEvent: (event) => events.push(event),
      });
      worker.start();
      return worker;
    };
    const workers = [start(), start()];
    for (const [id, timeoutMs] of [
      ['lost', 5_000],
      ['alive', 5_000],
      ['endless', undefined],
    ] as const) {
      const run = runStart({ id, ...(timeoutMs === undefined ? {} : { timeoutMs }) });
      await put(node.commands, run.id, { type: 'JobRunStarted', data: { run } });
    }
    await clock.advance(4_000);
    await progressJobRun(node.commands, commandContext(), { id: runStart({ id: 'alive' }).id });
    await clock.advance(3_000);
    const { find, events: recorded } = node.runs;
    expect(find(DEFAULT_SCOPE, 'lost')).toMatchObject({
      status: 'failed',
      end: { outcome: 'failed', message: expect.stringContaining('No sign of life since') },
      actions: [{ status: 'pending', type: 'STORE_RESULTS' }],
    });
    expect(find(DEFAULT_SCOPE, 'alive')?.status).toBe('running');
    await clock.advance(100_000);
    expect(find(DEFAULT_SCOPE, 'alive')?.status).toBe('failed');
    expect(find(DEFAULT_SCOPE, 'endless')?.status).toBe('running');
    expect(recorded.filter(({ event }) => event.type === 'JobRunTimedOut')).toHaveLength(2);
    expect(events.filter(({ type }) => type === 'run-expired')).toHaveLength(2);
    for (const worker of workers) await worker.stop();
    expect(clock.sleeping).toBe(0);
  });

  it.each(['NOT_READY', 'FROZEN'] as const)(
    'waits while its node is %s and leaves no run for it',
    async (code) => {
      const clock = new FakeClock();
      await using node = openWorkerNode(memoryLog('JOBS'), { clock });
      const events: WorkerEvent[] = [];
      let isReady = false;
      const worker = new TimeoutWorker({
        commands: { ...node.commands, planner: { plan: async () => [] } },
        queue: node.runs,
        context: (scope) => {
          if (!isReady) throw new RegistryError(code, 'Cannot work');
          return workerContext(scope);
        },
        pollMs: 1_000,
        onEvent: (event) => events.push(event),
      });
      worker.start();
      const run = runStart({ timeoutMs: 5_000 });
      await put(node.commands, run.id, { type: 'JobRunStarted', data: { run } });
      await clock.advance(60_000);
      isReady = true;
      await clock.advance(30_000);
      await worker.stop();
      expect(node.runs.find(DEFAULT_SCOPE, run.id)?.status).toBe('failed');
      expect(events.map(({ type }) => type)).toEqual(['stuck', 'run-expired', 'recovered']);
    },
  );

  it('goes on when the views were away', async () => {
    const clock = new FakeClock();
    await using node = openWorkerNode(memoryLog('JOBS'), { clock });
    const events: WorkerEvent[] = [];
    let isAway = true;
    const worker = new TimeoutWorker({
      commands: { ...node.commands, planner: { plan: async () => [] } },
      queue: {
        actionable: async () => [],
        overdue: async (now, limit) => {
          if (isAway) throw new RegistryError('VIEW_UNAVAILABLE', 'Cannot read view');
          return await node.runs.overdue(now, limit);
        },
      },
      context: workerContext,
      pollMs: 1_000,
      onEvent: (event) => events.push(event),
    });
    worker.start();
    const run = runStart({ timeoutMs: 5_000 });
    await put(node.commands, run.id, { type: 'JobRunStarted', data: { run } });
    await clock.advance(60_000);
    isAway = false;
    await clock.advance(30_000);
    await worker.stop();
    expect(node.runs.find(DEFAULT_SCOPE, run.id)?.status).toBe('failed');
    expect(events.map(({ type }) => type)).toEqual(['stuck', 'recovered', 'run-expired']);
  });
});
