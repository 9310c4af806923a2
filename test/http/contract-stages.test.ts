import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '#flow/new-id';
import type { Api } from '#test/support/api';
import { startTestRegistry, type TestRegistry } from '#test/support/registry';

let registry: TestRegistry;
let api: Api;
beforeAll(async () => {
  registry = await startTestRegistry();
  api = registry.api;
});
afterAll(async () => {
  await registry[Symbol.asyncDispose]();
});

const order = {
  type: 'object',
  properties: { id: { type: 'integer' }, note: { type: 'string' } },
  required: ['id'],
};

function fresh(prefix: string): string {
  return `${prefix}.x${newId().replaceAll('-', '')}`;
}

async function publish(name: string, rest: object): Promise<Awaited<ReturnType<Api['post']>>> {
  return await api.post('/registry/contracts', { name, ...rest });
}

describe('the stages of a version', () => {
  it('goes from approved to deprecated to retired, with headers that say so, and shows the past', async () => {
    const name = fresh('stages');
    const { json } = await publish(name, { jsonSchema: order });
    const stage = async (body: object): Promise<Awaited<ReturnType<Api['post']>>> =>
      api.post(`/registry/contracts/${name}/1.0.0/stage`, body);
    expect((await stage({ stage: 'retired' })).json).toMatchObject({
      status: 409,
      code: 'ILLEGAL_TRANSITION',
      details: { legal: ['deprecated'] },
    });
    const sunset = '2099-01-01T00:00:00.000Z';
    expect((await stage({ stage: 'deprecated', sunset, notes: 'too old' })).status).toBe(200);
    const got = await api.get(`/registry/contracts/${name}/1.0.0`);
    expect(got.headers.get('atlas-contract-stage')).toBe('deprecated');
    expect(got.headers.get('deprecation')).toMatch(/^@\d+$/);
    expect(got.headers.get('sunset')).toBe('Thu, 01 Jan 2099 00:00:00 GMT');
    const before = await api.get(`/registry/contracts/${name}/1.0.0?at=${json.position}`);
    expect(before.headers.get('atlas-contract-stage')).toBe('approved');
    expect((await api.get(`/registry/contracts/${name}/latest`)).status).toBe(404);
    expect((await stage({ stage: 'retired' })).status).toBe(200);
    const retired = await api.get(`/registry/contracts/${name}/1.0.0`);
    expect(retired.headers.get('atlas-contract-stage')).toBe('retired');
    for (const header of ['deprecation', 'sunset', 'cache-control'])
      expect(retired.headers.get(header), header).toBe(got.headers.get(header));
  });

  it('shows the highest approved version as the latest, in the order of numbers', async () => {
    const name = fresh('latest');
    for (const version of ['1.9.0', '1.10.0'])
      await publish(name, { version, jsonSchema: order, description: version });
    await publish(name, {
      version: '1.11.0',
      jsonSchema: order,
      stage: 'draft',
      labels: { a: 'b' },
    });
    const latest = await api.get(`/registry/contracts/${name}/latest`);
    expect(latest.json.version).toBe('1.10.0');
    expect(latest.headers.get('cache-control')).toBe('no-cache');
    const kept = { 'If-None-Match': latest.headers.get('etag') ?? '' };
    expect((await api.get(`/registry/contracts/${name}/latest`, kept)).status).toBe(304);
    const again = { version: '1.10.1', jsonSchema: order, description: '1.10.0' };
    expect((await publish(name, again)).status).toBe(201);
    expect((await api.get(`/registry/contracts/${name}/latest`, kept)).json.version).toBe('1.10.1');
    expect((await api.get(`/registry/contracts/${name}/1.10.0`)).headers.get('cache-control')).toBe(
      'public, max-age=31536000, immutable',
    );
  });

  it('lets nobody approve in production what they have published, and keeps the digest of what is promoted', async () => {
    const name = fresh('promoted');
    const source = await publish(name, { version: '1.0.0', jsonSchema: order });
    const headers = { 'Atlas-Actor': 'ada' };
    const promoted = await api.post(
      `/registry/contracts/${name}/1.0.0/promote`,
      { toEnvironment: 'prod', notes: 'release 7' },
      headers,
    );
    expect(promoted.json).toMatchObject({
      status: 'created',
      stage: 'pending_approval',
      digest: source.json.digest,
    });
    const location = promoted.headers.get('location') ?? '';
    expect(location).toBe(`/tenants/default/environments/prod/registry/contracts/${name}/1.0.0`);
    const approve = async (actor: string): Promise<Awaited<ReturnType<Api['post']>>> =>
      api.post(`${location}/stage`, { stage: 'approved' }, { 'Atlas-Actor': actor });
    expect((await approve('ada')).json).toMatchObject({ status: 403, code: 'SELF_APPROVAL' });
    expect((await approve('grace')).status).toBe(200);
    expect((await api.get(location)).headers.get('atlas-contract-stage')).toBe('approved');
  });

  it('finds contracts by the beginning of the name, by label, stage and text, and takes no wildcards', async () => {
    const scope = { 'Atlas-Tenant': 'filters' };
    for (const [name, rest] of [
      ['shop.order', { labels: { team: 'sales' }, description: '100% sure' }],
      ['shop.item', { labels: { team: 'stock' }, stage: 'draft' }],
      ['ship.order', { description: 'by sea' }],
    ] as const)
      await api.post('/registry/contracts', { name, jsonSchema: order, ...rest }, scope);
    const names = async (query: string): Promise<string[]> => {
      const { json } = await api.get(`/registry/contracts?${query}`, scope);
      return json.contracts.map((one: { name: string }) => one.name);
    };
    expect(await names('name=shop.')).toEqual(['shop.item', 'shop.order']);
    expect(await names('label=team%3Dsales')).toEqual(['shop.order']);
    expect(await names('stage=draft')).toEqual(['shop.item']);
    expect(await names('text=SEA')).toEqual(['ship.order']);
    expect(await names('text=100%25')).toEqual(['shop.order']);
    expect(await names('text=%25')).toEqual(['shop.order']);
    expect(await names('text=_')).toEqual([]);
    expect((await api.get('/registry/contracts?label=team', scope)).status).toBe(400);
  });
});
