import { createHmac } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type HookServer, startHookServer } from '#test/support/hook-server';
import { startTestRegistry, type TestRegistry } from '#test/support/registry';
import { type TempFolder, tempFolder } from '#test/support/temp';
import { eventually } from '#test/support/wait';

let secrets: TempFolder;
let hook: HookServer;
let node: TestRegistry;

beforeAll(async () => {
  secrets = tempFolder();
  mkdirSync(join(secrets.path, 'default/dev'), { recursive: true });
  writeFileSync(join(secrets.path, 'default/dev/hooks.key'), 'k3y\n');
  hook = await startHookServer();
  node = await startTestRegistry({
    ATLAS_ALLOW_PRIVATE_ACTION_HOSTS: 'true',
    ATLAS_ACTION_HOSTS: '127.0.0.1',
    // Whatever comes in time comes by a nudge.
    ATLAS_ACTION_POLL_MS: '60000',
    ATLAS_SECRETS_DIR: secrets.path,
  });
});
afterAll(async () => {
  await node[Symbol.asyncDispose]();
  await hook[Symbol.asyncDispose]();
  secrets[Symbol.dispose]();
});

/** Defines something and makes it active. */
async function active(
  { api }: TestRegistry,
  resource: string,
  body: { readonly id: string; readonly [member: string]: unknown },
): Promise<void> {
  const { status, json } = await api.post(`/registry/${resource}`, body);
  expect(status).toBe(201);
  for (const verb of ['submit', 'activate']) {
    const at = `/registry/${resource}/${body.id}/${json.version}/${verb}`;
    expect((await api.post(at, {})).status).toBe(200);
  }
}

describe('a registry whose workers run', () => {
  it('carries out the actions of a run that was finished over HTTP, signed, and shows what became of them', async () => {
    await active(node, 'action-profiles', {
      id: 'alerts.team',
      name: 'Alerts',
      actions: [
        {
          type: 'CALL_WEBHOOK',
          parameters: { target: { url: hook.url, secretName: 'hooks.key' } },
        },
        { type: 'STORE_RESULTS', parameters: { prefix: 'runs' } },
        { type: 'EMIT_LINEAGE', parameters: { namespace: 'atlas' } },
        { type: 'CALL_WEBHOOK', parameters: { target: { url: 'https://hooks.example/' } } },
      ],
    });
    await active(node, 'job-definitions', {
      id: 'orders.check',
      name: 'Check orders',
      kind: 'validation',
      trigger: { type: 'MANUAL' },
      onFailure: [{ id: 'alerts.team', version: 'latest' }],
    });
    const submitted = await node.api.post('/registry/job-definitions/orders.check/runs', {});
    expect(submitted.status).toBe(201);
    const { id } = submitted.json;
    expect((await node.api.post(`/registry/job-runs/${id}/begin`, {})).status).toBe(200);
    const finished = await node.api.post(`/registry/job-runs/${id}/finish`, {
      status: 'failed',
      findings: { error: 2 },
    });
    expect(finished.status).toBe(200);
    const run = await eventually('the actions to be settled', async () => {
      const { json } = await node.api.get(`/registry/job-runs/${id}`);
      const isSettled = json.actions?.every((one: { status: string }) =>
        ['succeeded', 'dead'].includes(one.status),
      );
      return isSettled === true ? json : undefined;
    });
    expect(run.actions).toMatchObject([
      { status: 'succeeded', detail: 'HTTP 200', attempts: 1 },
      {
        status: 'succeeded',
        detail: expect.stringMatching(/^sha256 [0-9a-f]{64}, \d+ bytes, runs\//),
      },
      { status: 'succeeded', detail: 'recorded here' },
      { status: 'dead', detail: expect.stringContaining('is not among those that may be called') },
    ]);
    const [request] = hook.requests;
    const [, time, given] =
      /^t=(\d+),v1=(\w+)$/.exec(String(request?.headers['atlas-signature'])) ?? [];
    expect(given).toBe(
      createHmac('sha256', 'k3y').update(`${time}.${request?.body}`).digest('hex'),
    );
    const sent = JSON.parse(request?.body ?? '').run as Record<string, unknown>;
    const { actions: _, ...shown } = run;
    for (const name of Object.keys(sent).filter((one) => one in shown))
      expect(sent[name]).toEqual(shown[name]);
    const [, sha256] = /^sha256 (\S+),/.exec(run.actions[1].detail) ?? [];
    const files = readdirSync(node.folder, { recursive: true, encoding: 'utf8' });
    const file = files.find((path) => path.includes(`${sha256}`)) ?? '';
    expect(JSON.parse(readFileSync(join(node.folder, file), 'utf8'))).toMatchObject({
      run: { id },
    });
    const listed = await node.api.get('/registry/job-runs?status=failed');
    const ids = listed.json.job_runs.map((one: { job: string }) => one.job);
    expect(ids).toEqual(expect.arrayContaining(['orders.check', 'atlas/orders.check']));
  });
});

describe('a run that gives no sign of life', () => {
  it('fails by itself where workers run, its actions are carried out, and nothing happens where they do not', async () => {
    const settings = {
      ATLAS_ALLOW_PRIVATE_ACTION_HOSTS: 'true',
      ATLAS_ACTION_POLL_MS: '50',
    };
    await using on = await startTestRegistry(settings);
    await using off = await startTestRegistry({ ...settings, ATLAS_WORKERS: 'false' });
    const lost = async (at: TestRegistry): Promise<string> => {
      const target = { url: hook.url, headers: { 'x-lost': 'yes' } };
      await active(at, 'action-profiles', {
        id: 'alerts.lost',
        name: 'Lost',
        actions: [{ type: 'CALL_WEBHOOK', parameters: { target } }],
      });
      await active(at, 'job-definitions', {
        id: 'orders.lost',
        name: 'Lost',
        kind: 'load',
        timeoutMs: 1_000,
        trigger: { type: 'MANUAL' },
        onFailure: [{ id: 'alerts.lost', version: '1.0.0' }],
      });
      const { json } = await at.api.post('/registry/job-definitions/orders.lost/runs', {});
      await at.api.post(`/registry/job-runs/${json.id}/begin`, {});
      return `/registry/job-runs/${json.id}`;
    };
    const [silent, path] = [await lost(off), await lost(on)];
    const run = await eventually('the run to be lost and told', async () => {
      const { json } = await on.api.get(path);
      return json.actions?.[0].status === 'succeeded' ? json : undefined;
    });
    expect(run).toMatchObject({
      status: 'failed',
      message: expect.stringMatching(/^No sign of life since .* for longer than 1000 ms$/),
    });
    // Its deadline was over before that of the other one.
    expect((await off.api.get(silent)).json.status).toBe('running');
    expect(hook.requests.filter(({ headers }) => headers['x-lost'] === 'yes')).toHaveLength(1);
  });
});
