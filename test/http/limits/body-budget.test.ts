import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { newId } from '#flow/new-id';
import { BodyBudget } from '#http/limits/body-budget';
import { startTestRegistry } from '#test/support/registry';

it('gives room while there is some, and to one that is alone however large it is', () => {
  const budget = new BodyBudget(100);
  const alone = budget.take(1_000);
  expect(() => budget.take(1)).toThrow(expect.objectContaining({ code: 'BUSY' }));
  alone();
  const [first, second] = [budget.take(60), budget.take(40)];
  expect(() => budget.take(1)).toThrow(/100 bytes of bodies are worked on already/);
  first();
  budget.take(60)();
  second();
});

it('many large bodies at once are taken one after the other or told to come again, and none is lost', async () => {
  await using started = await startTestRegistry({ ATLAS_BODIES_BYTES_MAX: '1048576' });
  const { api } = started;
  const producer = 'https://example.org/test';
  const facet = { _producer: producer, _schemaURL: producer, text: 'x'.repeat(900_000) };
  const send = async () =>
    await api.post('/api/v1/lineage', {
      eventType: 'START',
      eventTime: '2026-01-01T00:00:00Z',
      run: { runId: randomUUID(), facets: { large: facet } },
      job: { namespace: 'test', name: 'large' },
      producer,
      schemaURL: 'https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent',
    });
  const answers = await Promise.all(Array.from({ length: 8 }, send));
  const statuses = answers.map(({ status }) => status);
  expect(statuses).toContain(201);
  expect(statuses).toContain(503);
  for (const { status, json } of answers)
    if (status !== 201) expect(json).toMatchObject({ code: 'BUSY', outcome: 'not-applied' });
  expect((await send()).status).toBe(201);
  const name = newId();
  expect((await api.post('/registry/datasets', { name, schema_fingerprint: 'f' })).status).toBe(
    201,
  );
});
