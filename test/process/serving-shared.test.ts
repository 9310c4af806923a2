import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startRedis, type TestRedis } from '#test/support/redis';
import { startTestRegistry, type TestRegistry } from '#test/support/registry';
import { GENE_TABLES, geneBytes, manyGenes, shelve } from '#test/support/serving';
import { StoreFolder } from '#test/support/store-folder';
import { type TempFolder, tempFolder } from '#test/support/temp';
import { eventually } from '#test/support/wait';

const NAME = '1/shared/one';

let temporary: TempFolder;
let redis: TestRedis;
const open: TestRegistry[] = [];
beforeEach(async () => {
  temporary = tempFolder();
  redis = await startRedis();
});
afterEach(async () => {
  for (const registry of open.splice(0)) await registry[Symbol.asyncDispose]();
  await redis[Symbol.asyncDispose]();
  temporary[Symbol.dispose]();
});

async function start(env: Record<string, string> = {}): Promise<TestRegistry> {
  const registry = await startTestRegistry({
    ATLAS_REGISTRY_SOURCES: `shelf=local:${join(temporary.path, 'shelf')}`,
    ATLAS_ENABLE_ADMIN_ENDPOINTS: 'true',
    ATLAS_ENABLE_DEBUG_DATASETS: 'true',
    ATLAS_LOG_LEVEL: 'silent',
    ...env,
  });
  open.push(registry);
  await eventually(
    'the catalog',
    async () => (await registry.api.get('/v1/datasets')).json.datasets.length === 1,
  );
  return registry;
}

function fill(): void {
  const folder = new StoreFolder(join(temporary.path, 'shelf'));
  shelve(folder, [{ name: NAME, bytes: geneBytes(manyGenes(300)), tables: GENE_TABLES }]);
}

const geneOf = (index: number, more = ''): string =>
  `/v1/genes?dataset=${NAME}&gene_id=G${String(index).padStart(5, '0')}${more}`;

async function expectGene(registry: TestRegistry, index: number): Promise<void> {
  const { status, json, text } = await registry.api.get(geneOf(index));
  expect([status, text.slice(0, 200)]).toEqual([200, text.slice(0, 200)]);
  expect(json.rows).toMatchObject([{ name: `first-${index}` }]);
}

async function downloads({ api }: TestRegistry): Promise<number> {
  return (await api.get('/debug/cache-stats')).json.downloads;
}

describe('with Redis', () => {
  it('a node answers what another one has found, without any download', async () => {
    fill();
    const env = { REDIS_URL: redis.url };
    const [first, second] = [await start(env), await start(env)];
    const paths = [geneOf(1), geneOf(2, '&include=coords,length'), geneOf(99_999)];
    const found = [];
    for (const path of paths) found.push(await first.api.get(path));
    // Those after the first were answered from the file, at once: only what waited is shared.
    await eventually('the answer in Redis', async () => Number(await redis.command('DBSIZE')) > 0);
    const again = await second.api.get(geneOf(1));
    expect(again.text).toBe(found[0]?.text);
    expect(again.headers.get('etag')).toBe(found[0]?.headers.get('etag'));
    expect([await downloads(first), await downloads(second)]).toEqual([1, 0]);
    expect((await second.api.get(`/v1/datasets/${NAME}`)).json.is_cached).toBe(false);
    for (const [index, path] of paths.entries())
      expect((await second.api.get(path)).text).toBe(found[index]?.text);
    expect(await downloads(second)).toBe(1);
  });

  it.each<[string, (redis: TestRedis) => void | Promise<void>]>([
    ['killed', async (server) => server.kill()],
    ['frozen', (server) => server.freeze()],
  ])('that is %s in the middle, no request fails', async (_what, end) => {
    fill();
    const env = { REDIS_URL: redis.url, ATLAS_ENABLE_RATE_LIMIT: 'true' };
    const wide = { ATLAS_RATE_LIMIT_CAPACITY: '100000' };
    const [first, second] = [await start({ ...env, ...wide }), await start({ ...env, ...wide })];
    await expectGene(first, 1);
    for (const registry of [first, second]) {
      const asking = Array.from({ length: 40 }, async (_, index) => expectGene(registry, index));
      await Promise.all(asking.slice(0, 10));
      if (registry === first) await end(redis);
      await Promise.all(asking);
      for (let index = 40; index < 60; index += 1) await expectGene(registry, index);
    }
  });

  it('that was never there, everything works', async () => {
    fill();
    await redis.kill();
    const registry = await start({ REDIS_URL: redis.url });
    for (let index = 0; index < 20; index += 1) await expectGene(registry, index);
  });

  it('nodes count the requests of a client together', async () => {
    fill();
    const env = {
      REDIS_URL: redis.url,
      ATLAS_ENABLE_RATE_LIMIT: 'true',
      ATLAS_RATE_LIMIT_CAPACITY: '20',
      ATLAS_RATE_LIMIT_PER_SECOND: '1',
      // However busy this machine is: a later answer would be counted by each node alone.
      ATLAS_REDIS_TIMEOUT_MS: '5000',
    };
    const nodes = [await start(env), await start(env)];
    const statuses: number[] = [];
    for (let index = 0; index < 40; index += 1)
      statuses.push((await nodes[index % 2]?.api.get(geneOf(index)))?.status ?? 0);
    expect(statuses.slice(0, 20)).toEqual(Array.from({ length: 20 }, () => 200));
    expect(statuses.filter((status) => status === 429).length).toBeGreaterThan(5);
  });
});

describe('the rate limit', () => {
  const LIMITED = {
    ATLAS_ENABLE_RATE_LIMIT: 'true',
    ATLAS_RATE_LIMIT_CAPACITY: '5',
    ATLAS_RATE_LIMIT_PER_SECOND: '1',
  };

  it('answers 429 with RateLimit headers and Retry-After, and lets in again who waits as long', async () => {
    fill();
    const { api } = await start(LIMITED);
    const answers = [];
    for (let index = 0; index < 9; index += 1) answers.push(await api.get(geneOf(index)));
    for (const { headers } of answers) {
      expect(headers.get('ratelimit-policy')).toBe('"rows";q=5;w=5');
      expect(headers.get('ratelimit')).toMatch(/^"rows";r=[0-4];t=[0-5]$/);
    }
    const refused = answers.find(({ status }) => status === 429);
    expect(refused?.json).toMatchObject({ code: 'RATE_LIMITED', retryable: true });
    expect(Number(refused?.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(refused?.headers.get('ratelimit')).toContain('"rows";r=0;');
    await eventually('another turn', async () => (await api.get(geneOf(1))).status === 200);
  });

  it('counts requests for rows alone, whatever form they take', async () => {
    fill();
    const { api } = await start(LIMITED);
    for (let index = 0; index < 20; index += 1)
      expect((await api.get('/v1/datasets')).status).toBe(200);
    const limited = async (path: string) => (await api.get(path)).status;
    const paths = [`/v1/datasets/${NAME}/rows/gene_summary`, `/v1/genes/count?dataset=${NAME}`];
    const seen: number[] = [];
    for (let index = 0; index < 12; index += 1) seen.push(await limited(paths[index % 2] ?? ''));
    expect(seen).toContain(429);
    expect(await limited('/lookup/id/G00001')).toBe(429);
    const body = { dataset: NAME, gene_ids: ['G00001'] };
    expect((await api.post('/v1/genes/lookup', body)).status).toBe(429);
    expect((await api.get('/readyz')).status).toBe(200);
  });

  it('is off where nobody has asked for it', async () => {
    fill();
    const { api } = await start();
    for (let index = 0; index < 60; index += 1) {
      const { status, headers } = await api.get(geneOf(index));
      expect([status, headers.get('ratelimit-limit')]).toEqual([200, null]);
    }
  });
});
