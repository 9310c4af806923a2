import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '#flow/new-id';
import { encodeCursor } from '#http/cursor';
import { runDocument } from '#test/lineage/lineage-events';
import type { Api } from '#test/support/api';
import { freshDatabase } from '#test/support/fresh-database';
import { jobOf } from '#test/support/jobs';
import { startTestRegistry, type TestRegistry } from '#test/support/registry';

const backends = ['SQLite', 'Postgres'] as const;

describe.each(backends)('what is answered about runs in %s', (backend) => {
  let registry: TestRegistry;
  let api: Api;
  beforeAll(async () => {
    const env = backend === 'Postgres' ? { DATABASE_URL: await freshDatabase() } : {};
    registry = await startTestRegistry({ ...env, ATLAS_WORKERS: 'false' });
    api = registry.api;
  });
  afterAll(async () => {
    await registry[Symbol.asyncDispose]();
  });

  const submit = async (rest: object = {}) =>
    (await api.post('/registry/job-runs', { job: 'check', status: 'pending', ...rest })).json;
  const step = (id: string, verb: string, body: unknown = {}, headers = {}) =>
    api.post(`/registry/job-runs/${id}/${verb}`, body, headers);
  const define = async (idempotencyScope: string): Promise<string> => {
    const id = `answers.x${newId().replaceAll('-', '')}`;
    await api.post('/registry/job-definitions', { id, ...jobOf({ idempotencyScope }) });
    await api.post(`/registry/job-definitions/${id}/1.0.0/submit`, {});
    expect((await api.post(`/registry/job-definitions/${id}/1.0.0/approve`, {})).status).toBe(200);
    return id;
  };

  it('a retry of each step shows the run as the first answer did', async () => {
    const { id } = await submit();
    const steps = [
      ['begin', { by: 'one' }],
      ['progress', { progress: { done: 1, total: 3 } }],
      ['progress', { progress: { done: 2, total: 3 } }],
      ['finish', { status: 'succeeded', counts: { rows: 3 } }],
    ] as const;
    const firsts = [];
    for (const [i, [verb, body]] of steps.entries())
      firsts.push(await step(id, verb, body, { 'Idempotency-Key': `${id} ${i}` }));
    for (const [i, [verb, body]] of steps.entries()) {
      const again = await step(id, verb, body, { 'Idempotency-Key': `${id} ${i}` });
      expect(again.headers.get('idempotency-replayed')).toBe('true');
      expect(again.json).toEqual(firsts[i]?.json);
      expect(again.position).toBe(firsts[i]?.position);
    }
  });

  it('a batch that is sent again has the same results', async () => {
    const id = newId();
    const operations = [
      { op: 'start', id, job: 'batch', status: 'pending' },
      { op: 'begin', id },
      { op: 'progress', id, progress: { done: 1 } },
      { op: 'finish', id, status: 'failed' },
    ];
    const send = () =>
      api.post('/registry/job-runs/batch', { operations }, { 'Idempotency-Key': id });
    const first = await send();
    const again = await send();
    const replayed = (one: object) => ({ ...one, replayed: true });
    expect(again.json).toEqual({ ...first.json, results: first.json.results.map(replayed) });
    expect(first.json.results.map((one: { status: string }) => one.status)).toEqual([
      'pending',
      'running',
      'running',
      'failed',
    ]);
  });

  it.each(['none', 'definition', 'day', 'inputs'])(
    'a retry of a run of a definition with scope %s gets the first answer after its retirement',
    async (scope) => {
      const id = await define(scope);
      const headers = { 'Idempotency-Key': newId() };
      const run = () => api.post(`/registry/job-definitions/${id}/runs`, {}, headers);
      const first = await run();
      expect(first.status).toBe(201);
      await step(first.json.id, 'begin');
      await api.post(`/registry/job-definitions/${id}/1.0.0/retire`, {});
      const again = await run();
      expect([again.status, again.json, again.position]).toEqual([201, first.json, first.position]);
      expect(again.headers.get('idempotency-replayed')).toBe('true');
      const other = await api.post(`/registry/job-definitions/${id}/runs`, {});
      expect(other.json).toMatchObject({ status: 404, code: 'NOT_FOUND' });
      expect(other.json.detail).toMatch(/none of its versions is active/);
      const listed = await api.get(`/registry/job-runs?definition=${id}`);
      expect(listed.json.job_runs).toHaveLength(1);
    },
  );

  it('an id is refused where the scope of the definition decides it', async () => {
    const id = await define('day');
    const answer = await api.post(`/registry/job-definitions/${id}/runs`, { id: 'mine' });
    expect(answer.json).toMatchObject({ status: 400, code: 'INVALID_REQUEST' });
    expect(answer.json.detail).toMatch(/its idempotencyScope "day" decides the id/);
  });

  it('results have an address behind the prefix of the request', async () => {
    const prefix = '/tenants/acme/environments/prod';
    const started = await api.post(`${prefix}/registry/job-runs`, { job: 'check' });
    const path = `${prefix}/registry/job-runs/${started.json.id}`;
    const ended = await api.post(`${path}/finish`, { status: 'succeeded', results: [1] });
    expect(ended.json.results.uri).toBe(`${path}/results`);
    for (const shown of [
      (await api.get(path)).json,
      (await api.get(`${prefix}/registry/job-runs?job=check`)).json.job_runs[0],
    ])
      expect(shown.results).toEqual(ended.json.results);
    expect((await api.get(ended.json.results.uri)).json).toEqual([1]);
  });

  it('what another system reports is told to be so when somebody wants to change it', async () => {
    const runId = newId();
    await api.post('/api/v1/lineage', runDocument({ run: { runId }, eventType: 'START' }));
    for (const [verb, body, words] of [
      ['begin', {}, 'begin'],
      ['heartbeat', {}, 'report of'],
      ['progress', { progress: { done: 1 } }, 'report of'],
      ['finish', { status: 'failed' }, 'finish'],
      ['cancel', {}, 'cancel'],
    ] as const) {
      const { json } = await step(runId, verb, body);
      expect(json).toMatchObject({ status: 404, details: { origin: 'openlineage' } });
      expect(json.detail).toContain(`Cannot ${words} job run "${runId}": another system`);
    }
    expect((await step('unknown', 'cancel')).json.detail).toContain(
      'Cannot cancel job run "unknown": it is not known',
    );
  });

  it('a run is told not to have been known before its submission', async () => {
    const { id, submitted_at: submittedAt } = await submit();
    const path = `/registry/job-runs/${id}?at=2001-01-01T00:00:00Z`;
    const { json } = await api.get(path);
    expect(json).toMatchObject({ status: 404, details: { submittedAt } });
    expect(json.detail).toContain(`job run "${id}" at "2001-01-01T00:00:00Z": it was not known`);
    const unknown = await api.get('/registry/job-runs/unknown?at=2001-01-01T00:00:00Z');
    expect(unknown.json.detail).toContain('it is not known in this tenant and environment');
  });

  it('what changed nothing has no position', async () => {
    const operations = [{ op: 'cancel', id: 'unknown' }];
    const batch = await api.post('/registry/job-runs/batch', { operations });
    const event = { source: 'nobody', id: '1', type: 'waits' };
    const told = await api.post('/registry/job-events', event);
    for (const { status, headers } of [batch, told])
      expect([status, headers.get('atlas-position')]).toEqual([200, null]);
  });

  it('bodies are refused for the fault that they have, by the name of the member', async () => {
    const wrong = await api.post('/registry/job-runs', { job: 'x', parent_run_id: 'a b' });
    expect(wrong.json).toMatchObject({ status: 400, details: { field: 'parent_run_id' } });
    expect(wrong.json.detail).toContain('Cannot use parent_run_id "a b"');
    const empty = await api.post('/registry/job-runs', { job: '' });
    expect(empty.json.details.faults).toHaveLength(1);
    expect(empty.json.details.faults[0].message).toMatch(/>=1 char/);
    const control = await api.post('/registry/job-runs', { job: 'a\nb' });
    expect(control.json.details.faults[0].message).toBe('want no control characters');
    const { id } = await submit();
    await step(id, 'begin');
    const more = await step(id, 'progress', { progress: { done: 3, total: 2 } });
    expect(more.json).toMatchObject({
      status: 400,
      details: { faults: [{ path: 'progress.done' }] },
    });
    expect((await step(id, 'progress', { progress: { done: 2, total: 2 } })).status).toBe(200);
  });

  it.each([
    'job=%00',
    'definition=a%00',
    'parent=%00',
    'correlation=%00',
    'submitted_from=0000-01-01T00:00:00Z',
    'submitted_before=0001-01-01T00:00:00%2B01:00',
    'submitted_before=9999-12-31T23:59:59-01:00',
  ])('a filter that no view can hold is refused: %s', async (query) => {
    const { json } = await api.get(`/registry/job-runs?${query}`);
    expect(json).toMatchObject({ status: 400, code: 'INVALID_REQUEST' });
  });

  it('a filter at the edge of what views can hold is taken', async () => {
    for (const query of [
      'submitted_from=0001-01-01T00:00:00Z',
      'submitted_before=9999-12-31T23:59:59.999Z',
      'job=%F0%9F%98%80%01',
    ])
      expect((await api.get(`/registry/job-runs?${query}`)).status).toBe(200);
  });

  it.each([
    'abc',
    encodeCursor({ submittedAt: '0000-01-01T00:00:00Z', id: 'x' }),
    encodeCursor({ submittedAt: '2026-01-01T00:00:00Z', id: '\u0000' }),
    encodeCursor({ submittedAt: '2026-01-01T00:00:00Z', id: '' }),
    encodeCursor({ submittedAt: '2026-02-30T00:00:00Z', id: 'x' }),
  ])('a cursor that no page has given is refused: %s', async (cursor) => {
    for (const path of ['/registry/job-runs', '/registry/lineage/documents']) {
      const { json } = await api.get(`${path}?cursor=${cursor}`);
      expect(json).toMatchObject({ status: 400, code: 'INVALID_CURSOR' });
    }
  });
});
