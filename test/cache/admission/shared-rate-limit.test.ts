import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { LocalRateLimit } from '#cache/admission/rate-limit';
import { SharedRateLimit } from '#cache/admission/shared-rate-limit';
import { GuardedRedis } from '#cache/tier2/guarded-redis';
import { Redis } from '#clients/redis';
import { systemClock } from '#flow/clock';
import { startRedis, type TestRedis } from '#test/support/redis';
import { eventually } from '#test/support/wait';

/** Refills so slowly that no token comes back while a test runs. */
const SHAPE = { capacity: 5, refillPerSecond: 0.001 };

class Node implements AsyncDisposable {
  readonly redis: Redis;
  readonly limit: SharedRateLimit;

  constructor(url: string, shape = SHAPE) {
    this.redis = new Redis({ url, reconnectMs: 100, commandTimeoutMs: 5_000 });
    const redis = new GuardedRedis({
      redis: this.redis,
      clock: systemClock,
      timeoutMs: 5_000,
      openMs: 50,
    });
    const local = new LocalRateLimit({ clock: systemClock, ...shape });
    this.limit = new SharedRateLimit({ redis, local, ...shape });
  }

  async connected(): Promise<this> {
    await eventually('the connection', () => this.redis.connected);
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.redis.close();
  }
}

describe('SharedRateLimit', () => {
  let server: TestRedis;
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(async () => {
    await server[Symbol.asyncDispose]();
  });
  beforeEach(async () => {
    await server.command('FLUSHALL');
  });

  it('counts for two nodes together, each client for itself, though all ask at once', async () => {
    await using one = await new Node(server.url).connected();
    await using two = await new Node(server.url).connected();
    const nodes = [one, two, one, two, one, two, one, two];
    const verdicts = await Promise.all(nodes.map(({ limit }) => limit.take('10.0.0.1')));
    expect(verdicts.filter(({ allowed }) => allowed)).toHaveLength(5);
    expect(await two.limit.take('10.0.0.2')).toEqual({
      allowed: true,
      limit: 5,
      remaining: 4,
      resetSeconds: 1_000,
    });
    expect(await one.limit.take('10.0.0.1')).toMatchObject({ allowed: false, remaining: 0 });
    expect([one.limit.counts(), two.limit.counts()]).toEqual([
      { shared: 5, local: 0 },
      { shared: 5, local: 0 },
    ]);
  });

  it('lets tokens come back with time', async () => {
    await using node = await new Node(server.url, { capacity: 1, refillPerSecond: 20 }).connected();
    await node.limit.take('a');
    await eventually('a token', async () => (await node.limit.take('a')).allowed);
    expect(node.limit.counts().local).toBe(0);
  });

  it('keeps no key of a client readable in Redis, and none for longer than its bucket takes to fill', async () => {
    await using node = await new Node(server.url, {
      capacity: 30,
      refillPerSecond: 10,
    }).connected();
    await node.limit.take('a secret token');
    const name = await server.command('KEYS', '*');
    expect(name).toMatch(/^atlas:rate:[0-9a-f]{64}$/);
    const ttl = Number(await server.command('PTTL', name));
    expect([ttl > 0, ttl <= 1_100]).toEqual([true, true]);
  });

  it('takes a bucket that holds what none holds for a full one, and a key of another kind for no Redis', async () => {
    await using node = await new Node(server.url).connected();
    await node.limit.take('a');
    const name = await server.command('KEYS', '*');
    for (const [tokens, ms] of [
      ['nan', '0'],
      ['inf', '0'],
      ['-7', '0'],
      ['99', '0'],
      ['x', '0'],
      ['0', 'nan'],
      ['0', '99999999999999'],
      ['0', '-inf'],
      ['0', 'y'],
    ] as const) {
      await server.command('HSET', name, 'tokens', tokens, 'ms', ms);
      expect(await node.limit.take('a')).toMatchObject({ allowed: true, remaining: 4 });
    }
    expect(node.limit.counts().local).toBe(0);
    await server.command('SET', name, 'text');
    expect(await node.limit.take('a')).toMatchObject({ allowed: true, remaining: 4 });
    expect(node.limit.counts().local).toBe(1);
  });

  it('lets each node count for itself while Redis is away, and together again when it is back', async () => {
    await using own = await startRedis();
    await using node = await new Node(own.url).connected();
    for (let i = 0; i < 5; i += 1) await node.limit.take('a');
    await own.kill();
    const verdicts = [];
    for (let i = 0; i < 7; i += 1) verdicts.push(await node.limit.take('a'));
    expect(verdicts.map(({ allowed }) => allowed)).toEqual([
      true,
      true,
      true,
      true,
      true,
      false,
      false,
    ]);
    expect(node.limit.counts()).toEqual({ shared: 5, local: 7 });
    await own.restart();
    await eventually('a count in Redis', async () => {
      await node.limit.take('b');
      return node.limit.counts().shared > 5;
    });
  });

  it('takes as many tokens as a request costs, lets a bucket owe as much as it holds, and takes some back', async () => {
    await using one = await new Node(server.url).connected();
    await using two = await new Node(server.url).connected();
    expect(await one.limit.take('a', 4)).toMatchObject({ allowed: true, remaining: 1 });
    expect(await two.limit.take('a', 4)).toMatchObject({ allowed: false, remaining: 1 });
    expect(await two.limit.settle('a', 1_000)).toMatchObject({
      remaining: 0,
      resetSeconds: 10_000,
    });
    expect(await one.limit.take('a')).toMatchObject({ allowed: false });
    expect(await one.limit.settle('a', -7)).toMatchObject({ remaining: 2 });
    expect(await two.limit.settle('a', -700)).toMatchObject({ remaining: 5, resetSeconds: 0 });
    expect([one.limit.counts().local, two.limit.counts().local]).toEqual([0, 0]);
  });

  it('cannot be made with buckets that never hold a token', () => {
    const redis = new GuardedRedis({
      redis: {
        getRange: async () => '',
        set: async () => undefined,
        evaluate: async () => undefined,
      },
      clock: systemClock,
    });
    const local = new LocalRateLimit({ clock: systemClock });
    expect(() => new SharedRateLimit({ redis, local, capacity: 0 })).toThrow(RangeError);
  });

  it('counts by itself when an answer is not that of its script', async () => {
    for (const answer of [undefined, null, 'x', [], [2, 5], [1, -1], [1, '5'], [1, Number.NaN]]) {
      const redis = new GuardedRedis({
        redis: {
          getRange: async () => '',
          set: async () => undefined,
          evaluate: async () => answer,
        },
        clock: systemClock,
      });
      const local = new LocalRateLimit({ clock: systemClock, ...SHAPE });
      const limit = new SharedRateLimit({ redis, local, ...SHAPE });
      expect(await limit.take('a')).toMatchObject({ allowed: true, remaining: 4 });
      expect(limit.counts()).toEqual({ shared: 0, local: 1 });
    }
  });
});
