import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Sha256 } from '#domain/digest';
import { Api } from '#test/support/api';
import { goodToken, startGuardedRegistry } from '#test/support/guarded-registry';
import { startTestRegistry, type TestRegistry } from '#test/support/registry';
import { GENE_TABLES, geneBytes, manyGenes, publishBytes } from '#test/support/serving';
import { CLAIMS } from '#test/support/tokens';

const ADMIN = { ATLAS_ENABLE_ADMIN_ENDPOINTS: 'true' };
let registry: TestRegistry;
let api: Api;
beforeAll(async () => {
  registry = await startTestRegistry({ ...ADMIN, ATLAS_QUARANTINE_CORRUPTION_FAILURES: '2' });
  api = registry.api;
});
afterAll(async () => {
  await registry[Symbol.asyncDispose]();
});

/** Publishes a dataset and asks for a row, so that it is cached. */
async function cached(name: string, genes = 50): Promise<Sha256> {
  const bytes = geneBytes(manyGenes(genes, name));
  const sha256 = await publishBytes(api, { name, bytes, tables: GENE_TABLES });
  await ask(name);
  return sha256;
}

async function ask(name: string): Promise<number> {
  return (await api.get(`/v1/genes?dataset=${name}&gene_id=G00001`)).status;
}

function cachedPath(sha256: Sha256): string | undefined {
  const folder = join(registry.folder, 'cache', 'datasets');
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  const found = names.find((name) => name.endsWith(sha256));
  return found === undefined ? undefined : join(folder, found);
}

function damage(sha256: Sha256): void {
  const path = cachedPath(sha256) ?? '';
  const bytes = readFileSync(path);
  bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
  writeFileSync(path, bytes);
}

describe('POST /registry/cache/verify', () => {
  it('reads what is cached again, and finds a changed byte, which comes again or is left alone', async () => {
    const name = 'verify/one';
    const sha256 = await cached(name);
    const whole = await api.post('/registry/cache/verify', { dataset: name });
    expect(whole.json).toMatchObject({
      checked_count: 1,
      damaged_count: 0,
      damaged: [],
      unread: [],
    });
    expect(whole.json.bytes).toBeGreaterThan(0);
    expect(whole.headers.get('cache-control')).toBe('no-store');
    damage(sha256);
    const found = await api.post('/registry/cache/verify', undefined);
    const file = { sha256, kind: 'artifact', datasets: [`default/dev ${name}`] };
    expect(found.json.damaged).toMatchObject([{ ...file, quarantined_until: null }]);
    expect(await ask(name)).toBe(200);
    damage(sha256);
    const again = await api.post('/registry/cache/verify', { dataset: name });
    expect(again.json).toMatchObject({ checked_count: 1, damaged_count: 1 });
    expect(Date.parse(again.json.damaged[0].quarantined_until)).toBeGreaterThan(Date.now());
    expect(await ask(name)).toBe(503);
  });

  it('finds nothing of a dataset that is not cached, and refuses what is none', async () => {
    const none = await api.post('/registry/cache/verify', { dataset: 'verify/nowhere' });
    expect(none.json).toMatchObject({ checked_count: 0, bytes: 0 });
    for (const body of [{ dataset: '../x' }, { dataset: '' }, { cursor: 'x' }, { all: true }, []])
      expect((await api.post('/registry/cache/verify', body)).status, JSON.stringify(body)).toBe(
        400,
      );
  });
});

describe('POST /registry/cache/evict', () => {
  it('removes the files of one dataset, which come again when somebody asks', async () => {
    const [one, other] = [await cached('evict/one'), await cached('evict/other')];
    const gone = await api.post('/registry/cache/evict', { dataset: 'evict/one' });
    expect(gone.json).toMatchObject({ evicted_count: 1, evicted: [{ sha256: one }], kept: [] });
    expect(cachedPath(one)).toBeUndefined();
    expect(cachedPath(other)).toBeDefined();
    expect(await ask('evict/one')).toBe(200);
    expect(cachedPath(one)).toBeDefined();
    const all = await api.post('/registry/cache/evict', { unused: true });
    expect(all.json.evicted_count).toBeGreaterThanOrEqual(2);
    expect([cachedPath(one), cachedPath(other)]).toEqual([undefined, undefined]);
  });

  it('answers right, and only right, while files go and come under many requests', async () => {
    await cached('evict/busy', 500);
    let isOver = false;
    const asking = Array.from({ length: 4 }, async () => {
      const seen = new Set<number>();
      while (!isOver) seen.add(await ask('evict/busy'));
      return seen;
    });
    for (let i = 0; i < 20; i += 1) {
      const { status } = await api.post('/registry/cache/evict', { unused: true });
      expect([200, 429]).toContain(status);
    }
    isOver = true;
    for (const seen of await Promise.all(asking)) expect([...seen]).toEqual([200]);
  });

  it('refuses a body that does not say what', async () => {
    for (const body of [{}, { unused: false }, { dataset: 'a', unused: true }, { dataset: 1 }])
      expect((await api.post('/registry/cache/evict', body)).status, JSON.stringify(body)).toBe(
        400,
      );
  });
});

describe('looking after the cache', () => {
  it('is not there unless the operator enables it', async () => {
    await using plain = await startTestRegistry();
    for (const path of ['/registry/cache/verify', '/registry/cache/evict']) {
      const { status } = await plain.api.send(path, {
        method: 'POST',
        body: {},
        undocumented: true,
      });
      expect(status).toBe(404);
    }
  });

  it('asks for registry:admin, and touches nothing of another tenant', async () => {
    await using guarded = await startGuardedRegistry();
    const bearer = async (claims: object) => ({
      Authorization: `Bearer ${await goodToken(claims)}`,
    });
    const send = async (path: string, body: unknown, headers: Readonly<Record<string, string>>) => {
      const response = await fetch(`${guarded.url}${path}`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', ...headers },
        body: JSON.stringify(body),
      });
      return { status: response.status, json: (await response.json()) as Record<string, unknown> };
    };
    const ours = await bearer({});
    const theirs = await bearer({ tenant: `${CLAIMS.tenant}-2` });
    const own = new Api(guarded.url);
    const asOurs = {
      send: async (path: string, request: object) => own.send(path, { ...request, headers: ours }),
      post: async (path: string, body: unknown) => own.post(path, body, ours),
    } as unknown as Api;
    const bytes = geneBytes(manyGenes(20));
    await publishBytes(asOurs, { name: 'mine', bytes, tables: GENE_TABLES });
    expect((await own.get('/v1/genes?dataset=mine&gene_id=G00001', ours)).status).toBe(200);
    const writer = await bearer({ scope: 'datasets:read datasets:write datasets:publish' });
    for (const path of ['/registry/cache/verify', '/registry/cache/evict']) {
      expect((await send(path, { dataset: 'mine' }, {})).status).toBe(401);
      expect((await send(path, { dataset: 'mine' }, writer)).status).toBe(403);
    }
    const seen = await send('/registry/cache/verify', {}, theirs);
    expect(seen).toMatchObject({ status: 200, json: { checked_count: 0, damaged: [] } });
    const tried = await send('/registry/cache/evict', { unused: true }, theirs);
    expect(tried.json).toEqual({ evicted_count: 0, bytes: 0, evicted: [], kept: [] });
    const mine = await send('/registry/cache/evict', { unused: true }, ours);
    expect(mine.json).toMatchObject({ evicted_count: 1 });
  });
});
