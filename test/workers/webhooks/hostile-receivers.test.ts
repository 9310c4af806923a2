import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type HookBehaviour, startHookServer, status } from '#test/support/hook-server';
import { startTestRegistry, type TestRegistry } from '#test/support/registry';
import { eventually } from '#test/support/wait';
import { createHook, HOOKS_HERE, positionsOf, register } from '#test/support/webhooks';

let registry: TestRegistry;

beforeAll(async () => {
  registry = await startTestRegistry(HOOKS_HERE);
});
afterAll(async () => {
  await registry[Symbol.asyncDispose]();
});

const shown = async (tenant: string, path: string, { api } = registry) =>
  (await api.get(`/registry/webhooks/${path}`, { 'Atlas-Tenant': tenant })).json;

const MIB = Buffer.alloc(1_048_576, 'x');

const drip: HookBehaviour = (response) => {
  response.writeHead(500);
  const timer = setInterval(() => response.write('.'), 20);
  response.on('close', () => clearInterval(timer));
};
const flood: HookBehaviour = (response) => {
  response.writeHead(500);
  const more = (): void => {
    while (!response.destroyed && response.write(MIB));
  };
  response.on('drain', more);
  more();
};

describe('a webhook whose receiver', () => {
  const rude: Readonly<Record<string, HookBehaviour>> = {
    'does not answer': () => undefined,
    'answers 500': status(500),
    'answers with a byte now and then': drip,
    'answers without an end': flood,
    'speaks no HTTP': (response) => void response.socket?.end('\u0000\u0001 what?\r\n\r\n'),
    'closes the connection': (response) => void response.socket?.destroy(),
    'sends it elsewhere': status(307, { location: '/elsewhere' }),
    'answers with large headers': status(500, { big: 'x'.repeat(60_000) }),
    'asks for a long pause': status(429, { 'retry-after': '999999' }),
    'answers 404': status(404),
  };
  for (const [name, behaviour] of Object.entries(rude)) {
    it(`${name} gets the event all the same as soon as it takes it`, async () => {
      await using hook = await startHookServer();
      hook.behave((...at) => (at[1] < 2 ? behaviour : status(204))(...at));
      const tenant = name.replaceAll(/[^a-z]/g, '');
      await createHook(registry.api, hook.url, { tenant, kinds: ['dataset'] });
      const position = await register(registry.api, tenant);
      await eventually('three attempts', () => hook.requests.length >= 3 || undefined, 20_000);
      expect(positionsOf(hook.requests)).toEqual([position, position, position]);
      expect(new Set(hook.requests.map(({ path }) => path))).toEqual(new Set(['/hook']));
    });
  }

  it('takes nothing holds up neither another webhook nor a write', async () => {
    await using bad = await startHookServer();
    await using good = await startHookServer();
    bad.behave(() => undefined);
    await createHook(registry.api, bad.url, { tenant: 'both', kinds: ['dataset'] });
    await createHook(registry.api, good.url, { tenant: 'both', kinds: ['dataset'] });
    const positions: number[] = [];
    for (let n = 0; n < 10; n += 1) positions.push(await register(registry.api, 'both'));
    await eventually('the good one', () => good.requests.length >= 10 || undefined);
    expect(positionsOf(good.requests)).toEqual(positions);
    expect(new Set(positionsOf(bad.requests)).size).toBe(1);
  });

  it('answers 410 is left alone from then on, and gets what it missed when it is enabled', async () => {
    await using hook = await startHookServer();
    hook.behave(status(410));
    const { id } = await createHook(registry.api, hook.url, { tenant: 'gone', kinds: ['dataset'] });
    const missed = [await register(registry.api, 'gone'), await register(registry.api, 'gone')];
    await eventually(
      'the stop',
      async () => (await shown('gone', id)).status === 'stopped' || undefined,
    );
    expect(await shown('gone', id)).toMatchObject({ stopped_because: 'gone' });
    const before = hook.requests.length;
    missed.push(await register(registry.api, 'gone'));
    hook.behave(status(200));
    const headers = { 'Atlas-Tenant': 'gone' };
    await registry.api.send(`/registry/webhooks/${id}/enable`, { method: 'POST', headers });
    await eventually('what it missed', () => hook.requests.length >= before + 3 || undefined);
    expect(positionsOf(hook.requests.slice(before))).toEqual(missed);
  });

  it('is away for long is stopped with what could not be delivered as dead letters', async () => {
    await using impatient = await startTestRegistry({
      ...HOOKS_HERE,
      ATLAS_WEBHOOK_RETRY_SECONDS: '1',
      ATLAS_WEBHOOK_FAILING_SECONDS: '4',
    });
    await using hook = await startHookServer();
    hook.behave(status(503));
    const { id } = await createHook(impatient.api, hook.url, {
      tenant: 'away',
      kinds: ['dataset'],
    });
    const positions: number[] = [];
    for (let n = 0; n < 10; n += 1) positions.push(await register(impatient.api, 'away'));
    await eventually(
      'the stop',
      async () => (await shown('away', id, impatient)).status === 'stopped' || undefined,
      30_000,
    );
    expect(await shown('away', id, impatient)).toMatchObject({ stopped_because: 'failing' });
    const { dead_letters: letters, position } = await shown('away', `${id}/deliveries`, impatient);
    const dead = letters.map((letter: { position: number }) => letter.position);
    // Each was tried for a second, one after the other; what comes behind them is still to be delivered.
    expect(letters[0]).toMatchObject({ reason: 'expired', detail: 'HTTP 503' });
    expect(dead.length).toBeGreaterThan(0);
    expect(dead).toEqual(positions.slice(0, dead.length));
    expect(position).toBe(dead.at(-1));
  });
});
