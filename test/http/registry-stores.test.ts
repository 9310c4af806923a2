import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dataContractOf, datasetOf } from '#test/support/data-contracts';
import { type DefinitionClient, definitionClient, freshId } from '#test/support/definition-bed';
import { startTestRegistry, type TestRegistry } from '#test/support/registry';
import { tempFolder } from '#test/support/temp';
import { eventually } from '#test/support/wait';

const DEFINITIONS = 1_010;
const RACED = 40;

function job(id: string, rest: object = {}): object {
  return { id, name: 'Check', kind: 'validation', trigger: { type: 'MANUAL' }, ...rest };
}

function profile(id: string, rest: object = {}): object {
  const actions = [{ type: 'EMIT_LINEAGE', parameters: { namespace: 'atlas' } }];
  return { id, name: 'Tell', actions, ...rest };
}

describe.each(['sqlite', 'filesystem'] as const)('a registry whose stores lie in %s', (backend) => {
  let node: TestRegistry;
  let client: DefinitionClient;
  beforeAll(async () => {
    node = await startTestRegistry({
      ATLAS_REGISTRY_STORE: backend,
      ATLAS_JOB_RUN_STORE: backend,
      ATLAS_READ_WAIT_MS: '200',
    });
    client = definitionClient(node.api);
  });
  afterAll(async () => {
    await node[Symbol.asyncDispose]();
  });

  it('says in readiness where both views are', async () => {
    const { json } = await node.api.get('/readyz');
    expect(json.status).toBe('ready');
    const names = json.parts.map(({ name }: { name: string }) => name);
    expect(names).toEqual(expect.arrayContaining(['catalog', 'registry-stores', 'job-runs']));
  });

  it('shows a write to whoever reads behind it: definitions, profiles and contracts, many at once', async () => {
    const ids = Array.from({ length: RACED }, () => freshId('raced'));
    await Promise.all(
      ids.map(async (id) => {
        for (const [path, body] of [
          ['/job-definitions', job(id)],
          ['/action-profiles', profile(id)],
        ] as const) {
          const { status, position } = await client.post(path, body);
          expect(status).toBe(201);
          const got = await client.get(`${path}/${id}/1.0.0`);
          expect([got.status, got.json.stage]).toEqual([200, 'draft']);
          expect(got.position).toBeGreaterThanOrEqual(position);
          await client.post(`${path}/${id}/1.0.0/submit`);
          expect((await client.get(`${path}/${id}/1.0.0`)).json.stage).toBe('pending_approval');
          await client.post(`${path}/${id}/1.0.0/approve`);
          expect((await client.get(`${path}/${id}/latest`)).json.stage).toBe('active');
          expect((await client.get(`${path}/${id}`)).json).toMatchObject({ latest: '1.0.0' });
        }
        await client.post('/contracts', { name: id, descriptor: datasetOf({ datasetType: id }) });
        const found = await client.get(`/dataset-contracts/${id}`);
        expect([found.status, found.json.name]).toEqual([200, id]);
      }),
    );
  });

  it('gives the newest and the past alike: lists, versions and one version', async () => {
    const tag = freshId('tag').slice(0, 40);
    const ids = Array.from({ length: 7 }, () => freshId('alike')).toSorted();
    for (const id of ids) await client.post('/job-definitions', job(id, { tags: [tag, 'x'] }));
    for (const path of [
      `/job-definitions?tag=${tag}`,
      `/job-definitions?tag=${tag}&tag=none&match=any`,
      `/job-definitions?tag=${tag}&stage=draft&limit=2`,
      `/job-definitions?id=${ids[3]}`,
      `/job-definitions/${ids[3]}`,
      `/job-definitions/${ids[3]}/1.0.0`,
    ]) {
      const newest = await client.get(path);
      const mark = path.includes('?') ? '&' : '?';
      const past = await client.get(`${path}${mark}at=${newest.position}`);
      expect([past.status, past.json]).toEqual([200, newest.json]);
      expect(past.headers.get('etag')).toBe(newest.headers.get('etag'));
    }
    const pages = await client.all(`/job-definitions?tag=${tag}&limit=2`, 'definitions');
    expect(pages.map(({ id }) => id)).toEqual(ids);
  });

  it('gives pages of the largest size, and says whether there is another', async () => {
    const headers = { 'Atlas-Tenant': `many-${backend}` };
    const many = definitionClient(node.api, headers);
    let next = 0;
    const write = async (): Promise<void> => {
      for (let i = next++; i < DEFINITIONS; i = next++) {
        const { status } = await many.post(
          '/action-profiles',
          profile(`p${String(i).padStart(4, '0')}`),
        );
        expect(status).toBe(201);
      }
    };
    await Promise.all(Array.from({ length: 32 }, write));
    const page = await many.get('/action-profiles?limit=1000');
    expect(page.json.definitions).toHaveLength(1_000);
    expect(page.headers.get('link')).toContain('rel="next"');
    expect(await many.all('/action-profiles?limit=1000', 'definitions')).toHaveLength(DEFINITIONS);
  });

  it('waits for a position that is asked for, and says so when it does not come', async () => {
    const id = freshId('late');
    const { position } = await client.post('/job-definitions', job(id));
    const path = `/job-definitions/${id}/1.0.0`;
    const shown = await client.get(path, { 'Atlas-Min-Position': String(position) });
    expect(shown.status).toBe(200);
    const future = await client.get(path, { 'Atlas-Min-Position': String(position + 1_000_000) });
    expect(future.json).toMatchObject({ status: 503, code: 'BEHIND' });
    expect(future.text).toContain('registry-stores');
  });

  it('finds the highest approved contract for a dataset type, whatever its case, in one scope alone', async () => {
    const type = freshId('Type');
    const name = freshId('contract');
    const path = `/dataset-contracts/${type}`;
    const missing = await client.get(path);
    expect(missing.json).toMatchObject({ status: 404, code: 'NOT_FOUND' });
    expect(missing.text).toContain('no approved version is for it');
    const descriptor = dataContractOf({ datasets: [datasetOf({ datasetType: type })] });
    const draft = { name, version: '1.0.0', descriptor, stage: 'draft' };
    expect((await client.post('/contracts', draft)).status).toBe(201);
    expect((await client.get(path)).status).toBe(404);
    for (const stage of ['pending_approval', 'approved'])
      await client.post(`/contracts/${name}/1.0.0/stage`, { stage });
    const first = await client.get(path);
    expect(first.json).toEqual((await client.get(`/contracts/${name}/1.0.0`)).json);
    const more = { ...descriptor, metadata: { more: 'yes' } };
    const second = await client.post('/contracts', { name, version: '1.10.0', descriptor: more });
    expect(second.status).toBe(201);
    const highest = await client.get(
      path.toUpperCase().replace('/DATASET-CONTRACTS', '/dataset-contracts'),
    );
    expect(highest.json.version).toBe('1.10.0');
    const etag = highest.headers.get('etag') ?? '';
    expect(etag).not.toBe(first.headers.get('etag'));
    expect((await client.get(path, { 'If-None-Match': etag })).status).toBe(304);
    for (const stage of ['deprecated', 'retired'])
      await client.post(`/contracts/${name}/1.10.0/stage`, { stage });
    expect((await client.get(path)).json.version).toBe('1.0.0');
    const other = definitionClient(node.api, { 'Atlas-Tenant': 'other' });
    expect((await other.get(path)).status).toBe(404);
    expect((await client.get(`/dataset-contracts/${'x'.repeat(129)}`)).status).toBe(400);
  });

  it('keeps what it has when it starts again, and goes on', async () => {
    using folder = tempFolder();
    const env = {
      ATLAS_DATA_DIR: folder.path,
      ATLAS_REGISTRY_STORE: backend,
      ATLAS_JOB_RUN_STORE: backend,
    };
    const write = async (id: string): Promise<void> => {
      await using again = await startTestRegistry(env);
      const own = definitionClient(again.api);
      await own.post('/job-definitions', job(id));
      await own.post('/job-runs', { id, job: 'load' });
      const definitions = await own.all('/job-definitions', 'definitions');
      const runs = await own.all('/job-runs', 'job_runs');
      const ids = [...definitions, ...runs].map((one) => one.id);
      expect(ids.toSorted()).toEqual(id === 'a' ? ['a', 'a'] : ['a', 'a', 'b', 'b']);
    };
    await write('a');
    await write('b');
  });
});

describe('a registry whose stores are files', () => {
  it('builds them again when somebody has changed one, and answers 503 until then, never with what was changed', async () => {
    await using node = await startTestRegistry({
      ATLAS_REGISTRY_STORE: 'filesystem',
      ATLAS_LOG_LEVEL: 'silent',
    });
    const client = definitionClient(node.api);
    await client.post('/job-definitions', job('changed', { description: 'as it was' }));
    const file = join(
      node.folder,
      'views/registry-stores/documents/default/dev/job-definition/changed/1=2E0=2E0.json',
    );
    const text = readFileSync(file, 'utf8');
    writeFileSync(file, text.replace('as it was', 'as it was not'));
    const path = '/job-definitions/changed/1.0.0';
    expect((await client.get(path)).json).toMatchObject({ status: 503, code: 'VIEW_UNAVAILABLE' });
    const again = await eventually('the folder to be built again', async () => {
      const answer = await client.get(path);
      if (answer.status === 200) return answer;
      expect(answer.status).toBe(503);
      return undefined;
    });
    expect(again.json.description).toBe('as it was');
    expect(readFileSync(file, 'utf8')).toBe(text);
  });
});
