import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '#flow/new-id';
import { freshDatabase } from '#test/support/fresh-database';
import { startTestNats, type TestNats } from '#test/support/nats';
import { startPostgres, type TestPostgres } from '#test/support/postgres';
import { startTestRegistry, type TestRegistry } from '#test/support/registry';
import { eventually } from '#test/support/wait';

describe('a broker that is away', () => {
  let nats: TestNats;
  let node: TestRegistry;
  beforeAll(async () => {
    nats = await startTestNats({ provision: false });
    const url = nats.server.url.replace('//', `//${nats.server.token}@`);
    node = await startTestRegistry({
      NATS_URL: url,
      ATLAS_WRITE_TIMEOUT_MS: '1500',
      ATLAS_PUBLISH_TIMEOUT_MS: '300',
    });
  });
  afterAll(async () => {
    nats.resume();
    await node[Symbol.asyncDispose]();
    await nats[Symbol.asyncDispose]();
  });

  it('leaves reads as they were; a write is unknown and turns out to be there once', async () => {
    const { api } = node;
    const known = `known/${newId()}`;
    await api.post('/registry/datasets', { name: known, schema_fingerprint: 'fp' });
    nats.pause();
    const name = `unknown/${newId()}`;
    const headers = { 'Idempotency-Key': newId() };
    const write = () => api.post('/registry/datasets', { name, schema_fingerprint: 'fp' }, headers);
    const answer = await write();
    expect(answer.json).toMatchObject({
      status: 503,
      code: 'OUTCOME_UNKNOWN',
      outcome: 'unknown',
      retryable: true,
    });
    expect((await api.get(`/registry/datasets/${known}`)).status).toBe(200);
    expect((await api.get('/catalog')).status).toBe(200);
    nats.resume();
    const settled = await eventually('the retry to be answered', async () => {
      const again = await write();
      return again.status === 201 ? again : undefined;
    });
    const history = await api.get(`/registry/datasets/${name}?at=${settled.position}`);
    expect(history.json).toEqual(settled.json.manifest);
    expect((await write()).position).toBe(settled.position);
  });

  it('shows in readiness as degraded, and ends there when it is back', async () => {
    const { api } = node;
    nats.kill();
    await eventually('degraded or back', async () =>
      ['degraded', 'ready'].includes((await api.get('/readyz')).json.status),
    );
    await eventually('ready again', async () => (await api.get('/readyz')).json.status === 'ready');
    await eventually('writes to go on', async () => {
      const answer = await api.post('/registry/datasets', {
        name: `back/${newId()}`,
        schema_fingerprint: 'fp',
      });
      return answer.status === 201;
    });
  });
});

describe('a Postgres that is away', () => {
  let postgres: TestPostgres;
  let node: TestRegistry;
  beforeAll(async () => {
    postgres = await startPostgres();
    const DATABASE_URL = await freshDatabase(postgres.url);
    node = await startTestRegistry({
      DATABASE_URL,
      ATLAS_DATABASE_TIMEOUT_MS: '1000',
      ATLAS_DATABASE_CONNECT_TIMEOUT_MS: '500',
    });
  });
  afterAll(async () => {
    await node[Symbol.asyncDispose]();
    await postgres[Symbol.asyncDispose]();
  });

  it('takes job-run reads with it and nothing else; the view catches up when it is back', async () => {
    const { api } = node;
    const before = (await api.post('/registry/job-runs', { job: 'before' })).json.id;
    await postgres.kill();
    expect((await api.get(`/registry/job-runs/${before}`)).json).toMatchObject({
      status: 503,
      code: 'VIEW_UNAVAILABLE',
    });
    expect(
      (await api.post('/registry/datasets', { name: `pg/${newId()}`, schema_fingerprint: 'fp' }))
        .status,
    ).toBe(201);
    expect((await api.get('/catalog')).status).toBe(200);
    const readiness = await eventually('readiness to say so', async () => {
      await api.post('/registry/job-runs', { job: 'during' });
      const { json } = await api.get('/readyz');
      return json.status === 'degraded' ? json : undefined;
    });
    expect(readiness.parts.find((p: { name: string }) => p.name === 'job-runs').detail).toMatch(
      /retrying: Cannot reach Postgres/,
    );
    await postgres.restart();
    await eventually(
      'the view to catch up',
      async () => (await api.get('/readyz')).json.status === 'ready',
    );
    const runs = (await api.get('/registry/job-runs')).json.job_runs.map(
      (r: { job: string }) => r.job,
    );
    expect(runs).toContain('before');
    expect(runs).toContain('during');
  });

  it('does not make a run that was started look as if it was not, on a node that only watches', async () => {
    await using broker = await startTestNats({ provision: false });
    const writer = await startTestRegistry({
      ATLAS_ROLE: 'writer',
      NATS_URL: broker.server.url.replace('//', `//${broker.server.token}@`),
      DATABASE_URL: 'postgres://nobody:x@127.0.0.1:1/none',
      ATLAS_LOG_LEVEL: 'silent',
    });
    const answer = await writer.api.post('/registry/job-runs', { job: 'unseen' });
    expect(answer.status).toBe(201);
    await writer[Symbol.asyncDispose]();
  });

  it('does not keep a registry from starting', async () => {
    const url = 'postgres://nobody:x@127.0.0.1:1/none';
    const own = await startTestRegistry({ DATABASE_URL: url, ATLAS_LOG_LEVEL: 'silent' });
    expect((await own.api.get('/readyz')).json.status).toBe('degraded');
    expect((await own.api.get('/registry/job-runs')).status).toBe(503);
    expect(
      (await own.api.post('/registry/datasets', { name: 'a', schema_fingerprint: 'fp' })).status,
    ).toBe(201);
    await own[Symbol.asyncDispose]();
  });
});
