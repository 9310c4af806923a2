import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { JOB_OUTCOMES, JOB_RUN_STEPS, JOB_STATUSES, type JobStatus } from '#domain/job-run-step';
import { newId } from '#flow/new-id';
import type { Api } from '#test/support/api';
import { freshDatabase } from '#test/support/fresh-database';
import { startTestRegistry, type TestRegistry } from '#test/support/registry';

const backends = ['SQLite', 'Postgres'] as const;

describe.each(backends)('the steps of a run in %s', (backend) => {
  let registry: TestRegistry;
  let api: Api;
  beforeAll(async () => {
    const env = backend === 'Postgres' ? { DATABASE_URL: await freshDatabase() } : {};
    registry = await startTestRegistry(env);
    api = registry.api;
  });
  afterAll(async () => {
    await registry[Symbol.asyncDispose]();
  });

  const submit = async (rest: object = {}) =>
    (await api.post('/registry/job-runs', { job: 'check', status: 'pending', ...rest })).json;
  const step = (id: string, verb: string, body: unknown = {}, headers = {}) =>
    api.post(`/registry/job-runs/${id}/${verb}`, body, headers);
  const end = (id: string, status: string) => step(id, 'finish', { status });

  /** Brings a run to where it stands. */
  const runAt = async (status: JobStatus): Promise<string> => {
    const { id } = await submit();
    if (status === 'pending') return id;
    if (status !== 'skipped') await step(id, 'begin');
    if (status !== 'running') await end(id, status);
    return id;
  };

  it('are those of the table: every other one is 409 and names the legal ones', async () => {
    for (const from of JOB_STATUSES) {
      for (const to of ['running', ...JOB_OUTCOMES] as const) {
        const id = await runAt(from);
        const answer = to === 'running' ? await step(id, 'begin') : await end(id, to);
        if (JOB_RUN_STEPS[from].includes(to)) {
          expect([from, to, answer.status, answer.json.status]).toEqual([from, to, 200, to]);
          continue;
        }
        expect(answer.json).toMatchObject({
          status: 409,
          code: 'ILLEGAL_TRANSITION',
          details: { status: from, legal: JOB_RUN_STEPS[from] },
        });
      }
    }
  });

  it('a pending run is begun by one of many, shows how far it is, and ends with its results', async () => {
    const { id } = await submit({ timeout_ms: 60_000, correlation_id: 'load 7' });
    const begun = await Promise.all(
      Array.from({ length: 8 }, (_, i) => step(id, 'begin', { by: `worker ${i}` })),
    );
    expect(begun.map(({ status }) => status).filter((status) => status === 200)).toHaveLength(1);
    expect(begun.filter(({ status }) => status === 409)).toHaveLength(7);
    expect((await step(id, 'heartbeat')).json).toMatchObject({ status: 'running' });
    const progress = { done: 3, total: 9, message: 'third table' };
    expect((await step(id, 'progress', { progress })).json.progress).toEqual(progress);
    const results = { rows: [1, 2, 3], text: 'ü' };
    const ended = await step(id, 'finish', {
      status: 'succeeded',
      metrics: { null_share: 0.25 },
      findings: { warning: 2 },
      report_uri: 's3://r/1',
      report_sha256: 'a'.repeat(64),
      results,
    });
    expect(ended.json).toMatchObject({
      status: 'succeeded',
      metrics: { null_share: 0.25 },
      findings: { warning: 2 },
      report_sha256: 'a'.repeat(64),
      results: { bytes: JSON.stringify(results).length + 1 },
    });
    const kept = await api.get(ended.json.results.uri);
    expect(kept.json).toEqual(results);
    expect(kept.headers.get('etag')).toBe(`"${ended.json.results.sha256}"`);
    const { id: without } = await submit();
    expect((await api.get(`/registry/job-runs/${without}/results`)).status).toBe(404);
    const listed = await api.get('/registry/job-runs?correlation=load%207');
    expect(listed.json.job_runs.map((run: { id: string }) => run.id)).toEqual([id]);
  });

  it('signs of life that say nothing new soon after another are not recorded', async () => {
    const { id } = await submit({ timeout_ms: 3_600_000 });
    const begun = await step(id, 'begin');
    const signs = [];
    for (let i = 0; i < 5; i += 1) signs.push(await step(id, 'heartbeat'));
    expect(new Set(signs.map(({ position }) => position))).toEqual(new Set([begun.position]));
    const news = await step(id, 'progress', { progress: { done: 1 } });
    expect(news.position).toBeGreaterThan(begun.position);
    const same = await step(id, 'progress', { progress: { done: 1 } });
    expect(same.position).toBe(news.position);
  });

  it('a step that is sent again under its key gets the first answer', async () => {
    const { id } = await submit();
    const headers = { 'Idempotency-Key': newId() };
    const first = await step(id, 'begin', {}, headers);
    await end(id, 'succeeded');
    const again = await step(id, 'begin', {}, headers);
    expect(again.status).toBe(200);
    expect(again.position).toBe(first.position);
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    expect((await step(id, 'begin', { by: 'another' }, headers)).json.code).toBe(
      'IDEMPOTENCY_KEY_REUSED',
    );
  });

  it('show the past: a run as of every position, and with an entity tag', async () => {
    const { id } = await submit();
    const begun = await step(id, 'begin');
    const ended = await end(id, 'failed');
    const path = `/registry/job-runs/${id}`;
    const at = async (position: number) => await api.get(`${path}?at=${position}`);
    expect((await at(begun.position - 1)).json.status).toBe('pending');
    expect((await at(begun.position)).json.status).toBe('running');
    expect((await at(ended.position)).json.status).toBe('failed');
    expect((await api.get(`${path}?at=2001-01-01T00:00:00Z`)).status).toBe(404);
    expect((await api.get(`${path}?at=nonsense`)).status).toBe(400);
    const etag = (await api.get(path)).headers.get('etag') ?? '';
    expect((await api.get(path, { 'If-None-Match': etag })).status).toBe(304);
    expect((await api.get(path, { 'If-None-Match': '"other"' })).status).toBe(200);
  });

  it('lists by parent and refuses what it does not know', async () => {
    const parent = await submit();
    const child = await submit({ parent_run_id: parent.id });
    const listed = await api.get(`/registry/job-runs?parent=${parent.id}`);
    expect(listed.json.job_runs.map((run: { id: string }) => run.id)).toEqual([child.id]);
    expect((await api.get('/registry/job-runs?statuss=running')).status).toBe(400);
    expect((await step(newId(), 'begin')).status).toBe(404);
    expect((await step('no%2Fid', 'begin')).status).toBe(400);
    expect((await step(parent.id, 'finish', { status: 'done' })).status).toBe(400);
    expect(
      (await step(parent.id, 'finish', { status: 'failed', findings: { bad: 1 } })).status,
    ).toBe(400);
  });

  it('come in batches, each with a result of its own, in order within a run', async () => {
    const id = newId();
    const operations = [
      { op: 'start', id, job: 'batch', status: 'pending' },
      { op: 'begin', id },
      { op: 'progress', id, progress: { done: 1 } },
      { op: 'finish', id, status: 'succeeded', counts: { rows: 3 } },
      { op: 'cancel', id },
      { op: 'begin', id: 'unknown' },
      { op: 'nothing' },
      { op: 'start', job: 'other' },
    ];
    const headers = { 'Idempotency-Key': newId() };
    const send = () => api.post('/registry/job-runs/batch', { operations }, headers);
    const first = await send();
    expect(first.json.summary).toEqual({ received: 8, successful: 5, failed: 3 });
    const codes = first.json.results.map((one: { http_status: number }) => one.http_status);
    expect(codes).toEqual([201, 200, 200, 200, 409, 404, 400, 201]);
    const again = await send();
    expect(again.json.results.map((one: { id?: string }) => one.id)).toEqual(
      first.json.results.map((one: { id?: string }) => one.id),
    );
    expect(again.json.summary).toEqual(first.json.summary);
    expect(again.json.results[0].replayed).toBe(true);
    expect((await api.get('/registry/job-runs?job=other')).json.job_runs).toHaveLength(1);
    const many = { operations: Array.from({ length: 1_001 }, () => ({ op: 'nothing' })) };
    expect((await api.post('/registry/job-runs/batch', many)).status).toBe(400);
  });

  it('1,000 come in one batch', async () => {
    const operations = Array.from({ length: 1_000 }, (_, i) => ({
      op: i % 2 === 0 ? 'start' : 'finish',
      id: `many-${Math.floor(i / 2)}`,
      ...(i % 2 === 0 ? { job: 'many' } : { status: 'succeeded' }),
    }));
    const answer = await api.post('/registry/job-runs/batch', { operations });
    expect(answer.json.summary).toEqual({ received: 1_000, successful: 1_000, failed: 0 });
    const listed = await api.get('/registry/job-runs?job=many&status=succeeded&limit=1000');
    expect(listed.json.job_runs).toHaveLength(500);
  });
});
