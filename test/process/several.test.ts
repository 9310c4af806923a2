import { Kvm } from '@nats-io/kv';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '#flow/new-id';
import { ContractKv } from '#projections/contract-kv/contract-kv';
import type { Api } from '#test/support/api';
import { freshDatabase } from '#test/support/fresh-database';
import { startTestNats, type TestNats } from '#test/support/nats';
import { startTestRegistry, type TestRegistry } from '#test/support/registry';
import { forSeeds } from '#test/support/seed';
import { eventually } from '#test/support/wait';

let nats: TestNats;
let nodes: TestRegistry[];
let writers: readonly [Api, Api];
let readers: readonly [Api, Api];

beforeAll(async () => {
  nats = await startTestNats({ provision: false });
  const url = nats.server.url.replace('//', `//${nats.server.token}@`);
  const shared = { NATS_URL: url, DATABASE_URL: await freshDatabase() };
  const roles = ['all', 'writer', 'reader', 'reader', 'projector'] as const;
  nodes = await Promise.all(
    roles.map((ATLAS_ROLE) => startTestRegistry({ ...shared, ATLAS_ROLE })),
  );
  const apis = nodes.map((node) => node.api) as [Api, Api, Api, Api, Api];
  writers = [apis[0], apis[1]];
  readers = [apis[2], apis[3]];
});
afterAll(async () => {
  await Promise.all(nodes.map((node) => node[Symbol.asyncDispose]()));
  await nats[Symbol.asyncDispose]();
});

describe('two writers and two readers over one NATS', () => {
  it('agree on one registration per name and one winner per fingerprint, whoever is asked', async () => {
    await forSeeds(5, async (random) => {
      const name = `race/${newId()}`;
      const answers = await Promise.all(
        Array.from({ length: 24 }, (_, i) =>
          random
            .pick(writers)
            .post('/registry/datasets', { name, schema_fingerprint: `fp-${i % 3}`, row_count: i }),
        ),
      );
      const created = answers.filter((a) => a.status === 201);
      expect(created).toHaveLength(1);
      const winner = created[0]?.json.manifest.schema_fingerprint;
      for (const answer of answers) {
        expect([200, 201, 409]).toContain(answer.status);
        if (answer.status === 409) expect(answer.json.details.have).toBe(winner);
        else expect(answer.json.manifest.schema_fingerprint).toBe(winner);
      }
      const last = String(
        Math.max(...answers.filter((a) => a.status < 300).map((a) => a.position)),
      );
      const seen = await Promise.all(
        [...writers, ...readers].map((api) =>
          api.get(`/registry/datasets/${name}`, { 'Atlas-Min-Position': last }),
        ),
      );
      expect(new Set(seen.map((a) => a.text)).size).toBe(1);
      expect(new Set(seen.map((a) => a.headers.get('etag'))).size).toBe(1);
    });
  });

  it('a write on one node is read on any other by its position', async () => {
    for (let i = 0; i < 20; i += 1) {
      const name = `ryw/${newId()}`;
      const written = await writers[i % 2 === 0 ? 0 : 1].post('/registry/datasets', {
        name,
        schema_fingerprint: 'fp',
      });
      const read = await readers[i % 2 === 0 ? 0 : 1].get(`/registry/datasets/${name}`, {
        'Atlas-Min-Position': String(written.position),
      });
      expect(read.status).toBe(200);
      expect(read.position).toBeGreaterThanOrEqual(written.position);
    }
  });

  it('a retry on the other node gives the first answer', async () => {
    const headers = { 'Idempotency-Key': newId() };
    const body = { name: `retry/${newId()}`, schema_fingerprint: 'fp' };
    const first = await writers[0].post('/registry/datasets', body, headers);
    const second = await writers[1].post('/registry/datasets', body, headers);
    expect([second.status, second.json, second.position]).toEqual([
      201,
      first.json,
      first.position,
    ]);
  });

  it('job runs in the shared Postgres are the same on every node', async () => {
    const started = await writers[0].post('/registry/job-runs', { job: 'shared' });
    const path = `/registry/job-runs/${started.json.id}`;
    const ended = await writers[1].post(`${path}/finish`, { status: 'succeeded' });
    const headers = { 'Atlas-Min-Position': String(ended.position) };
    for (const api of [...writers, ...readers])
      expect((await api.get(path, headers)).json).toEqual({ ...ended.json, datasets: [] });
  });

  it('readers refuse writes, and say that nothing was applied', async () => {
    const answer = await readers[0].post('/registry/datasets', {
      name: 'x',
      schema_fingerprint: 'fp',
    });
    expect(answer.json).toMatchObject({ status: 403, code: 'READ_ONLY', outcome: 'not-applied' });
  });

  it('the contract bucket holds every version once, whoever projected it', async () => {
    const names = Array.from({ length: 10 }, () => `kv.x${newId().replaceAll('-', '')}`);
    await Promise.all(
      names.map((name, i) =>
        writers[i % 2 === 0 ? 0 : 1].post('/registry/contracts', {
          name,
          version: 'v1',
          jsonSchema: { type: 'object' },
        }),
      ),
    );
    const head = (await writers[0].get('/registry/contracts?limit=1')).position;
    const { js, jsm } = await nats.connect();
    const kv = new ContractKv({
      js,
      jsm,
      bucket: 'contracts',
      replicas: 1,
      valueBytesMax: 1_000_000,
    });
    await eventually('the bucket to catch up', async () => (await kv.open()).position >= head);
    const bucket = await new Kvm(js).open('contracts');
    for (const name of names) {
      const entry = await bucket.get(`meta.${name}.v1`);
      const bundle = (
        await readers[1].get(`/registry/contracts/${name}/v1`, {
          'Atlas-Min-Position': String(head),
        })
      ).json;
      expect(entry?.json()).toEqual(bundle);
    }
  });
});
