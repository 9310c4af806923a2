import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { bodyCostOf } from '#http/limits/request-cost';
import { startTestRegistry } from '#test/support/registry';

it('a JSON body costs by its size, small ones nothing', () => {
  const costs = { bodyMibCost: 100 };
  expect([0, 10_000, 1_048_576].map((bytes) => bodyCostOf(bytes, costs))).toEqual([0, 0, 100]);
});

it('a body is counted by what it unpacks to, also where it is refused then', async () => {
  await using started = await startTestRegistry({
    ATLAS_CLIENT_LIMITS: 'all',
    ATLAS_CLIENT_COST_BURST: '20',
    ATLAS_CLIENT_COST_PER_SECOND: '1',
    ATLAS_REFUSAL_DELAY_MS: '50',
  });
  const { api, registry } = started;
  const send = async (text: string) =>
    await fetch(`${registry.url}/api/v1/lineage`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', 'Content-Encoding': 'gzip' },
      body: gzipSync(text),
    });
  expect((await send('{}')).status).toBe(422);
  expect((await api.get('/registry/datasets/none')).status).toBe(404);
  expect((await send(`"${'x'.repeat(1_048_576)}"`)).status).toBe(422);
  expect((await api.get('/registry/datasets/none')).status).toBe(429);
});
