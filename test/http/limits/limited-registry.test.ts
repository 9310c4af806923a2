import { afterEach, describe, expect, it } from 'vitest';
import { Api } from '#test/support/api';
import {
  type GuardedRegistry,
  goodToken,
  startGuardedRegistry,
} from '#test/support/guarded-registry';
import { openRaw, sendRaw } from '#test/support/raw-client';
import { startRedis } from '#test/support/redis';
import { registration } from '#test/support/registration';
import { startTestRegistry, type TestRegistry } from '#test/support/registry';
import { openEvents } from '#test/support/sse';
import { eventually } from '#test/support/wait';

const open: AsyncDisposable[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one[Symbol.asyncDispose]();
});

const SMALL = {
  ATLAS_CLIENT_LIMITS: 'all',
  ATLAS_CLIENT_COST_BURST: '20',
  ATLAS_CLIENT_COST_PER_SECOND: '1',
  ATLAS_REFUSAL_DELAY_MS: '50',
};

async function start(env: Readonly<Record<string, string>>): Promise<TestRegistry> {
  const registry = await startTestRegistry(env);
  open.push(registry);
  return registry;
}

async function startGuarded(env: Readonly<Record<string, string>>): Promise<GuardedRegistry> {
  const registry = await startGuardedRegistry(env);
  open.push(registry);
  return registry;
}

describe('a registry that counts', () => {
  it('tells on every answer how its client stands, on those from memory too', async () => {
    const { api } = await start({ ...SMALL, ATLAS_CLIENT_COST_BURST: '100' });
    await api.post('/registry/datasets', registration('counted/one'));
    const begun = performance.now();
    const paths = Array.from({ length: 6 }, () => '/registry/datasets/counted/one');
    let spent = 5;
    for (const path of [...paths, '/registry/datasets/none', '/registry/datasets?limit=x']) {
      const { headers } = await api.get(path);
      expect(headers.get('ratelimit-policy')).toBe('"client";q=100;w=100');
      const [, left] = /^"client";r=(\d+);t=\d+$/.exec(headers.get('ratelimit') ?? '') ?? [];
      // The write has cost five, each of these one; one comes back every second.
      spent += 1;
      const back = Math.ceil((performance.now() - begun) / 1_000) + 1;
      // The description of the interface was read once.
      expect(Number(left)).toBeGreaterThanOrEqual(100 - spent - 1);
      expect(Number(left)).toBeLessThanOrEqual(Math.min(99, 100 - spent + back));
    }
  });

  it('refuses what is over with 429, Retry-After and an answer that is documented, on every route', async () => {
    const { api } = await start(SMALL);
    for (const path of Object.keys((await api.document()).paths))
      for (const operation of Object.values((await api.document()).paths[path] ?? {}))
        expect(Object.keys(operation.responses)).toEqual(
          expect.arrayContaining(['400', '408', '414', '429', '431']),
        );
    await Promise.all(Array.from({ length: 20 }, async () => api.get('/registry/datasets')));
    for (const [path, body] of [
      ['/registry/datasets', undefined],
      ['/registry/events', undefined],
      ['/v1/genes?dataset=a&gene_id=b', undefined],
      ['/openapi.json', undefined],
      ['/registry/datasets', registration('over/one')],
    ] as const) {
      const method = body === undefined ? 'GET' : 'POST';
      const send = async () => await api.send(path, { method, ...(body && { body }) });
      // One request comes back every second.
      let answer = await send();
      for (let again = 0; again < 30 && answer.status !== 429; again += 1) answer = await send();
      const { status, json, headers } = answer;
      expect([path, status, json.code]).toEqual([path, 429, 'RATE_LIMITED']);
      expect(json).toMatchObject({ retryable: true, details: { limit: 'client' } });
      expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
      // Fewer than a write costs.
      expect(headers.get('ratelimit')).toMatch(/r=[0-4];/);
    }
    // Whoever asks whether the node lives is told so all the same.
    expect((await api.get('/healthz')).status).toBe(200);
  });

  it('lets nobody choose whose requests theirs count as, but for a proxy that is named', async () => {
    const spend = async ({ api }: TestRegistry): Promise<number[]> => {
      const statuses: number[] = [];
      for (let index = 0; index < 40; index += 1) {
        const forwarded = { 'X-Forwarded-For': `192.0.2.${index % 2}` };
        statuses.push((await api.get('/registry/datasets', forwarded)).status);
      }
      return statuses.filter((status) => status === 429);
    };
    expect((await spend(await start(SMALL))).length).toBeGreaterThan(10);
    expect(await spend(await start({ ...SMALL, ATLAS_TRUSTED_PROXIES: '127.0.0.0/8' }))).toEqual(
      [],
    );
  });

  it('without tokens counts nobody on loopback', async () => {
    const { api } = await start({ ...SMALL, ATLAS_CLIENT_LIMITS: 'auto' });
    const answers = [];
    for (let index = 0; index < 60; index += 1) answers.push(await api.get('/registry/datasets'));
    expect(
      answers.every(({ status, headers }) => status === 200 && !headers.has('ratelimit')),
    ).toBe(true);
  });

  it('counts the steps of a batch', async () => {
    const { api } = await start({ ...SMALL, ATLAS_CLIENT_COST_BURST: '50' });
    await api.document();
    const operations = Array.from({ length: 60 }, () => ({ op: 'nonsense' }));
    expect((await api.post('/registry/job-runs/batch', { operations })).status).toBe(200);
    expect((await api.get('/registry/datasets')).status).toBe(429);
  });
});

describe('two nodes', () => {
  it('count a client together through Redis, and each for itself when it is gone', async () => {
    await using redis = await startRedis();
    const env = {
      ...SMALL,
      ATLAS_CLIENT_COST_BURST: '30',
      REDIS_URL: redis.url,
      ATLAS_REDIS_TIMEOUT_MS: '5000',
      ATLAS_LOG_LEVEL: 'silent',
    };
    const nodes = [await start(env), await start(env)];
    const spend = async (times: number): Promise<number> => {
      let count = 0;
      for (let turn = 0; turn < times; turn += 1) {
        const answer = await fetch(`${nodes[turn % 2]?.registry.url}/registry/datasets`);
        if (answer.status === 200) count += 1;
      }
      return count;
    };
    await fetch(`${nodes[0]?.registry.url}/healthz`);
    await eventually('a count in Redis', async () => Number(await redis.command('DBSIZE')) > 0);
    const together = await spend(50);
    expect(together).toBeGreaterThanOrEqual(28);
    expect(together).toBeLessThan(45);
    await redis.kill();
    // Each begins with a bucket of its own.
    expect(await spend(80)).toBeGreaterThanOrEqual(58);
    expect(await spend(6)).toBeLessThan(6);
  });
});

describe('tenants', () => {
  it('two that take all they get are refused, and a third never is', async () => {
    const { url } = await startGuarded({
      ATLAS_CLIENT_LIMITS: 'auto',
      ATLAS_CLIENT_COST_BURST: '60',
      ATLAS_CLIENT_COST_PER_SECOND: '20',
      ATLAS_TENANT_COST_BURST: '80',
      ATLAS_TENANT_COST_PER_SECOND: '20',
      ATLAS_REFUSAL_DELAY_MS: '100',
    });
    const api = new Api(url);
    const ask = async (token: string): Promise<number> =>
      (await api.get('/registry/datasets', { Authorization: `Bearer ${token}` })).status;
    let isOver = false;
    const counts = new Map<number, number>();
    const hostile = ['mallory', 'trudy'].flatMap((tenant) =>
      Array.from({ length: 16 }, async (_, index) => {
        const sub = `${tenant}-${index % 4}`;
        const token = await goodToken({ tenant, sub, environments: '*' });
        while (!isOver) {
          const status = await ask(token);
          counts.set(status, (counts.get(status) ?? 0) + 1);
        }
      }),
    );
    await eventually('refusals', () => (counts.get(429) ?? 0) > 20);
    const third = await goodToken({ tenant: 'third', environments: '*' });
    const statuses: number[] = [];
    for (let index = 0; index < 50; index += 1) statuses.push(await ask(third));
    isOver = true;
    await Promise.all(hostile);
    expect(statuses.every((status) => status === 200)).toBe(true);
    expect(new Set(counts.keys())).toEqual(new Set([200, 429]));
  });

  it('a client that guesses tokens is stopped before they are looked at, and one that is known is not', async () => {
    const { url } = await startGuarded({
      ATLAS_CLIENT_LIMITS: 'auto',
      ATLAS_REFUSED_TOKENS_BURST: '5',
      ATLAS_REFUSED_TOKENS_PER_SECOND: '1',
      ATLAS_REFUSAL_DELAY_MS: '0',
    });
    const ask = async (token: string): Promise<number> =>
      (await fetch(`${url}/registry/datasets`, { headers: { Authorization: `Bearer ${token}` } }))
        .status;
    const good = await goodToken({ environments: '*' });
    expect(await ask(good)).toBe(200);
    const statuses: number[] = [];
    for (let index = 0; index < 20; index += 1)
      statuses.push(await ask(`${good.slice(0, -8)}AAAAAA${index + 10}`));
    expect(statuses.slice(0, 5)).toEqual([401, 401, 401, 401, 401]);
    expect(statuses.slice(5).filter((status) => status === 429).length).toBeGreaterThan(10);
    expect(await ask(good)).toBe(200);
  });
});

describe('at a time', () => {
  it('a client has so many requests in flight, and so many streams that do not count among them', async () => {
    const { registry } = await start({
      ATLAS_CLIENT_LIMITS: 'all',
      ATLAS_IN_FLIGHT_PER_CLIENT_MAX: '3',
      ATLAS_SUBSCRIBERS_PER_CLIENT_MAX: '4',
      ATLAS_REFUSAL_DELAY_MS: '0',
      ATLAS_READ_WAIT_MS: '3000',
    });
    const { url } = registry;
    const streams = [];
    for (let index = 0; index < 6; index += 1)
      streams.push(await openEvents(`${url}/registry/events`));
    expect(streams.map(({ status }) => status)).toEqual([200, 200, 200, 200, 429, 429]);
    const behind = { headers: { 'Atlas-Min-Position': '999999' } };
    const waiting = Array.from({ length: 3 }, async () =>
      fetch(`${url}/registry/datasets`, behind),
    );
    const refused = await eventually('a refusal', async () => {
      const answer = await fetch(`${url}/registry/datasets`);
      return answer.status === 429 ? answer : undefined;
    });
    expect(await refused.json()).toMatchObject({ details: { limit: 'in-flight' } });
    expect(refused.headers.get('retry-after')).toBe('1');
    expect((await Promise.all(waiting)).map(({ status }) => status)).toEqual([503, 503, 503]);
    expect((await fetch(`${url}/registry/datasets`)).status).toBe(200);
    // A stream that ends leaves its place to another.
    streams[0]?.close();
    await streams[0]?.ended;
    await eventually('a free place', async () => {
      const stream = await openEvents(`${url}/registry/events`);
      streams.push(stream);
      return stream.status === 200;
    });
    for (const stream of streams) stream.close();
  });

  it('an address has so many connections, and all together have so many', async () => {
    const { registry } = await start({
      ATLAS_CLIENT_LIMITS: 'all',
      ATLAS_SOCKETS_PER_ADDRESS_MAX: '5',
      ATLAS_SOCKETS_MAX: '8',
    });
    const { url } = registry;
    const clients = Array.from({ length: 5 }, () => openRaw(url));
    const get = 'GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n';
    await eventually('all to be open', () => {
      for (const client of clients) client.write(get);
      return clients.every((client) => client.received().includes('200 OK'));
    });
    const refused = await sendRaw(url, get);
    expect([refused.status, refused.json.code, refused.json.details]).toEqual([
      429,
      'RATE_LIMITED',
      { limit: 'sockets' },
    ]);
    expect(refused.headers['retry-after']).toBe('1');
    clients.pop()?.[Symbol.dispose]();
    await eventually(
      'a free one',
      async () =>
        (await sendRaw(url, get.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n'))).status ===
        200,
    );
    for (const client of clients) client[Symbol.dispose]();
  });

  it('no more connections are taken than there may be, and those over are told so', async () => {
    const { registry } = await start({ ATLAS_SOCKETS_MAX: '4' });
    const clients = Array.from({ length: 4 }, () => openRaw(registry.url));
    const get = 'GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n';
    await eventually('all to be open', () => {
      for (const client of clients) client.write(get);
      return clients.every((client) => client.received().includes('200 OK'));
    });
    const refused = await sendRaw(registry.url, get);
    expect([refused.status, refused.json.code, refused.headers['retry-after']]).toEqual([
      503,
      'OVERLOADED',
      '1',
    ]);
    for (const client of clients) client[Symbol.dispose]();
  });
});
