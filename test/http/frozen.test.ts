import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '#flow/new-id';
import { startTestNats, type TestNats } from '#test/support/nats';
import { startTestRegistry, type TestRegistry } from '#test/support/registry';
import { eventually } from '#test/support/wait';

let nats: TestNats;
let node: TestRegistry;
beforeAll(async () => {
  nats = await startTestNats({ provision: false });
  node = await startTestRegistry({
    NATS_URL: nats.server.url.replace('//', `//${nats.server.token}@`),
  });
});
afterAll(async () => {
  await node[Symbol.asyncDispose]();
  await nats[Symbol.asyncDispose]();
});

const dataset = (): object => ({ name: `x/${newId()}`, schema_fingerprint: 'fp' });

describe('a node over a broker that it shares', () => {
  it('refuses an event that only it could read, before anything is written', async () => {
    const { api } = node;
    const before = (await api.get('/catalog')).position;
    const description = 'x'.repeat(2_000);
    const properties = Object.fromEntries(
      Array.from({ length: 1_000 }, (_, i) => [`p${i}`, { description }]),
    );
    const name = `large.x${newId().replaceAll('-', '')}`;
    const contract = { name, version: 'v1', jsonSchema: { properties } };
    const answer = await api.post('/registry/contracts', contract);
    expect(answer.json).toMatchObject({ status: 413, code: 'TOO_LARGE', outcome: 'not-applied' });
    expect((await api.get('/catalog')).position).toBe(before);
  });

  it('takes no writes once its log holds what no registry wrote; reads go on', async () => {
    const { api } = node;
    const known = dataset() as { name: string };
    await api.post('/registry/datasets', known);
    const { nc } = await nats.connect();
    await nc.request('atlas.default.dev.dataset.junk', 'hi');
    await eventually('the catalog to halt', async () => (await api.get('/readyz')).status === 503);
    const answer = await api.post('/registry/datasets', dataset());
    expect(answer.json).toMatchObject({
      status: 503,
      code: 'FROZEN',
      outcome: 'not-applied',
      retryable: false,
    });
    expect(answer.json.detail).toMatch(/view "catalog" has halted: Cannot read event 2 /);
    expect((await api.get(`/registry/datasets/${known.name}`)).status).toBe(200);
  });
});
