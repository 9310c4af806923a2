import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RegistryError } from '#domain/errors';
import { DEFAULT_SCOPE } from '#domain/scope';
import type { MemoryLog } from '#log/memory-log';
import { type ActionBed, openActionBed, secretsOf } from '#test/support/action-bed';
import { memoryLog } from '#test/support/command-env';
import { actionProfile, endRun, planOf, profilesOf } from '#test/support/ended-runs';
import { type HookServer, startHookServer, status } from '#test/support/hook-server';
import { eventually } from '#test/support/wait';
import { openWorkerNode, settledRun, type WorkerNode, working } from '#test/support/worker-bed';
import { executeAction } from '#workers/actions/execute-action';
import { Lanes } from '#workers/lanes';

let server: HookServer;
let log: MemoryLog;
let bed: ActionBed;
let nodes: WorkerNode[];
beforeEach(async () => {
  server = await startHookServer();
  log = memoryLog('JOBS');
  bed = openActionBed({ secrets: secretsOf({}) });
  nodes = [];
});
afterEach(async () => {
  for (const one of nodes) await one[Symbol.asyncDispose]();
  bed[Symbol.dispose]();
  await server[Symbol.asyncDispose]();
});

function node(): WorkerNode {
  const made = openWorkerNode(log);
  nodes.push(made);
  return made;
}

const webhook = (rest: object = {}, url = server.url) => ({
  type: 'CALL_WEBHOOK',
  parameters: { target: { url }, ...rest },
});

describe('ActionWorker', () => {
  it('tries again after two failures with the same id and body, and succeeds', async () => {
    server.behave((response, index) => response.writeHead(index < 2 ? 500 : 200).end());
    const one = node();
    const { parts, end } = working(bed.parts, one, webhook());
    one.work(parts);
    const run = await settledRun(one, await end());
    expect(run.actions).toMatchObject([{ status: 'succeeded', attempts: 3, detail: 'HTTP 200' }]);
    expect(new Set(server.requests.map(({ headers }) => headers['idempotency-key'])).size).toBe(1);
    expect(new Set(server.requests.map(({ body }) => body)).size).toBe(1);
    const ended = one.events.flatMap((event) =>
      event.type === 'action-ended' ? event.outcome : [],
    );
    expect(ended).toEqual(['failed', 'failed', 'succeeded']);
  });

  it('leaves the action dead on the run with its last detail when no attempt is left', async () => {
    server.behave(status(503));
    const one = node();
    const { parts, end } = working(bed.parts, one, webhook({ attemptsMax: 3 }));
    one.work(parts);
    const run = await settledRun(one, await end());
    expect(run.actions).toMatchObject([{ status: 'dead', attempts: 3, detail: 'HTTP 503' }]);
    expect(server.requests).toHaveLength(3);
  });

  it('does not try again what would be refused again', async () => {
    server.behave(status(302, { Location: 'http://169.254.169.254/latest/meta-data/' }));
    const one = node();
    const { parts, end } = working(bed.parts, one, webhook());
    one.work(parts);
    const run = await settledRun(one, await end());
    expect(run.actions).toMatchObject([
      { status: 'dead', attempts: 1, detail: 'HTTP 302: redirects are not followed' },
    ]);
    expect(server.requests).toHaveLength(1);
  });

  it('gives an attempt up that nobody answers, at the deadline of the webhook', async () => {
    server.behave(() => undefined);
    const one = node();
    const { parts, end } = working(bed.parts, one, webhook({ timeoutMs: 100, attemptsMax: 1 }));
    one.work(parts);
    const run = await settledRun(one, await end());
    expect(run.actions).toMatchObject([
      { status: 'dead', attempts: 1, detail: 'No answer in time' },
    ]);
  });

  it('waits for as long as Retry-After asks, and at most an hour', async () => {
    const one = node();
    const { parts, end } = working(bed.parts, one, webhook());
    one.work(parts);
    for (const [id, asked, waitMs] of [
      ['asked', '120', 120_500],
      ['greedy', '999999', 3_600_500],
    ] as const) {
      server.behave(status(429, { 'Retry-After': asked }));
      await end(id);
      const ended = await eventually('the end of the attempt', () =>
        one.runs.events.find(
          ({ event, subject }) => event.type === 'JobActionEnded' && subject.endsWith(id),
        ),
      );
      const { retryAt } = ended.event.data as { readonly retryAt: string };
      expect(Date.parse(retryAt) - Date.parse(ended.metadata.time)).toBe(waitMs);
    }
    expect(server.requests).toHaveLength(2);
  });

  it('begins a later action when the earlier one was tried, and does not wait for its retries', async () => {
    const order: string[] = [];
    server.behave((response, _, { path }) => {
      order.push(path);
      response.writeHead(path === '/a' && order.length === 1 ? 500 : 200).end();
    });
    const at = (path: string) => webhook({}, new URL(path, server.url).href);
    const one = node();
    const { parts, end } = working(bed.parts, one, at('/a'), at('/b'), at('/c'));
    // Several workers do not change it.
    for (let i = 0; i < 3; i += 1) one.work(parts);
    const run = await settledRun(one, await end());
    expect(run.actions?.map((action) => action.attempts)).toEqual([2, 1, 1]);
    expect(order).toEqual(['/a', '/b', '/c', '/a']);
  });

  it('says that a secret is missing, and succeeds when it is there', async () => {
    const secrets: Record<string, string> = {};
    bed[Symbol.dispose]();
    bed = openActionBed({ secrets: secretsOf(secrets) });
    const one = node();
    const { parts, end } = working(
      bed.parts,
      one,
      webhook({ target: { url: server.url, secretName: 'a' } }),
    );
    one.work(parts);
    const id = await end();
    const failed = await eventually('the first attempt to end', () => {
      const action = one.runs.find(DEFAULT_SCOPE, id)?.actions?.[0];
      return action?.status === 'failed' ? action : undefined;
    });
    expect(failed.detail).toBe('Cannot use secret "a": it is not there');
    secrets['a'] = 'now';
    expect((await settledRun(one, id)).actions).toMatchObject([{ status: 'succeeded' }]);
  });

  it('is dead after some attempts when the profile stays unknown, and at once what was planned as a problem', async () => {
    const one = node();
    const { parts, end } = working(bed.parts, one, webhook());
    one.work({ ...parts, profiles: profilesOf() });
    const run = await settledRun(one, await end());
    expect(run.actions).toMatchObject([
      {
        status: 'dead',
        attempts: 12,
        detail: 'The version of the action profile is not known here',
      },
    ]);
    const [planned] = planOf(actionProfile([webhook()]));
    if (planned === undefined) throw new Error('nothing is planned');
    const id = await endRun(one.commands, [{ ...planned, problem: 'no version is active' }], {
      id: 'run-2',
    });
    expect((await settledRun(one, id)).actions).toMatchObject([
      { status: 'dead', attempts: 0, detail: 'no version is active' },
    ]);
  });

  it('is not held up by a host that does not answer', async () => {
    const slow = await startHookServer();
    try {
      slow.behave(() => undefined);
      const one = node();
      const both = [webhook({}, slow.url), webhook()].map((action, i) =>
        actionProfile([action], `p.p${i}`),
      );
      const parts = { profiles: profilesOf(...both), execute: executeAction(bed.parts) };
      for (let i = 0; i < 40; i += 1) {
        for (const [which, profile] of both.entries())
          await endRun(one.commands, planOf(profile), { id: `run-${which}-${i}` });
      }
      one.work({ ...parts, lanes: new Lanes(2), runsMax: 4 });
      await eventually(
        'the other host to have all of its calls',
        () => server.requests.length === 40,
      );
      expect(slow.requests.length).toBeLessThanOrEqual(2);
    } finally {
      await slow[Symbol.asyncDispose]();
    }
  });

  it('gives up what is under way when it is stopped, and leaves it to its claim', async () => {
    server.behave(() => undefined);
    const one = node();
    const { parts, end } = working(bed.parts, one, webhook({ timeoutMs: 60_000 }));
    const worker = one.work(parts);
    const id = await end();
    await eventually('the request', () => server.requests.length === 1);
    await worker.stop();
    expect(one.runs.find(DEFAULT_SCOPE, id)?.actions).toMatchObject([
      { status: 'claimed', attempts: 1 },
    ]);
    expect(one.runs.events.filter(({ event }) => event.type === 'JobActionEnded')).toEqual([]);
  });

  it('begins at once when it is nudged', async () => {
    const one = node();
    const { parts, end } = working(bed.parts, one, webhook());
    const worker = one.work({ ...parts, pollMs: 3_600_000 });
    // The first look finds nothing.
    await eventually('the first look', () => true);
    const id = await end();
    await eventually('the view', () => one.runs.find(DEFAULT_SCOPE, id)?.actions);
    worker.nudge();
    expect((await settledRun(one, id)).actions).toMatchObject([{ status: 'succeeded' }]);
  });

  it('survives that views and broker are away, and says so once', async () => {
    const one = node();
    const { parts, end } = working(bed.parts, one, webhook());
    const away = new RegistryError('VIEW_UNAVAILABLE', 'Cannot read view: it is away');
    let calls = 0;
    const queue = {
      overdue: async () => [],
      actionable: async (now: string, limit: number) => {
        calls += 1;
        if (calls <= 3) throw away;
        return await one.runs.actionable(now, limit);
      },
    };
    one.work({ ...parts, queue });
    const run = await settledRun(one, await end());
    expect(run.actions).toMatchObject([{ status: 'succeeded', attempts: 1 }]);
    const told = one.events.filter(({ type }) => type !== 'action-ended');
    expect(told).toEqual([
      { type: 'stuck', worker: 'actions', error: away },
      { type: 'recovered', worker: 'actions' },
    ]);
  });

  it('leaves a run alone that cannot be read, and goes on with the others', async () => {
    const one = node();
    const { parts, end } = working(bed.parts, one, webhook());
    const broken = new RegistryError('CORRUPT_EVENT', 'Cannot read run');
    const source: typeof one.commands.source = {
      load: async (scope, id, commandId) => {
        if (id === 'bad') throw broken;
        return await one.runs.source.load(scope, id, commandId);
      },
    };
    await end('bad');
    one.work({ ...parts, commands: { ...one.commands, source } });
    expect((await settledRun(one, await end('good'))).actions).toMatchObject([
      { status: 'succeeded' },
    ]);
    const left = one.events.filter(({ type }) => type === 'left');
    expect(left).toEqual([
      { type: 'left', worker: 'actions', scope: DEFAULT_SCOPE, id: 'bad', error: broken },
    ]);
  });
});
