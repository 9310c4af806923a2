import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '#flow/new-id';
import type { Api } from '#test/support/api';
import { freshDatabase } from '#test/support/fresh-database';
import { startTestRegistry, type TestRegistry } from '#test/support/registry';

const backends = ['SQLite', 'Postgres'] as const;

describe.each(backends)('job runs in %s', (backend) => {
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

  const start = (rest: object = {}, headers = {}) =>
    api.post('/registry/job-runs', { job: 'load-dataset', kind: 'load', ...rest }, headers);

  it('a run starts, ends once, and shows what it counted', async () => {
    const started = await start({
      inputs: ['a', 'b'],
      submitted_by: 'somebody',
      metadata: { nul: 'a\u0000b', text: '"ü"' },
    });
    expect(started.status).toBe(201);
    const { id } = started.json;
    expect(started.headers.get('location')).toBe(`/registry/job-runs/${id}`);
    const finish = { status: 'succeeded', counts: { rows: 32_074 }, report_uri: 's3://reports/1' };
    const ended = await api.post(`/registry/job-runs/${id}/finish`, finish);
    expect(ended.json).toMatchObject({
      status: 'succeeded',
      counts: { rows: 32_074 },
      report_uri: 's3://reports/1',
    });
    const shown = await api.get(`/registry/job-runs/${id}`);
    expect(shown.json).toEqual({ ...ended.json, datasets: [] });
    const twice = await api.post(`/registry/job-runs/${id}/finish`, { status: 'failed' });
    expect(twice.json).toMatchObject({
      status: 409,
      code: 'ILLEGAL_TRANSITION',
      details: { status: 'succeeded' },
    });
  });

  it('an id is used once, and an unknown run cannot end', async () => {
    const id = newId();
    expect((await start({ id })).status).toBe(201);
    expect((await start({ id })).status).toBe(409);
    expect(
      (await api.post(`/registry/job-runs/${newId()}/finish`, { status: 'failed' })).status,
    ).toBe(404);
    expect((await api.get(`/registry/job-runs/${newId()}`)).status).toBe(404);
    expect((await start({ id: 'a/b' })).status).toBe(400);
  });

  it('a retry with the same key is the same run, for the start as for the end', async () => {
    const key = { 'Idempotency-Key': newId() };
    const first = await start({}, key);
    const finishKey = { 'Idempotency-Key': newId() };
    const finish = { status: 'cancelled', message: 'no longer wanted' };
    const ended = await api.post(`/registry/job-runs/${first.json.id}/finish`, finish, finishKey);
    const again = await start({}, key);
    expect(again.json).toEqual(first.json);
    expect(again.json.status).toBe('running');
    const endedAgain = await api.post(
      `/registry/job-runs/${first.json.id}/finish`,
      finish,
      finishKey,
    );
    expect([endedAgain.status, endedAgain.json]).toEqual([200, ended.json]);
  });

  it('lists filter by status, job and time, the newest first, each run once', async () => {
    const scope = { 'Atlas-Tenant': 'lists' };
    const ids: string[] = [];
    for (let i = 0; i < 12; i += 1) {
      const { id } = (await start({ job: `job-${i % 2}` }, scope)).json;
      ids.unshift(id);
      if (i % 3 === 0)
        await api.post(`/registry/job-runs/${id}/finish`, { status: 'succeeded' }, scope);
    }
    const list = async (query: string): Promise<string[]> => {
      const seen: string[] = [];
      let cursor: string | undefined;
      do {
        const next = cursor === undefined ? '' : `&cursor=${cursor}`;
        const { json } = await api.get(`/registry/job-runs?limit=5&${query}${next}`, scope);
        seen.push(...json.job_runs.map((run: { id: string }) => run.id));
        cursor = json.next_cursor;
      } while (cursor !== undefined);
      return seen;
    };
    const all = await list('');
    expect(new Set(all)).toEqual(new Set(ids));
    expect(all).toHaveLength(ids.length);
    const first = (await api.get('/registry/job-runs?limit=100', scope)).json.job_runs;
    const times: string[] = first.map((run: { submitted_at: string }) => run.submitted_at);
    expect(times).toEqual(times.toSorted((a, b) => (a < b ? 1 : -1)));
    expect(await list('status=succeeded')).toHaveLength(4);
    expect(await list('status=running&job=job-1')).toHaveLength(4);
    const middle = first[5].submitted_at;
    const from = await list(`submitted_from=${encodeURIComponent(middle)}`);
    const before = await list(`submitted_before=${encodeURIComponent(middle)}`);
    expect([...from, ...before].toSorted()).toEqual([...ids].toSorted());
    expect(await list('job=none')).toEqual([]);
    expect(
      (await api.get('/registry/job-runs')).json.job_runs.map((r: { id: string }) => r.id),
    ).not.toContain(ids[0]);
  });

  it('refuses parameters and bodies that do not fit', async () => {
    for (const query of [
      'status=done',
      'limit=0',
      'submitted_from=yesterday',
      'cursor=x',
      'tenant=a',
    ]) {
      expect((await api.get(`/registry/job-runs?${query}`)).status, query).toBe(400);
    }
    expect((await start({ job: '' })).status).toBe(400);
    expect((await start({ job: 'a\u0000b' })).status).toBe(400);
    expect((await start({ kind: 'other' })).status).toBe(400);
    const { id } = (await start()).json;
    for (const finish of [{}, { status: 'running' }, { status: 'failed', counts: { rows: -1 } }]) {
      expect((await api.post(`/registry/job-runs/${id}/finish`, finish)).status).toBe(400);
    }
  });

  it('a write is read on the same node at once', async () => {
    for (let i = 0; i < 20; i += 1) {
      const { json } = await start();
      expect((await api.get(`/registry/job-runs/${json.id}`)).status).toBe(200);
    }
  });
});
