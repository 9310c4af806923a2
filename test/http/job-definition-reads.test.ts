import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type DefinitionClient, definitionClient, freshId } from '#test/support/definition-bed';
import { jobOf } from '#test/support/jobs';
import { startTestRegistry, type TestRegistry } from '#test/support/registry';

let registry: TestRegistry;
let client: DefinitionClient;
beforeAll(async () => {
  registry = await startTestRegistry();
  client = definitionClient(registry.api);
});
afterAll(async () => {
  await registry[Symbol.asyncDispose]();
});

const JOBS = '/job-definitions';

async function defined(rest: object = {}): Promise<string> {
  const id = freshId('job');
  const answer = await client.post(JOBS, { id, ...jobOf({ ...rest }) });
  expect(answer.status).toBe(201);
  return id;
}

describe('reading job definitions', () => {
  it('answers 304 to who has it, until its stage changes', async () => {
    const id = await defined();
    const at = `${JOBS}/${id}/1.0.0`;
    const etag = (await client.get(at)).headers.get('etag') ?? '';
    const same = { 'If-None-Match': etag };
    expect((await client.get(at, same)).status).toBe(304);
    await client.post(`${at}/submit`);
    const changed = await client.get(at, same);
    expect([changed.status, changed.json.stage]).toEqual([200, 'pending_approval']);
    await client.post(`${at}/stage`, { stage: 'draft' });
    expect((await client.get(at, same)).status).toBe(200);
  });

  it('shows the past by position, of one version, of the latest and of lists', async () => {
    const id = await defined({ tags: [freshId('t').replaceAll('.', '-')] });
    const at = `${JOBS}/${id}/1.0.0`;
    const { position: before } = await client.get(at);
    await client.post(`${at}/submit`);
    await client.post(`${at}/approve`);
    expect((await client.get(`${at}?at=${before}`)).json.stage).toBe('draft');
    expect((await client.get(`${JOBS}/${id}/latest?at=${before}`)).status).toBe(404);
    const listed = await client.get(`${JOBS}?id=${id}&at=${before}`);
    expect(listed.json.definitions).toMatchObject([{ stage: 'draft' }]);
    expect((await client.get(`${JOBS}/${id}?at=${before - 1}`)).status).toBe(404);
  });

  it('lists versions in the order of numbers, page by page, with the latest marked', async () => {
    const id = freshId('job');
    for (const version of ['1.10.0', '1.9.0', '2.0.0'])
      await client.post(JOBS, { id, version, ...jobOf({ name: version }) });
    await client.post(`${JOBS}/${id}/1.10.0/submit`);
    await client.post(`${JOBS}/${id}/1.10.0/activate`);
    const whole = await client.get(`${JOBS}/${id}`);
    const versions = (rows: readonly object[]) =>
      rows.map((one) => (one as { readonly version: string }).version);
    expect(versions(whole.json.versions)).toEqual(['1.9.0', '1.10.0', '2.0.0']);
    expect(whole.json.latest).toBe('1.10.0');
    const paged = await client.all(`${JOBS}/${id}?limit=1`, 'versions');
    expect(versions(paged)).toEqual(['1.9.0', '1.10.0', '2.0.0']);
    expect((await client.get(`${JOBS}/${freshId('no')}`)).status).toBe(404);
  });

  it('finds by all tags or any, by id and by stage, page by page', async () => {
    const scoped = definitionClient(registry.api, { 'Atlas-Tenant': 'lists' });
    for (const [id, tags] of [
      ['a', ['red']],
      ['b', ['red', 'blue']],
      ['c', ['blue']],
      ['d', []],
    ] as const)
      await scoped.post(JOBS, { id, ...jobOf({ tags }) });
    await scoped.post(`${JOBS}/b/1.0.0/submit`);
    const ids = async (query: string): Promise<readonly string[]> => {
      const rows = await scoped.all(`${JOBS}?${query}`, 'definitions');
      return rows.map(({ id }) => id);
    };
    expect(await ids('')).toEqual(['a', 'b', 'c', 'd']);
    expect(await ids('limit=1')).toEqual(['a', 'b', 'c', 'd']);
    expect(await ids('tag=red&tag=blue')).toEqual(['b']);
    expect(await ids('tag=red&tag=blue&match=any&limit=1')).toEqual(['a', 'b', 'c']);
    expect(await ids('tag=red')).toEqual(['a', 'b']);
    expect(await ids('stage=pending_approval')).toEqual(['b']);
    expect(await ids('id=c')).toEqual(['c']);
    for (const query of ['match=some', 'stage=x', 'id=A%20B', 'limit=0', 'cursor=x', 'tag=', 'x=1'])
      expect((await scoped.get(`${JOBS}?${query}`)).status, query).toBe(400);
    expect((await scoped.get(`${JOBS}?id=a&id=b`)).status).toBe(400);
  });

  it('shows nothing of one tenant or environment to another', async () => {
    const id = await defined();
    const scopes: readonly Readonly<Record<string, string>>[] = [
      { 'Atlas-Tenant': 'other' },
      { 'Atlas-Environment': 'test' },
    ];
    for (const scope of scopes) {
      const other = definitionClient(registry.api, scope);
      for (const path of [`${JOBS}/${id}`, `${JOBS}/${id}/1.0.0`, `${JOBS}/${id}/latest`])
        expect((await other.get(path)).status).toBe(404);
      expect((await other.post(`${JOBS}/${id}/1.0.0/retire`)).status).toBe(404);
      expect(await other.all(`${JOBS}?id=${id}`, 'definitions')).toEqual([]);
    }
    const address = `/tenants/default/environments/dev/registry/job-definitions/${id}/1.0.0`;
    expect((await registry.api.get(address)).status).toBe(200);
  });

  it('says in links and locations under which tenant they are', async () => {
    const prefix = '/tenants/links/environments/dev';
    const path = `${prefix}/registry/job-definitions`;
    for (const id of ['a', 'b']) {
      const made = await registry.api.post(path, { id, ...jobOf() });
      expect(made.headers.get('location')).toBe(`${path}/${id}/1.0.0`);
    }
    const { headers } = await registry.api.get(`${path}?limit=1`);
    expect(headers.get('link')?.startsWith(`<${path}?`)).toBe(true);
  });
});

describe('the state machines', () => {
  it('are what commands decide by', async () => {
    const { json } = await client.get('/state-machines');
    const steps = new Map<string, Record<string, readonly string[]>>(
      json.stateMachines.map((one: { name: string; steps: object }) => [one.name, one.steps]),
    );
    expect([...steps.keys()]).toEqual(['contract-version', 'definition-version', 'job-run']);
    expect(steps.get('definition-version')?.['draft']).toEqual(['pending_approval', 'retired']);
    expect(steps.get('contract-version')?.['retired']).toEqual([]);
  });
});
