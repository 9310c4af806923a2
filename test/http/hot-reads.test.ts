import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '#flow/new-id';
import type { Api, ApiAnswer } from '#test/support/api';
import { startTestRegistry, type TestRegistry } from '#test/support/registry';
import { forSeeds } from '#test/support/seed';

let registry: TestRegistry;
let api: Api;
beforeAll(async () => {
  registry = await startTestRegistry({ ATLAS_HOT_READ_BYTES_MAX: '20000' });
  api = registry.api;
});
afterAll(async () => {
  await registry[Symbol.asyncDispose]();
});

const body = (name: string, rowCount: number): object => ({
  name,
  schema_fingerprint: 'fp',
  row_count: rowCount,
});

/** What a client sees of an answer, without what differs between any two. */
function seen({ status, json, headers }: ApiAnswer): object {
  const own = new Set(['date', 'x-request-id', 'connection', 'keep-alive']);
  const kept = [...headers].filter(([name]) => !own.has(name));
  return { status, json, headers: Object.fromEntries(kept) };
}

/** Asks until the reply comes from memory: the first is remembered by its address, the second is kept. */
async function thrice(path: string, headers: Record<string, string> = {}): Promise<ApiAnswer[]> {
  const answers: ApiAnswer[] = [];
  for (let i = 0; i < 3; i += 1) answers.push(await api.get(path, headers));
  return answers;
}

describe('replies that are kept', () => {
  it('are equal to the ones that were made, header by header, but for the request id', async () => {
    const contract = `hot.x${newId().replaceAll('-', '')}`;
    const dataset = `hot/${newId()}`;
    await api.post('/registry/contracts', { name: contract, version: 'v1', jsonSchema: true });
    await api.post('/registry/datasets', body(dataset, 1));
    for (const path of [`/registry/contracts/${contract}/v1`, `/registry/datasets/${dataset}`]) {
      const [made, , kept] = await thrice(path);
      expect(kept && seen(kept)).toEqual(made && seen(made));
      expect(kept?.headers.get('x-request-id')).not.toBe(made?.headers.get('x-request-id'));
      const etag = made?.headers.get('etag') ?? '';
      const same = await api.get(path, { 'If-None-Match': etag });
      expect([same.status, same.text, same.headers.get('etag')]).toEqual([304, '', etag]);
      for (const header of ['vary', 'cache-control', 'atlas-position'])
        expect(same.headers.get(header)).toBe(made?.headers.get(header));
    }
  });

  it('show every write that was acknowledged before they were asked for', async () => {
    await forSeeds(20, async (random) => {
      const name = `fresh/${newId()}`;
      const path = `/registry/datasets/${name}`;
      for (let count = 0; count < 5; count += 1) {
        await api.post('/registry/datasets', body(name, count));
        for (let reads = 0; reads <= random.int(4); reads += 1)
          expect((await api.get(path)).json.row_count).toBe(count);
      }
    });
  });

  it('of a contract carry the position of now', async () => {
    const contract = `now.x${newId().replaceAll('-', '')}`;
    await api.post('/registry/contracts', { name: contract, version: 'v1', jsonSchema: true });
    const [before] = await thrice(`/registry/contracts/${contract}/v1`);
    await api.post('/registry/datasets', body(`now/${newId()}`, 1));
    const after = await api.get(`/registry/contracts/${contract}/v1`);
    expect(after.position).toBe((before?.position ?? 0) + 1);
  });

  it('are of one scope each, and say so to caches', async () => {
    const name = `scoped/${newId()}`;
    await api.post('/registry/datasets', body(name, 1), { 'Atlas-Tenant': 'acme' });
    const path = `/registry/datasets/${name}`;
    const [ours] = await thrice(path, { 'Atlas-Tenant': 'acme' });
    expect(ours?.status).toBe(200);
    expect(ours?.headers.get('vary')).toBe('Atlas-Tenant, Atlas-Environment, Authorization');
    for (const theirs of await thrice(path)) expect(theirs.status).toBe(404);
    const elsewhere = { 'Atlas-Tenant': 'acme', 'Atlas-Environment': 'prod' };
    expect((await api.get(path, elsewhere)).status).toBe(404);
  });

  it('of a scope in the path are not those of the same path without it', async () => {
    const name = `pathed/${newId()}`;
    const scope = '/tenants/acme/environments/prod';
    const path = `/registry/datasets/${name}`;
    await api.post(`${scope}/registry/datasets`, body(name, 7));
    const contract = `pathed.x${newId().replaceAll('-', '')}`;
    const version = { name: contract, version: 'v1', jsonSchema: true };
    await api.post(`${scope}/registry/contracts`, version);
    for (const one of [path, `/registry/contracts/${contract}/v1`]) {
      for (const headers of [{}, { 'Atlas-Tenant': 'foo' }] as const) {
        for (const ours of await thrice(`${scope}${one}`, headers)) expect(ours.status).toBe(200);
        for (const theirs of await thrice(one, headers)) expect(theirs.status).toBe(404);
      }
    }
  });

  it('of what is not there are not kept', async () => {
    const name = `later/${newId()}`;
    for (const answer of await thrice(`/registry/datasets/${name}`))
      expect(answer.status).toBe(404);
    await api.post('/registry/datasets', body(name, 1));
    expect((await api.get(`/registry/datasets/${name}`)).status).toBe(200);
  });

  it('stay right when there are more than fit', async () => {
    const names = Array.from({ length: 60 }, (_, i) => `many/${i}/${newId()}`);
    for (const [i, name] of names.entries()) await api.post('/registry/datasets', body(name, i));
    for (let round = 0; round < 3; round += 1) {
      for (const [i, name] of names.entries())
        expect((await api.get(`/registry/datasets/${name}`)).json.row_count).toBe(i);
    }
  });
});
