import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '#flow/new-id';
import { facet, runDocument } from '#test/lineage/lineage-events';
import type { Api } from '#test/support/api';
import { viewOf } from '#test/support/lineage-view';
import { startTestRegistry, type TestRegistry } from '#test/support/registry';
import { forSeeds } from '#test/support/seed';

const PATH = '/api/v1/lineage';
let registry: TestRegistry;
let api: Api;
beforeAll(async () => {
  registry = await startTestRegistry({ ATLAS_LINEAGE_BATCH_BYTES_MAX: '50000000' });
  api = registry.api;
});
afterAll(async () => {
  await registry[Symbol.asyncDispose]();
});

const eventOf = (runId: string, eventType: string, eventTime: string, rest: object = {}) =>
  runDocument({ run: { runId }, eventType, eventTime, ...rest });
const send = (event: unknown, headers = {}) => api.post(PATH, event, headers);
const runOf = async (id: string) => (await api.get(`/registry/job-runs/${id}`)).json;

describe('POST /api/v1/lineage', () => {
  it('takes a run from its start to its end and shows it as a job run, with its facets', async () => {
    const runId = newId();
    const parent = facet({ run: { runId: newId() }, job: { namespace: 'airflow', name: 'dag' } });
    const started = await send(
      eventOf(runId, 'START', '2026-01-31T12:00:00Z', { run: { runId, facets: { parent } } }),
    );
    expect(started.status).toBe(201);
    expect(started.json).toMatchObject({ kind: 'run', run_id: runId, existing: false });
    const statistics = facet({ rowCount: 12, size: 100 });
    await send(
      eventOf(runId, 'COMPLETE', '2026-01-31T12:01:00Z', {
        outputs: [
          { namespace: 's3://b', name: 'o', outputFacets: { outputStatistics: statistics } },
        ],
      }),
    );
    expect(await runOf(runId)).toMatchObject({
      id: runId,
      origin: 'openlineage',
      job: 'scheduler/load.orders',
      status: 'succeeded',
      outputs: ['s3://b/o'],
      counts: { rows: 12, bytes: 100 },
      parent_run_id: parent['run'] instanceof Object ? expect.any(String) : '',
      lineage: { status: 'COMPLETE' },
    });
    const listed = await api.get('/registry/job-runs?job=scheduler%2Fload.orders');
    expect(listed.json.job_runs.map((run: { id: string }) => run.id)).toContain(runId);
  });

  it('never takes an end back, and counts the same event once', async () => {
    const runId = newId();
    const end = eventOf(runId, 'COMPLETE', '2026-01-31T12:01:00Z');
    const first = await send(end);
    const again = await send(end);
    expect(again.status).toBe(201);
    expect(again.json).toMatchObject({
      id: first.json.id,
      existing: true,
      position: first.position,
    });
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    await send(eventOf(runId, 'START', '2026-01-31T12:05:00Z'));
    expect(await runOf(runId)).toMatchObject({ status: 'succeeded' });
    expect((await runOf(runId)).metadata['lineage.events']).toBe('2');
  });

  it('says the path of what is wrong: 400 for what is no JSON, 422 for what is no event', async () => {
    const broken = await api.send(PATH, {
      method: 'POST',
      raw: '{"eventType": "START",}',
      headers: { 'Content-Type': 'application/json' },
    });
    expect(broken.json).toMatchObject({ status: 400, code: 'INVALID_JSON' });
    const wrong = await send({ ...runDocument(), run: { runId: 'x' }, eventTime: 'yesterday' });
    expect(wrong.json).toMatchObject({
      status: 422,
      code: 'INVALID_EVENT',
      outcome: 'not-applied',
    });
    const paths = wrong.json.details.faults.map((fault: { path: string }) => fault.path);
    expect(paths.toSorted()).toEqual(['/eventTime', '/run/runId']);
    expect((await send([])).status).toBe(422);
    expect((await send('text')).status).toBe(422);
    const plain = { method: 'POST', raw: '{}', headers: { 'Content-Type': 'text/plain' } } as const;
    expect((await api.send(PATH, plain)).status).toBe(415);
  });

  it('keeps what breaks the schema of its facet, and warns', async () => {
    const runId = newId();
    const _schemaURL = 'https://openlineage.io/spec/facets/1-0-1/NominalTimeRunFacet.json';
    const odd = facet({ _schemaURL, nominalStartTime: 5 });
    const answer = await send(runDocument({ run: { runId, facets: { nominalTime: odd } } }));
    expect(answer.status).toBe(201);
    expect(answer.json.warnings[0].path).toMatch(/^\/run\/facets\/nominalTime/);
  });

  it('keeps what is said of jobs and datasets apart from runs', async () => {
    const { eventTime, producer, schemaURL } = runDocument();
    const name = `table-${newId()}`;
    const dataset = { namespace: 'pg', name, facets: { note: facet({ text: 'x' }) } };
    const event = { eventTime, producer, schemaURL, dataset };
    expect((await send(event)).json).toMatchObject({ kind: 'dataset', existing: false });
    expect((await send(event)).json).toMatchObject({ kind: 'dataset', existing: true });
    const job = { eventTime, producer, schemaURL, job: { namespace: 'dbt', name } };
    expect((await send(job)).json).toMatchObject({ kind: 'job' });
    const found = await api.get(`/registry/lineage/documents?name=pg%2F${name}`);
    expect(found.json.documents).toHaveLength(1);
    const [{ id, bytes }] = found.json.documents;
    expect(found.json.documents[0]).toMatchObject({ kind: 'dataset', name: `pg/${name}` });
    expect(bytes).toBeGreaterThan(100);
    expect((await api.get(`/registry/lineage/documents/${id}`)).json).toEqual(event);
    expect((await api.get(`/registry/lineage/documents/${'0'.repeat(64)}`)).status).toBe(404);
    expect((await api.get('/registry/lineage/documents/x')).status).toBe(400);
    const runs = await api.get(`/registry/job-runs?job=pg%2F${name}`);
    expect(runs.json.job_runs).toEqual([]);
  });

  it('links inputs and outputs to the datasets of the registry that have their names', async () => {
    const name = `lineage/${newId()}`;
    await api.post('/registry/datasets', { name, schema_fingerprint: 'fp' });
    const runId = newId();
    const inputs = [
      { namespace: 'any', name },
      { namespace: 'any', name: 'unknown' },
    ];
    await send(runDocument({ run: { runId }, inputs, outputs: [{ namespace: 'atlas', name }] }));
    expect((await runOf(runId)).datasets).toEqual([
      { as: 'input', name, href: `/registry/datasets/${name}` },
      { as: 'output', name, href: `/registry/datasets/${name}` },
    ]);
  });
});

describe('bodies', () => {
  const bodyOf = (bytes: number) =>
    JSON.stringify(
      runDocument({
        run: {
          runId: newId(),
          facets: { plan: facet({ text: randomBytes(bytes / 2).toString('hex') }) },
        },
      }),
    );
  const post = (raw: string | Uint8Array, headers = {}) =>
    api.send(PATH, {
      method: 'POST',
      raw,
      headers: { 'Content-Type': 'application/json', ...headers },
    });

  it('are taken with gzip', async () => {
    const runId = newId();
    const body = gzipSync(JSON.stringify(runDocument({ run: { runId } })));
    expect((await post(body, { 'Content-Encoding': 'gzip' })).json).toMatchObject({
      run_id: runId,
    });
    const broken = await post(Buffer.from('no gzip'), { 'Content-Encoding': 'gzip' });
    expect(broken.json).toMatchObject({ status: 400, code: 'INVALID_JSON' });
    expect((await post(body, { 'Content-Encoding': 'br' })).status).toBe(415);
  });

  it('that unpack to more than the bound are refused, and no more than the bound is unpacked', async () => {
    const bomb = gzipSync(Buffer.alloc(400_000_000, 0x20));
    expect(bomb.length).toBeLessThan(1_000_000);
    const before = process.memoryUsage().rss;
    const answer = await post(bomb, { 'Content-Encoding': 'gzip' });
    expect(answer.json).toMatchObject({ status: 413, code: 'TOO_LARGE' });
    expect(process.memoryUsage().rss - before).toBeLessThan(300_000_000);
  });

  it('of 2 and of 23 MB go to the artifact store and come back whole', async () => {
    for (const bytes of [2_000_000, 23_300_000]) {
      const body = bodyOf(bytes);
      const answer = await post(body);
      expect(answer.status).toBe(201);
      const run = await runOf(answer.json.run_id);
      const plan = run.lineage.runFacets.items.find((one: { name: string }) => one.name === 'plan');
      expect(plan.facet.text).toHaveLength(bytes);
      expect((await post(body)).json.existing).toBe(true);
    }
    const tooLarge = await post(bodyOf(26_000_000));
    expect(tooLarge.json).toMatchObject({ status: 413, code: 'TOO_LARGE' });
  });
});

describe('POST /api/v1/lineage/batch', () => {
  it('tells each event what became of it; a wrong one does not hold up the others', async () => {
    const [a, b] = [newId(), newId()];
    const events = [
      eventOf(a, 'COMPLETE', '2026-01-31T12:01:00Z'),
      { nothing: true },
      eventOf(a, 'START', '2026-01-31T12:00:00Z'),
      eventOf(b, 'FAIL', '2026-01-31T12:00:00Z'),
      eventOf(b, 'FAIL', '2026-01-31T12:00:00Z'),
    ];
    const answer = await api.post(`${PATH}/batch`, events);
    expect(answer.json).toMatchObject({
      status: 'partial_success',
      summary: {
        received: 5,
        successful: 4,
        failed: 1,
        non_retriable: 1,
        retriable: 0,
        existing: 1,
      },
      failed_events: [{ index: 1, retriable: false }],
    });
    expect(answer.json.failed_events[0].faults.length).toBeGreaterThan(0);
    expect(await runOf(a)).toMatchObject({ status: 'succeeded' });
    expect(await runOf(b)).toMatchObject({ status: 'failed' });
    const again = await api.post(`${PATH}/batch`, events);
    expect(again.json.summary).toMatchObject({ successful: 4, existing: 4 });
  });

  it('is refused as a whole when it is no list or too long', async () => {
    expect((await api.post(`${PATH}/batch`, {})).status).toBe(400);
    const many = Array.from({ length: 1_001 }, () => runDocument());
    expect((await api.post(`${PATH}/batch`, many)).status).toBe(422);
    expect((await api.post(`${PATH}/batch`, [])).json.summary.received).toBe(0);
  });
});

describe('the order of delivery', () => {
  it('does not matter: shuffled and doubled events come to the same runs', async () => {
    const types = ['START', 'RUNNING', 'COMPLETE', 'FAIL', 'OTHER'];
    await forSeeds(4, async (random) => {
      const tenants = [`t-${newId()}`, `t-${newId()}`] as const;
      const events = Array.from({ length: 30 }, (_, i) =>
        eventOf(
          `00000000-0000-4000-8000-00000000000${i % 5}`,
          random.pick(['START', ...types]),
          `2026-01-31T12:00:${String(random.int(60)).padStart(2, '0')}Z`,
          { inputs: [{ namespace: 'n', name: `d${random.int(4)}` }] },
        ),
      );
      const shuffled = [...events, ...events]
        .map((event) => ({ event, key: random.next() }))
        .toSorted((x, y) => x.key - y.key)
        .map(({ event }) => event);
      for (const event of events) await send(event, { 'Atlas-Tenant': tenants[0] });
      await api.post(`${PATH}/batch`, shuffled, { 'Atlas-Tenant': tenants[1] });
      const [inOrder, other] = await Promise.all(tenants.map((tenant) => viewOf(api, tenant)));
      expect(other).toEqual(inOrder);
    });
  });
});
