import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type HookServer, startHookServer, status } from '#test/support/hook-server';
import { startTestRegistry, type TestRegistry } from '#test/support/registry';
import { eventually } from '#test/support/wait';
import { createHook, HOOKS_HERE, isSignedBy, positionsOf, register } from '#test/support/webhooks';

let registry: TestRegistry;

beforeAll(async () => {
  registry = await startTestRegistry(HOOKS_HERE);
});
afterAll(async () => {
  await registry[Symbol.asyncDispose]();
});

const get = async (tenant: string, path: string) =>
  (await registry.api.get(`/registry/webhooks/${path}`, { 'Atlas-Tenant': tenant })).json;
const post = async (tenant: string, path: string, body?: object) =>
  registry.api.send(`/registry/webhooks/${path}`, {
    method: 'POST',
    headers: { 'Atlas-Tenant': tenant },
    ...(body === undefined ? {} : { body }),
  });

async function came(hook: HookServer, count: number): Promise<void> {
  await eventually(`${count} requests, there are ${hook.requests.length}`, () =>
    hook.requests.length >= count ? true : undefined,
  );
}

describe('a webhook', () => {
  it('gets the events of its scope in their order, as signed CloudEvents', async () => {
    await using hook = await startHookServer();
    const { id, secret } = await createHook(registry.api, hook.url, { tenant: 'order' });
    const positions: number[] = [];
    for (let n = 0; n < 20; n += 1) positions.push(await register(registry.api, 'order'));
    await register(registry.api, 'somebody-else');
    await came(hook, 21);
    // The first is its own creation, which came behind the position at which it begins.
    expect(positionsOf(hook.requests).slice(1)).toEqual(positions);
    for (const request of hook.requests) {
      expect(request.headers['content-type']).toBe('application/cloudevents+json; charset=utf-8');
      expect(isSignedBy(secret, request)).toBe(true);
      expect(isSignedBy(secret, { ...request, body: `${request.body} ` })).toBe(false);
      const event = JSON.parse(request.body);
      expect(event).toMatchObject({ specversion: '1.0', id: request.headers['webhook-id'] });
    }
    await eventually('the cursor', async () => {
      const { position } = await get('order', `${id}/deliveries`);
      return position >= (positions.at(-1) ?? 0) ? true : undefined;
    });
    expect(await get('order', `${id}/deliveries`)).toMatchObject({ is_delivered: true });
  });

  it('gets only what passes its filter by type, kind and name', async () => {
    await using hook = await startHookServer();
    const filter = { types: ['DatasetRegistered'], kinds: ['dataset'], name_prefix: 'wanted/' };
    await createHook(registry.api, hook.url, { tenant: 'filter', ...filter });
    await register(registry.api, 'filter', 'other/a');
    const wanted = await register(registry.api, 'filter', 'wanted/a');
    await register(registry.api, 'filter', 'other/b');
    const last = await register(registry.api, 'filter', 'wanted/b');
    await came(hook, 2);
    expect(positionsOf(hook.requests)).toEqual([wanted, last]);
  });

  it('gets an event again until it is taken, under the same id, and the next only then', async () => {
    await using hook = await startHookServer();
    const { id } = await createHook(registry.api, hook.url, {
      tenant: 'again',
      kinds: ['dataset'],
    });
    hook.behave((response, index, request) =>
      status(index < 3 ? 500 : 200)(response, index, request),
    );
    const positions = [
      await register(registry.api, 'again'),
      await register(registry.api, 'again'),
    ];
    await came(hook, 5);
    const [first = 0, second] = positions;
    expect(positionsOf(hook.requests)).toEqual([first, first, first, first, second]);
    expect(new Set(hook.requests.map(({ headers }) => headers['webhook-id'])).size).toBe(2);
    expect(await get('again', `${id}/deliveries`)).not.toHaveProperty('failing_since');
  });

  it('leaves a dead letter of what it refuses, which is delivered when somebody asks', async () => {
    await using hook = await startHookServer();
    const { id } = await createHook(registry.api, hook.url, { tenant: 'dead', kinds: ['dataset'] });
    const [bad, good] = [
      await register(registry.api, 'dead', 'bad'),
      await register(registry.api, 'dead', 'good'),
    ];
    hook.behave((response, index, request) => {
      status(JSON.parse(request.body).subject === 'bad' ? 422 : 200)(response, index, request);
    });
    const letters = async () => (await get('dead', `${id}/deliveries`)).dead_letters;
    // It may have been taken before the behaviour changed; then it is sent again from its position.
    await post('dead', `${id}/replay`, { from: bad });
    await eventually('a dead letter', async () =>
      (await letters()).length === 1 ? true : undefined,
    );
    expect(await letters()).toMatchObject([
      { position: bad, reason: 'refused', detail: 'HTTP 422', attempts: 3, subject: 'bad' },
    ]);
    await eventually(
      'the one behind it',
      () => positionsOf(hook.requests).at(-1) === good || undefined,
    );
    await post('dead', `${id}/redeliver`, { positions: [bad] });
    await eventually('another attempt', async () =>
      (await letters())[0]?.attempts === 4 ? true : undefined,
    );
    hook.behave(status(200));
    await post('dead', `${id}/redeliver`, { positions: [bad] });
    await eventually('no dead letter', async () =>
      (await letters()).length === 0 ? true : undefined,
    );
    expect(positionsOf(hook.requests).at(-1)).toBe(bad);
  });
});
