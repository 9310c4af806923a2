import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DEFAULT_SCOPE } from '#domain/scope';
import { openActionBed } from '#test/support/action-bed';
import type { ActionWorkerTask } from '#test/support/action-worker-child';
import { actionProfile, endRun, planOf, profilesOf } from '#test/support/ended-runs';
import { startHookServer } from '#test/support/hook-server';
import { openLog, startTestNats, type TestNats } from '#test/support/nats';
import { eventually } from '#test/support/wait';
import { openWorkerNode, working } from '#test/support/worker-bed';
import { executeAction } from '#workers/actions/execute-action';

const CHILD = join(import.meta.dirname, '../../dist/test/support/action-worker-child.js');
const CLAIM_MARGIN_MS = 500;
const TIMEOUT_MS = 2_000;

let nats: TestNats;
beforeAll(async () => {
  nats = await startTestNats();
});
afterAll(async () => await nats[Symbol.asyncDispose]());

describe('a worker that is killed between claim and end', () => {
  it('is followed by another one after its claim, which sends the same id', async () => {
    await using server = await startHookServer();
    server.behave((response, index) => {
      if (index > 0) response.end();
    });
    const actions = [
      { type: 'CALL_WEBHOOK', parameters: { target: { url: server.url }, timeoutMs: TIMEOUT_MS } },
    ];
    const profile = actionProfile(actions);
    await using node = openWorkerNode(openLog(await nats.connect(), { stream: 'JOBS' }));
    const id = await endRun(node.commands, planOf(profile));
    const { url, token } = nats.server;
    const task: ActionWorkerTask = {
      nats: { url, token },
      actions,
      claimMarginMs: CLAIM_MARGIN_MS,
    };
    const child = spawn(process.execPath, [CHILD, JSON.stringify(task)], { stdio: 'inherit' });
    await eventually('the first request', () => server.requests.length === 1);
    child.kill('SIGKILL');
    await once(child, 'close');
    const { parts } = openActionBed();
    node.work({
      profiles: profilesOf(profile),
      execute: executeAction(parts),
      claimMarginMs: CLAIM_MARGIN_MS,
    });
    const run = await eventually('the action to be done', () => {
      const found = node.runs.find(DEFAULT_SCOPE, id);
      return found?.actions?.[0]?.status === 'succeeded' ? found : undefined;
    });
    parts.outbound.close();
    expect(run.actions).toMatchObject([{ status: 'succeeded', attempts: 2 }]);
    const [first, second] = server.requests;
    expect(server.requests).toHaveLength(2);
    expect(second?.headers['idempotency-key']).toBe(first?.headers['idempotency-key']);
    expect(second?.body).toBe(first?.body);
    const claims = node.runs.events.filter(({ event }) => event.type === 'JobActionClaimed');
    const until = claims[0]?.event.data['until'];
    const begunMs = Date.parse(claims[1]?.metadata.time ?? '');
    expect(begunMs).toBeGreaterThanOrEqual(Date.parse(typeof until === 'string' ? until : ''));
  });
});

describe('a broker that is killed under two workers', () => {
  it('costs no action and lets none succeed twice', async () => {
    await using server = await startHookServer();
    using bed = openActionBed();
    const nodeOf = async () => openWorkerNode(openLog(await nats.connect(), { stream: 'JOBS' }));
    await using first = await nodeOf();
    await using second = await nodeOf();
    const action = { type: 'CALL_WEBHOOK', parameters: { target: { url: server.url } } };
    const { parts, end } = working(bed.parts, first, action);
    const ids = Array.from({ length: 60 }, (_, i) => `broker-${i}`);
    for (const id of ids) await end(id);
    server.behave((response, index) => {
      if (index === 15) nats.kill();
      response.end();
    });
    // Claims that nobody could end are over soon.
    for (const node of [first, second]) node.work({ ...parts, claimMarginMs: 1_000 });
    await eventually(
      'every action to be done',
      () =>
        ids.every((id) => first.runs.find(DEFAULT_SCOPE, id)?.actions?.[0]?.status === 'succeeded'),
      45_000,
    );
    const succeeded = first.runs.events.filter(
      ({ event, subject }) => event.data['outcome'] === 'succeeded' && subject.includes('broker'),
    );
    expect(succeeded.filter(({ event }) => event.type === 'JobActionEnded')).toHaveLength(60);
    const known = new Set(server.requests.map(({ headers }) => headers['idempotency-key']));
    expect(known.size).toBe(60);
  });
});
