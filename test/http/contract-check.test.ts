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
const narrower = { ...order, required: ['id', 'note'] };

function fresh(prefix: string): string {
  return `${prefix}.x${newId().replaceAll('-', '')}`;
}

async function publish(name: string, rest: object): Promise<Awaited<ReturnType<Api['post']>>> {
  return await api.post('/registry/contracts', { name, ...rest });
}

describe('checking', () => {
  it('says what publishing would come to, and writes nothing', async () => {
    const name = fresh('check');
    const check = async (body: object): Promise<Record<string, unknown>> =>
      (await api.post(`/registry/contracts/${name}/check`, body)).json;
    expect(await check({ jsonSchema: order })).toMatchObject({
      wouldPublish: true,
      version: '1.0.0',
      faults: [],
    });
    expect((await api.get(`/registry/contracts/${name}`)).status).toBe(404);
    await publish(name, { jsonSchema: order });
    expect(await check({ jsonSchema: order })).toMatchObject({
      wouldPublish: false,
      isThere: true,
    });
    expect(await check({ jsonSchema: narrower })).toMatchObject({
      wouldPublish: true,
      version: '2.0.0',
      level: 'major',
    });
    expect(await check({ version: '1.0.1', jsonSchema: narrower })).toMatchObject({
      wouldPublish: false,
      want: '2.0.0',
      reason: expect.stringContaining('2.0.0'),
    });
    expect(await check({ jsonSchema: '{"type": ' })).toMatchObject({
      wouldPublish: false,
      faults: [expect.objectContaining({ rule: 'json-syntax' })],
    });
    expect((await api.get(`/registry/contracts/${name}`)).json.versions).toHaveLength(1);
  });

  it('explains what lies between two versions, either way', async () => {
    const name = fresh('diff');
    await publish(name, { jsonSchema: order });
    await publish(name, { jsonSchema: narrower });
    const forth = await api.get(`/registry/contracts/${name}/1.0.0/diff/2.0.0`);
    expect(forth.json.comparison).toMatchObject({ isCompatible: false, level: 'major' });
    const back = await api.get(`/registry/contracts/${name}/2.0.0/diff/1.0.0`);
    expect(back.json.comparison).toMatchObject({ isCompatible: true, level: 'minor' });
    expect((await api.get(`/registry/contracts/${name}/1.0.0/diff/3.0.0`)).status).toBe(404);
    const past = `/registry/contracts/${name}/1.0.0/diff/2.0.0?at=1`;
    expect((await api.get(past)).status).toBe(404);
  });

  it('tells the changelog as JSON and as Markdown, breaking changes first, no markup of publishers', async () => {
    const name = fresh('changelog');
    await publish(name, { jsonSchema: order, description: '<b>bold</b> [link](http://x)' });
    await publish(name, { jsonSchema: narrower });
    const json = (await api.get(`/registry/contracts/${name}/changelog`)).json;
    expect(json.versions.map((one: { version: string }) => one.version)).toEqual([
      '2.0.0',
      '1.0.0',
    ]);
    const markdown = await api.get(`/registry/contracts/${name}/changelog?format=markdown`);
    expect(markdown.headers.get('content-type')).toBe('text/markdown; charset=utf-8');
    expect(markdown.text).toMatch(/## 2\.0\.0[^]*Breaking[^]*note[^]*## 1\.0\.0/);
    expect(markdown.text).not.toContain('<b>');
  });
});
