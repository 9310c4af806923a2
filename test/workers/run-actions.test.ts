import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { JobRun } from '#domain/job-run';
import { DEFAULT_SCOPE } from '#domain/scope';
import { memoryLog } from '#test/support/command-env';
import { actionProfile, endRun, planOf, profilesOf, put } from '#test/support/ended-runs';
import { eventually } from '#test/support/wait';
import { openWorkerNode, settledRun, type WorkerNode } from '#test/support/worker-bed';
import type { ActionExecutor } from '#workers/action-attempt';

const webhook = {
  type: 'CALL_WEBHOOK',
  parameters: { target: { url: 'https://hooks.example/' }, attemptsMax: 1 },
};

let node: WorkerNode;
beforeEach(() => {
  node = openWorkerNode(memoryLog('JOBS'));
});
afterEach(async () => await node[Symbol.asyncDispose]());

/** Carries out one action with this and gives the run as it is then. */
async function carriedOut(execute: ActionExecutor): Promise<JobRun> {
  const profile = actionProfile([webhook]);
  node.work({ profiles: profilesOf(profile), execute });
  return await settledRun(node, await endRun(node.commands, planOf(profile)));
}

describe('runActions()', () => {
  it('begins no attempt behind the last one, whose end nobody knows', async () => {
    const profile = actionProfile([webhook]);
    const id = await endRun(node.commands, planOf(profile));
    const until = new Date(Date.now() - 1).toISOString();
    await put(node.commands, id, {
      type: 'JobActionClaimed',
      data: { action: 0, attempt: 1, until },
    });
    await eventually(
      'the view',
      () => node.runs.find(DEFAULT_SCOPE, id)?.actions?.[0]?.attempts === 1,
    );
    let calls = 0;
    const execute: ActionExecutor = async () => {
      calls += 1;
      return { outcome: 'succeeded' };
    };
    node.work({ profiles: profilesOf(profile), execute });
    expect((await settledRun(node, id)).actions).toMatchObject([
      { status: 'dead', attempts: 2, detail: 'The last attempt has no known end' },
    ]);
    expect(calls).toBe(0);
  });

  it('takes what an action throws for a failure', async () => {
    const run = await carriedOut(async () => await Promise.reject(new TypeError('a fault')));
    expect(run.actions).toMatchObject([{ status: 'dead', detail: 'a fault' }]);
  });

  it('keeps a detail on one line and within its bound', async () => {
    const run = await carriedOut(async () => ({
      outcome: 'dead',
      detail: `a\r\nb\u202e\0${'x'.repeat(9_000)}`,
    }));
    const detail = run.actions?.[0]?.detail ?? '';
    expect(detail).toMatch(/^a b x+$/);
    expect(detail).toHaveLength(500);
  });

  it('cuts no character of a detail in half, so that the end of the attempt can be recorded', async () => {
    const run = await carriedOut(async () => ({
      outcome: 'dead',
      detail: `${'x'.repeat(499)}\u{1F600}`,
    }));
    expect(run.actions).toMatchObject([{ status: 'dead', attempts: 1, detail: 'x'.repeat(499) }]);
  });

  it('keeps a whole character that ends at the bound', async () => {
    const detail = `${'x'.repeat(498)}\u{1F600}`;
    const run = await carriedOut(async () => ({ outcome: 'dead', detail: `${detail}y` }));
    expect(run.actions).toMatchObject([{ detail }]);
  });

  it('claims for as long as the attempt may take, and the margin', async () => {
    const run = await carriedOut(async () => ({ outcome: 'succeeded' }));
    expect(run.actions).toMatchObject([{ status: 'succeeded', attempts: 1 }]);
    const claim = node.runs.events.find(({ event }) => event.type === 'JobActionClaimed');
    const { until } = claim?.event.data ?? {};
    const lastsMs =
      Date.parse(typeof until === 'string' ? until : '') - Date.parse(claim?.metadata.time ?? '');
    // Ten seconds are the default of a webhook.
    expect(lastsMs).toBe(10_000 + 30_000);
  });
});
