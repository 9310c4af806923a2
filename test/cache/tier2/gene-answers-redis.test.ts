import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AnswerKey, GeneAnswers, type GeneAnswersCounts } from '#cache/tier2/gene-answers';
import { GuardedRedis, type GuardedRedisOptions } from '#cache/tier2/guarded-redis';
import { Redis, type RedisOptions } from '#clients/redis';
import { systemClock } from '#flow/clock';
import { startRedis, type TestRedis } from '#test/support/redis';
import { startSlowProxy } from '#test/support/slow-proxy';
import { eventually } from '#test/support/wait';

const ANSWER = '{"gene_id":"ENSG1","name":"Brça 2 🧬"}';

function keyOf(geneId: string): AnswerKey {
  return {
    scope: 'default/dev',
    artifactSha256: 'a'.repeat(64),
    geneId,
    fields: ['gene_id', 'name'],
  };
}

const KEY = keyOf('ENSG1');

interface BedOptions {
  readonly client?: Partial<RedisOptions>;
  readonly guard?: Partial<GuardedRedisOptions>;
}

/** What a node has where nobody says otherwise. */
const DEFAULTS: BedOptions = { client: { commandTimeoutMs: 50 }, guard: { timeoutMs: 50 } };

/** A node as it is composed, but patient enough for a busy machine where a test does not say otherwise. */
class Bed implements AsyncDisposable {
  readonly failures: unknown[] = [];
  readonly redis: Redis;
  readonly guarded: GuardedRedis;
  readonly answers: GeneAnswers;

  constructor(url: string, { client, guard }: BedOptions = {}) {
    this.redis = new Redis({ url, reconnectMs: 100, commandTimeoutMs: 5_000, ...client });
    this.guarded = new GuardedRedis({
      redis: this.redis,
      clock: systemClock,
      timeoutMs: 5_000,
      onFailure: (error) => this.failures.push(error),
      ...guard,
    });
    this.answers = new GeneAnswers({ redis: this.guarded, clock: systemClock });
  }

  async connected(): Promise<this> {
    await eventually('the connection', () => this.redis.connected);
    return this;
  }

  get counts(): GeneAnswersCounts {
    return this.answers.counts();
  }

  /** Asks so often, one after the other; every answer must be none, and all together must not take long. */
  async findsNothing(times: number): Promise<void> {
    const beganMs = performance.now();
    for (let i = 0; i < times; i += 1) expect(await this.answers.get(KEY)).toBeUndefined();
    expect(performance.now() - beganMs).toBeLessThan(4_000);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.redis.close();
  }
}

describe('GeneAnswers over Redis', () => {
  let server: TestRedis;
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(async () => {
    await server[Symbol.asyncDispose]();
  });

  it('shares an answer between two nodes, under a key and a lifetime that Redis knows', async () => {
    await server.command('FLUSHALL');
    await using one = await new Bed(server.url).connected();
    await using two = await new Bed(server.url).connected();
    await one.answers.set(KEY, ANSWER);
    expect(await two.answers.get(KEY)).toBe(ANSWER);
    expect(await two.answers.get(keyOf('ENSG2'))).toBeUndefined();
    expect(two.counts).toMatchObject({ hits: 1, absent: 1, failed: 0 });
    const name = await server.command('KEYS', '*');
    expect(name).toMatch(/^atlas:gene:[0-9a-f]{64}$/);
    const ttl = Number(await server.command('TTL', name));
    expect([ttl > 0, ttl <= 30]).toEqual([true, true]);
  });

  it('takes nothing of what stands in Redis but its own, and its circuit stays closed', async () => {
    await server.command('FLUSHALL');
    await using bed = await new Bed(server.url).connected();
    await bed.answers.set(KEY, ANSWER);
    const name = await server.command('KEYS', '*');
    const own = await server.command('GET', name);
    const poison = async (...words: readonly string[]): Promise<void> => {
      await server.command('DEL', name);
      await server.command(...words);
      for (let i = 0; i < 3; i += 1) expect(await bed.answers.get(KEY)).toBeUndefined();
    };
    await poison('SET', name, ANSWER);
    await poison('SET', name, own.replace('ENSG1', 'ENSG2'));
    await poison('EVAL', "redis.call('SET', KEYS[1], string.char(255, 0, 254, 13, 10))", '1', name);
    expect(bed.counts).toMatchObject({ hits: 0, corrupt: 9 });
    await poison('SETRANGE', name, '200000000', 'x');
    expect(bed.counts).toMatchObject({ hits: 0, tooLarge: 3 });
    await poison('LPUSH', name, own);
    expect(bed.counts).toMatchObject({ hits: 0, failed: 3 });
    expect(bed.guarded.circuit).toBe('closed');
    // A write replaces whatever it is.
    await bed.answers.set(KEY, ANSWER);
    expect(await bed.answers.get(KEY)).toBe(ANSWER);
  });

  it('finds and keeps nothing while Redis is stopped, leaves it alone, and uses it when it is back', async () => {
    await using own = await startRedis();
    await using bed = await new Bed(own.url, { guard: { openMs: 100 } }).connected();
    await bed.answers.set(KEY, ANSWER);
    await own.kill();
    await bed.findsNothing(20);
    await bed.answers.set(KEY, ANSWER);
    expect(bed.counts.failed).toBeGreaterThanOrEqual(8);
    expect(bed.counts.refused).toBeGreaterThan(0);
    expect(bed.counts).toMatchObject({ hits: 0, stored: 1 });
    await own.restart();
    await eventually('an answer', async () => {
      await bed.answers.set(KEY, ANSWER);
      return (await bed.answers.get(KEY)) === ANSWER;
    });
    expect(bed.guarded.circuit).toBe('closed');
  });

  it('gives up in time while Redis is frozen, leaves it alone after 8 calls, and uses it when it is thawed', async () => {
    await using own = await startRedis();
    // The client would wait for long: it is the deadline here that ends the calls.
    await using bed = await new Bed(own.url, {
      client: { commandTimeoutMs: 60_000 },
      guard: { openMs: 300, timeoutMs: 100 },
    }).connected();
    await bed.answers.set(KEY, ANSWER);
    own.freeze();
    await bed.findsNothing(8);
    expect(bed.failures[0]).toMatchObject({ name: 'TooSlow' });
    await bed.answers.set(KEY, 'other');
    expect(bed.counts).toMatchObject({ failed: 8, refused: 1, stored: 1 });
    own.thaw();
    await eventually('an answer', async () => (await bed.answers.get(KEY)) === ANSWER);
  });

  it('adds no more than its time when many ask a frozen Redis at once', async () => {
    await using own = await startRedis();
    await using bed = await new Bed(own.url, DEFAULTS).connected();
    own.freeze();
    const beganMs = performance.now();
    const calls = Array.from({ length: 500 }, (_, i) => bed.answers.get(keyOf(`g${i}`)));
    expect(new Set(await Promise.all(calls))).toEqual(new Set([undefined]));
    expect(performance.now() - beganMs).toBeLessThan(1_000);
    expect([bed.counts.hits, bed.counts.failed, bed.guarded.circuit]).toEqual([0, 500, 'open']);
    own.thaw();
  });

  it('gives up in time while Redis answers 5 s late, and takes no late answer for another question', async () => {
    await using proxy = await startSlowProxy(server.port);
    await using bed = await new Bed(`redis://127.0.0.1:${proxy.port}`, {
      guard: { timeoutMs: 200 },
    }).connected();
    await bed.answers.set(KEY, ANSWER);
    expect(await bed.answers.get(KEY)).toBe(ANSWER);
    proxy.delay(5_000);
    await bed.findsNothing(20);
    expect(bed.counts).toMatchObject({ hits: 1, failed: 8, refused: 12 });
    await using late = new Bed(`redis://127.0.0.1:${proxy.port}`, DEFAULTS);
    await late.findsNothing(20);
    expect(late.counts).toMatchObject({ hits: 0, failed: 8, refused: 12 });
  });

  it('goes without Redis when the password is wrong', async () => {
    await using own = await startRedis('--requirepass', 'right');
    const heard: Error[] = [];
    const onError = (error: Error): void => {
      heard.push(error);
    };
    await using bed = new Bed(`redis://:wrong@127.0.0.1:${own.port}`, { client: { onError } });
    await eventually('the refusal', () => heard.length > 0);
    await bed.findsNothing(20);
    await bed.answers.set(KEY, ANSWER);
    expect(bed.counts).toMatchObject({ hits: 0, stored: 0, failed: 8, refused: 13 });
  });

  it('reads on from a replica and from a full Redis, where writes fail at once and only once', async () => {
    for (const settings of [
      ['REPLICAOF', '127.0.0.1', '1'],
      ['CONFIG', 'SET', 'maxmemory', '1'],
    ]) {
      await using own = await startRedis();
      await using bed = await new Bed(own.url).connected();
      await bed.answers.set(KEY, ANSWER);
      await own.command(...settings);
      for (let i = 0; i < 10; i += 1) {
        await bed.answers.set(keyOf(`g${i}`), ANSWER);
        expect(await bed.answers.get(KEY)).toBe(ANSWER);
      }
      expect(bed.counts).toMatchObject({ hits: 10, stored: 1, failed: 10, refused: 0 });
      expect(String(bed.failures[0])).toMatch(/READONLY|OOM/);
    }
  });

  it('begins anew when Redis was restarted or emptied', async () => {
    await using own = await startRedis();
    await using bed = await new Bed(own.url, { guard: { openMs: 50 } }).connected();
    await bed.answers.set(KEY, ANSWER);
    await own.command('FLUSHALL');
    expect(await bed.answers.get(KEY)).toBeUndefined();
    await own.kill();
    await own.restart();
    await eventually('an answer that says that nothing is there', async () => {
      await bed.answers.get(KEY);
      return bed.counts.absent === 2;
    });
  });
});
