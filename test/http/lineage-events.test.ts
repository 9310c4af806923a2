import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '#flow/new-id';
import { lineageFixtures, runDocument } from '#test/lineage/lineage-events';
import type { Api } from '#test/support/api';
import { viewOf } from '#test/support/lineage-view';
import { startTestRegistry, type TestRegistry } from '#test/support/registry';

const PATH = '/api/v1/lineage';
let registry: TestRegistry;
let api: Api;
beforeAll(async () => {
  registry = await startTestRegistry();
  api = registry.api;
});
afterAll(async () => {
  await registry[Symbol.asyncDispose]();
});

describe('the client of OpenLineage for Python', () => {
  it('is answered as it expects: 201, with offsets of time zones and empty facets', async () => {
    const runId = newId();
    const event = runDocument({
      eventTime: '2026-01-31T13:00:00.123456+01:00',
      run: { runId, facets: { tags: { _producer: 'p', _schemaURL: 's', tags: [] } } },
      inputs: [{ namespace: 'n', name: 'i', facets: {}, inputFacets: {} }],
    });
    const headers = { 'User-Agent': 'python-requests/2.32', Authorization: 'Bearer key' };
    expect((await api.post(PATH, event, headers)).status).toBe(201);
    const { json } = await api.get(`/registry/job-runs/${runId}`);
    expect(json).toMatchObject({ started_at: '2026-01-31T12:00:00.123Z', inputs: ['n/i'] });
  });
});

describe('a run about which more and more is reported', () => {
  it('takes what can be kept, and refuses what would be too much, without harm to others', async () => {
    const runId = newId();
    const statuses: number[] = [];
    for (const name of ['a', 'b', 'c']) {
      const plan = { _producer: 'p', _schemaURL: 's', text: 'x'.repeat(20_000_000) };
      const event = runDocument({ run: { runId, facets: { [name]: plan } } });
      statuses.push((await api.post(PATH, event)).status);
    }
    expect(statuses).toEqual([201, 201, 413]);
    expect((await api.post(PATH, runDocument({ run: { runId: newId() } }))).status).toBe(201);
    const { json } = await api.get(`/registry/job-runs/${runId}`);
    expect(json.metadata['lineage.events']).toBe('2');
  });
});

const fixtures = lineageFixtures();
if (fixtures !== undefined) {
  describe('events of the integrations', () => {
    const files = ['scenarios', 'proxy']
      .flatMap((folder) =>
        readdirSync(join(fixtures, folder), { recursive: true, encoding: 'utf8' })
          .filter((path) => /(events|docker)\/[^/]+\.json$/.test(path))
          .map((path) => join(fixtures, folder, path)),
      )
      .toSorted();
    const texts = files.map((path) => readFileSync(path, 'utf8'));

    it('are taken, but for the two whose run id is none, which are 422 with the path', async () => {
      const statuses: number[] = [];
      for (const raw of texts) {
        const headers = { 'Content-Type': 'application/json', 'Atlas-Tenant': 'fixtures' };
        const answer = await api.send(PATH, { method: 'POST', raw, headers });
        statuses.push(answer.status);
        if (answer.status !== 201) expect(answer.json.details.faults[0].path).toBe('/run/runId');
      }
      expect(statuses.filter((status) => status === 201)).toHaveLength(texts.length - 2);
      expect(statuses.filter((status) => status === 422)).toHaveLength(2);
    });

    it('come to equal views in order, reversed and doubled', async () => {
      const deliveries = [texts, texts.toReversed(), [...texts, ...texts.toReversed()]];
      const views = [];
      for (const delivery of deliveries) {
        const tenant = `t-${newId()}`;
        const headers = { 'Content-Type': 'application/json', 'Atlas-Tenant': tenant };
        for (const raw of delivery) await api.send(PATH, { method: 'POST', raw, headers });
        views.push(await viewOf(api, tenant));
      }
      expect(views[1]).toEqual(views[0]);
      expect(views[2]).toEqual(views[0]);
    });
  });
}
