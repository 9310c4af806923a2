import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Redis, type RedisOptions } from '#clients/redis';
import { freePorts } from '#flow/free-ports';
import { startRedis, type TestRedis } from '#test/support/redis';
import { startSlowProxy } from '#test/support/slow-proxy';
import { eventually } from '#test/support/wait';

/** A connection that is closed with the test, patient enough for a busy machine where a test does not say otherwise. */
class Bed implements AsyncDisposable {
  readonly errors: Error[] = [];
  readonly redis: Redis;

  constructor(options: RedisOptions) {
    this.redis = new Redis({
      reconnectMs: 100,
      commandTimeoutMs: 5_000,
      onError: (error) => this.errors.push(error),
      ...options,
    });
  }

  async connected(): Promise<Redis> {
    await eventually('the connection', () => this.redis.connected);
    return this.redis;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.redis.close();
  }
}

const PROMPTLY_MS = 1_000;

async function closesPromptly(redis: Redis): Promise<void> {
  const beganMs = performance.now();
  await redis.close();
  expect(performance.now() - beganMs).toBeLessThan(PROMPTLY_MS);
  expect(redis.connected).toBe(false);
  await expect(redis.getRange('k', 9)).rejects.toThrow();
}

describe('Redis', () => {
  let server: TestRedis;
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(async () => {
    await server[Symbol.asyncDispose]();
  });

  it('writes texts that end, reads no more of them than is asked for, and runs scripts', async () => {
    await using bed = new Bed({ url: server.url });
    const redis = await bed.connected();
    await redis.set('k', 'Grüße 🧬', 30);
    expect(await redis.getRange('k', 1_000)).toBe('Grüße 🧬');
    expect(await redis.getRange('k', 2)).toBe('Gr');
    expect(await redis.getRange('other', 9)).toBe('');
    const ttl = Number(await server.command('TTL', 'k'));
    expect([ttl > 0, ttl <= 30]).toEqual([true, true]);
    const script = "return { KEYS[1], ARGV[1], 7, redis.call('STRLEN', KEYS[1]) }";
    expect(await redis.evaluate(script, 'k', ['x', 1])).toEqual(['k', 'x', 7, 12]);
    expect(bed.errors).toEqual([]);
  });

  it('uses the database that the URL names', async () => {
    await using bed = new Bed({ url: `${server.url}/3` });
    const redis = await bed.connected();
    await redis.set('of-three', 'x', 30);
    expect(await server.command('-n', '3', 'GET', 'of-three')).toBe('x');
    expect(await server.command('EXISTS', 'of-three')).toBe('0');
  });

  it('fails at once while nobody listens, tells why, and connects when somebody does', async () => {
    await using own = await startRedis();
    await own.kill();
    await using bed = new Bed({ url: own.url });
    const unsent = "Stream isn't writeable";
    await expect(bed.redis.getRange('k', 9)).rejects.toThrow(unsent);
    await eventually('three attempts', () => bed.errors.length >= 3);
    expect(bed.errors[0]).toMatchObject({ code: 'ECONNREFUSED' });
    await expect(bed.redis.set('k', 'x', 9)).rejects.toThrow();
    await own.restart();
    const redis = await bed.connected();
    await redis.set('k', 'x', 9);
    expect(await redis.getRange('k', 9)).toBe('x');
  });

  it('renews a connection that was cut', async () => {
    await using own = await startRedis();
    await using bed = new Bed({ url: own.url });
    const redis = await bed.connected();
    await own.command('CLIENT', 'KILL', 'TYPE', 'normal');
    await eventually('a command to succeed', async () => {
      await redis.set('k', 'x', 9);
      return true;
    });
  });

  it('does not send again over a new connection what the old one left unanswered', async () => {
    await using own = await startRedis();
    await using bed = new Bed({ url: own.url, commandTimeoutMs: 200 });
    const redis = await bed.connected();
    const count = (): Promise<unknown> =>
      redis.evaluate("return redis.call('INCR', KEYS[1])", 'runs', []);
    own.freeze();
    await expect(count()).rejects.toThrow('Command timed out');
    await own.kill();
    await eventually('the connection to be lost', () => !redis.connected);
    await own.restart();
    await bed.connected();
    expect(await count()).toBe(1);
  });

  it('gives up a connection over which nothing comes any more, and uses a new one', async () => {
    await using proxy = await startSlowProxy(server.port);
    await using bed = new Bed({ url: `redis://127.0.0.1:${proxy.port}`, commandTimeoutMs: 200 });
    const redis = await bed.connected();
    proxy.delay(600_000);
    await expect(redis.getRange('k', 9)).rejects.toThrow('Command timed out');
    await eventually('the end of the silence', () => bed.errors.length > 0);
    expect(bed.errors[0]?.message).toContain('Socket timeout');
    proxy.delay(0);
    // The error comes a moment before the connection is known to be lost.
    await eventually('a command to succeed', async () => {
      await redis.set('k', 'x', 9);
      return (await redis.getRange('k', 9)) === 'x';
    });
  });

  it('fails in time while the server is frozen, and later gives to each question its own answer', async () => {
    await using own = await startRedis();
    await using bed = new Bed({ url: own.url, commandTimeoutMs: 200 });
    const redis = await bed.connected();
    for (const key of ['a', 'b']) await redis.set(key, `of ${key}`, 60);
    own.freeze();
    await expect(redis.getRange('a', 99)).rejects.toThrow('Command timed out');
    own.thaw();
    await eventually('an answer', async () => (await redis.getRange('b', 99)) === 'of b');
    for (const key of ['a', 'b', 'a']) expect(await redis.getRange(key, 99)).toBe(`of ${key}`);
  });

  it('with a wrong password fails every command and tells why; with the right one does not', async () => {
    const password = 's3cret/with:@%';
    await using own = await startRedis('--requirepass', password);
    const url = (word: string): string =>
      `redis://:${encodeURIComponent(word)}@127.0.0.1:${own.port}`;
    await using wrong = new Bed({ url: url('guess') });
    await eventually('the refusal', () => wrong.errors.length > 0);
    expect(wrong.errors[0]?.message).toContain('WRONGPASS');
    await expect(wrong.redis.getRange('k', 9)).rejects.toThrow();
    expect(wrong.redis.connected).toBe(false);
    await using none = new Bed({ url: own.url });
    await eventually('the refusal', () => none.errors.length > 0);
    await expect(none.redis.getRange('k', 9)).rejects.toThrow();
    await using right = new Bed({ url: url(password) });
    const redis = await right.connected();
    await redis.set('k', 'x', 9);
    await using named = new Bed({ url: url(password).replace('//:', '//default:') });
    expect(await (await named.connected()).getRange('k', 9)).toBe('x');
  });

  it('refuses what is not the URL of a Redis, without showing the password', () => {
    for (const url of [
      '',
      'localhost',
      'localhost:6379',
      '/var/run/redis.sock',
      'http://localhost:6379',
      'redis://',
      'redis://localhost/name',
      'redis://localhost/1/2',
      'redis://localhost:99999',
    ]) {
      expect(() => new Redis({ url })).toThrow(
        expect.objectContaining({ code: 'CANNOT_START' }) as Error,
      );
    }
    expect(() => new Redis({ url: 'http://:s3cret@cache:6379' })).toThrow(
      'Cannot use REDIS_URL "http://***@cache:6379": it is not the URL of a Redis (want redis://host:6379)',
    );
  });

  it('closes promptly when connected, and leaves no connection', async () => {
    await using own = await startRedis();
    await using bed = new Bed({ url: own.url });
    await closesPromptly(await bed.connected());
    await bed.redis.close();
    await eventually('no connection but this one', async () => {
      const clients = await own.command('CLIENT', 'LIST');
      return clients.split('\n').length === 1;
    });
  });

  it('closes promptly while the server is frozen', async () => {
    await using own = await startRedis();
    await using bed = new Bed({ url: own.url });
    const redis = await bed.connected();
    own.freeze();
    await closesPromptly(redis);
    expect(bed.errors).toEqual([]);
  });

  it('closes promptly between two attempts, and tries no further one', async () => {
    await using own = await startRedis();
    await own.kill();
    await using bed = new Bed({ url: own.url, reconnectMs: 60_000 });
    await eventually('an attempt', () => bed.errors.length > 0);
    await closesPromptly(bed.redis);
    const attempts = bed.errors.length;
    await own.restart();
    await using other = new Bed({ url: own.url });
    await other.connected();
    expect([bed.redis.connected, bed.errors.length]).toEqual([false, attempts]);
  });

  it('closes promptly in the moment in which it was made, and while a server takes long to greet', async () => {
    const [port = 0] = await freePorts(1);
    for (const url of [server.url, `redis://127.0.0.1:${port}`])
      await closesPromptly(new Redis({ url }));
    await using proxy = await startSlowProxy(server.port);
    proxy.delay(5_000);
    await using bed = new Bed({ url: `redis://127.0.0.1:${proxy.port}` });
    await eventually('an attempt that took too long', () => bed.errors.length > 0);
    await closesPromptly(bed.redis);
  });
});
