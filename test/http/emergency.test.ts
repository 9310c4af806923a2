import { expect, it } from 'vitest';
import { registration } from '#test/support/registration';
import { startTestRegistry } from '#test/support/registry';

it('a node whose emergency breaker is on answers health and nothing else', async () => {
  await using registry = await startTestRegistry({ ATLAS_EMERGENCY_GLOBAL_BREAKER: 'true' });
  const { url } = registry.registry;
  for (const path of ['/healthz', '/readyz'])
    expect((await fetch(`${url}${path}`)).status).toBe(200);
  for (const [path, init] of [
    ['/v1/genes?dataset=a&gene_id=b', {}],
    ['/catalog', {}],
    ['/registry/datasets', { method: 'POST', body: JSON.stringify(registration('a')) }],
  ] as const) {
    const answer = await fetch(`${url}${path}`, init);
    expect([path, answer.status, answer.headers.get('retry-after')]).toEqual([path, 503, '10']);
    expect(await answer.json()).toMatchObject({ code: 'OVERLOADED' });
  }
});
