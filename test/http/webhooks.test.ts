import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApiRequest } from '#test/support/api';
import { startHookServer } from '#test/support/hook-server';
import { startTestRegistry, type TestRegistry } from '#test/support/registry';
import { openEvents } from '#test/support/sse';
import { eventually } from '#test/support/wait';
import { createHook, HOOKS_HERE, isSignedBy, register } from '#test/support/webhooks';

let registry: TestRegistry;
let strict: TestRegistry;

beforeAll(async () => {
  [registry, strict] = await Promise.all([
    startTestRegistry({ ...HOOKS_HERE, ATLAS_WEBHOOKS_MAX: '8' }),
    startTestRegistry(),
  ]);
});
afterAll(async () => {
  await registry[Symbol.asyncDispose]();
  await strict[Symbol.asyncDispose]();
});

const send = async (path: string, request: ApiRequest = {}) =>
  registry.api.send(`/registry/webhooks${path}`, { method: 'POST', ...request });
const get = async (path: string) => (await send(path, { method: 'GET' })).json;

describe('a webhook', () => {
  it('has a secret that is shown once, at its creation and when it is rotated', async () => {
    await using hook = await startHookServer();
    const headers = { 'Idempotency-Key': 'once' };
    const body = { url: hook.url, kinds: ['dataset'] };
    const first = await send('', { headers, body });
    const again = await send('', { headers, body });
    expect(first).toMatchObject({ status: 201, json: { secret_generation: 1, status: 'active' } });
    expect(first.headers.get('cache-control')).toBe('no-store');
    const { secret, ...rest } = first.json;
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect(again).toMatchObject({ status: 201, position: first.position });
    expect(again.json).toEqual(rest);
    const { id } = rest;
    expect(await get(`/${id}`)).toEqual({ ...rest, created_by: 'anonymous' });

    const rotated = await send(`/${id}/rotate`, { body: { previous_valid_seconds: 60 } });
    expect(rotated.json).toMatchObject({
      secret_generation: 2,
      previous_secret_until: expect.any(String),
    });
    expect(rotated.json.secret).not.toBe(secret);
    expect((await send(`/${id}/ping`)).json).toMatchObject({ is_taken: true, status: 200 });
    const [both] = hook.requests.slice(-1);
    if (both === undefined) throw new Error('nothing came');
    expect(isSignedBy(secret, both)).toBe(true);
    expect(isSignedBy(rotated.json.secret, both)).toBe(true);

    const last = await send(`/${id}/rotate`, { body: { previous_valid_seconds: 0 } });
    await send(`/${id}/ping`);
    const [one] = hook.requests.slice(-1);
    if (one === undefined) throw new Error('nothing came');
    expect(isSignedBy(last.json.secret, one)).toBe(true);
    expect(isSignedBy(rotated.json.secret, one)).toBe(false);
    await send(`/${id}/delete`);

    const text = await allEvents();
    for (const shown of [secret, rotated.json.secret, last.json.secret])
      expect(text).not.toContain(shown.slice('whsec_'.length));
    // Subscribers see where it goes, and nothing of the path.
    expect(text).toContain(`http://127.0.0.1:${hook.port}`);
    expect(text).not.toContain('/hook');
  });

  it('is changed, stopped, enabled and ended, each once, and every step is in the audit', async () => {
    await using hook = await startHookServer();
    const { id } = await createHook(registry.api, hook.url, { description: 'a' });
    const body = { url: `${hook.url}/b`, types: ['DatasetPublished', 'DatasetRegistered'] };
    const changed = await send(`/${id}`, { method: 'PUT', body });
    expect(changed.json).toMatchObject({
      url: body.url,
      types: ['DatasetRegistered', 'DatasetPublished'],
    });
    expect(changed.json).not.toHaveProperty('description');
    expect((await send(`/${id}`, { method: 'PUT', body })).position).toBe(changed.position);
    expect((await send(`/${id}/disable`, { body: { detail: 'moving' } })).json).toMatchObject({
      status: 'stopped',
      stopped_because: 'asked',
    });
    expect((await send(`/${id}/enable`)).json.status).toBe('active');
    expect((await send(`/${id}/delete`)).status).toBe(204);
    expect((await send(`/${id}/delete`)).status).toBe(204);
    expect((await send(`/${id}`, { method: 'GET' })).status).toBe(404);
    expect((await send(`/${id}/enable`)).status).toBe(404);
    const { webhooks } = await get('?limit=2');
    expect(webhooks.map((one: { id: string }) => one.id)).not.toContain(id);
    const audit = (await registry.api.get(`/registry/audit?kind=webhook&name=${id}`)).json;
    expect(audit.entries.map((entry: { decision: string }) => entry.decision).toSorted()).toEqual([
      'WebhookChanged',
      'WebhookCreated',
      'WebhookDeleted',
      'WebhookDisabled',
      'WebhookEnabled',
    ]);
  });

  it('sends what was there before it from the position that is asked for, and again on replay', async () => {
    await using hook = await startHookServer();
    const headers = { 'Atlas-Tenant': 'past' };
    const positions = [await register(registry.api, 'past'), await register(registry.api, 'past')];
    const { id } = await createHook(registry.api, hook.url, {
      tenant: 'past',
      from: 1,
      kinds: ['dataset'],
    });
    const seen = () => hook.requests.map((request) => JSON.parse(request.body).position);
    await eventually('both', () => seen().length === 2 || undefined);
    const replay = { headers, body: { from: positions[1] } };
    expect((await send(`/${id}/replay`, replay)).status).toBe(202);
    await eventually('the second again', () => seen().length === 3 || undefined);
    expect(seen()).toEqual([...positions, positions[1]]);
    const ids = hook.requests.map((request) => request.headers['webhook-id']);
    expect(ids[2]).toBe(ids[1]);
    const future = { headers, body: { from: 1_000_000 } };
    expect((await send(`/${id}/replay`, future)).status).toBe(400);
    await send(`/${id}/delete`, { headers });
  });

  it('follows job runs where it is asked to', async () => {
    await using hook = await startHookServer();
    const { id } = await createHook(registry.api, hook.url, { stream: 'jobs' });
    const run = await registry.api.post('/registry/job-runs', { job: 'j' });
    expect(run.status).toBe(201);
    await eventually('the run', () => hook.requests.length > 0 || undefined);
    expect(JSON.parse(hook.requests[0]?.body ?? '')).toMatchObject({ kind: 'job-run' });
    await send(`/${id}/delete`);
  });

  it('is refused with a URL that must not be called, and beyond the limit', async () => {
    const urls = [
      'not a url',
      'ftp://a.example/x',
      'http://a.example/x',
      'https://user:secret@a.example/x',
      'https://127.0.0.1/x',
      'https://[::ffff:10.0.0.1]/x',
      'https://169.254.169.254/latest',
      'https://localhost/x',
      'https://2130706433/x',
    ];
    for (const url of urls) {
      const answer = await strict.api.post('/registry/webhooks', { url });
      expect([url, answer.status]).toEqual([url, 400]);
      expect(answer.text).not.toContain('secret');
    }
    for (const wrong of [
      { types: ['Nothing'] },
      { types: [] },
      { kinds: ['x'] },
      { kinds: ['job-run'] },
      { types: ['DatasetPublished', 'JobRunFinished'] },
      { types: ['DatasetPublished'], stream: 'jobs' },
      { from: 0 },
      { x: 1 },
    ])
      expect((await send('', { body: { url: 'https://a.example', ...wrong } })).status).toBe(400);
    let answer = await send('', { body: { url: 'https://a.example/hook' } });
    const change = { url: 'https://a.example/hook', types: ['JobRunFinished'] };
    expect(await send(`/${answer.json.id}`, { method: 'PUT', body: change })).toMatchObject({
      status: 400,
      json: { details: { type: 'JobRunFinished', stream: 'registry' } },
    });
    for (let n = 0; n < 8 && answer.status === 201; n += 1)
      answer = await send('', { body: { url: 'https://a.example/hook' } });
    expect(answer).toMatchObject({ status: 409, json: { details: { limit: 8 } } });
  });

  it('of another scope is not found', async () => {
    const { webhooks } = await get('');
    const headers = { 'Atlas-Tenant': 'another' };
    const path = `/registry/webhooks/${webhooks[0].id}`;
    expect((await registry.api.get(path, headers)).status).toBe(404);
    expect((await registry.api.get(`${path}/deliveries`, headers)).status).toBe(404);
    for (const verb of ['ping', 'enable', 'disable', 'rotate', 'delete'])
      expect((await registry.api.send(`${path}/${verb}`, { method: 'POST', headers })).status).toBe(
        404,
      );
  });
});

async function allEvents(): Promise<string> {
  const connection = await openEvents(`${registry.api.url}/registry/events?from=1`);
  await eventually(
    'its end',
    () => connection.messages.some(({ event }) => event === 'WebhookDeleted') || undefined,
  );
  connection.close();
  return JSON.stringify(connection.messages);
}
