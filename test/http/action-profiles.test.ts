import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type DefinitionClient, definitionClient, freshId } from '#test/support/definition-bed';
import { everyAction, jobOf, profileOf } from '#test/support/jobs';
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

const PROFILES = '/action-profiles';

async function active(path: string, body: object): Promise<void> {
  const { json } = await client.post(path, body);
  const at = `${path}/${json.id}/${json.version}`;
  await client.post(`${at}/submit`);
  expect((await client.post(`${at}/approve`)).status).toBe(200);
}

describe('an action profile', () => {
  it('takes actions of every type, gives them back, and goes from draft to retired', async () => {
    const id = freshId('profile');
    const made = await client.post(PROFILES, { id, ...profileOf({ actions: everyAction }) });
    expect(made.status).toBe(201);
    const at = `${PROFILES}/${id}/1.0.0`;
    expect(made.headers.get('location')).toBe(`/registry${at}`);
    const got = await client.get(at);
    expect(got.json.actions.map(({ type }: { type: string }) => type)).toEqual(
      everyAction.map(({ type }) => type),
    );
    for (const [verb, stage] of [
      ['submit', 'pending_approval'],
      ['activate', 'active'],
      ['retire', 'retired'],
    ] as const)
      expect((await client.post(`${at}/${verb}`)).json).toMatchObject({ id, stage });
    const late = await client.post(`${at}/approve`);
    expect(late.json).toMatchObject({ status: 409, details: { from: 'retired', legal: [] } });
  });

  it('names every fault of its actions with its pointer', async () => {
    const actions = [
      { type: 'EXPLODE', parameters: {} },
      {
        type: 'CALL_WEBHOOK',
        parameters: { target: { url: 'http://10.0.0.1/?token=x' }, timeoutMs: 0 },
      },
    ];
    const { status, json } = await client.post(PROFILES, { id: 'a', ...profileOf({ actions }) });
    expect(status).toBe(400);
    expect(json.details.faults.map((one: { path: string }) => one.path).toSorted()).toEqual([
      '/actions/0/type',
      '/actions/1/parameters/target/url',
      '/actions/1/parameters/timeoutMs',
    ]);
    expect(json.details.faultsOmitted).toBe(0);
  });

  it('keeps its number for one content', async () => {
    const id = freshId('profile');
    await client.post(PROFILES, { id, version: '1.0.0', ...profileOf() });
    const other = { id, version: '1.0.0', ...profileOf({ name: 'Other' }) };
    expect((await client.post(PROFILES, other)).json).toMatchObject({
      status: 409,
      code: 'VERSION_CONFLICT',
    });
    const same = await client.post(PROFILES, { id, version: '1.0.0', ...profileOf() });
    expect([same.status, same.json.status]).toEqual([200, 'existing']);
  });

  it('is found by what it does, by tag and by stage', async () => {
    const scoped = definitionClient(registry.api, { 'Atlas-Tenant': 'types' });
    const lineage = { type: 'EMIT_LINEAGE', parameters: { namespace: 'atlas' } };
    await scoped.post(PROFILES, { id: 'a', ...profileOf({ tags: ['t'] }) });
    await scoped.post(PROFILES, { id: 'b', ...profileOf({ actions: [lineage] }) });
    const ids = async (query: string): Promise<readonly string[]> =>
      (await scoped.all(`${PROFILES}?${query}`, 'definitions')).map(({ id }) => id);
    expect(await ids('action_type=EMIT_LINEAGE')).toEqual(['b']);
    expect(await ids('action_type=STORE_RESULTS&tag=t')).toEqual(['a']);
    expect(await ids('action_type=OPEN_TICKET')).toEqual([]);
    expect((await scoped.get(`${PROFILES}?action_type=NOTHING`)).status).toBe(400);
    expect((await scoped.get('/job-definitions?action_type=OPEN_TICKET')).status).toBe(400);
  });

  it('is not approved in production by who defined it', async () => {
    const production = definitionClient(registry.api, { 'Atlas-Environment': 'prod' });
    const ada = { 'Atlas-Actor': 'ada' };
    await production.post(PROFILES, { id: 'p', ...profileOf() }, ada);
    await production.post(`${PROFILES}/p/1.0.0/submit`, undefined, ada);
    const own = await production.post(`${PROFILES}/p/1.0.0/stage`, { stage: 'active' }, ada);
    expect([own.status, own.json.code]).toEqual([403, 'SELF_APPROVAL']);
  });

  it('shows nothing of one tenant to another, not even that a version is used', async () => {
    const id = freshId('profile');
    await client.post(PROFILES, { id, ...profileOf() });
    const other = definitionClient(registry.api, { 'Atlas-Tenant': 'other' });
    for (const path of ['', '/1.0.0', '/1.0.0/dependants'])
      expect((await other.get(`${PROFILES}/${id}${path}`)).status).toBe(404);
  });
});

describe('who uses what', () => {
  it('lists the job definitions that use a profile, by number and as the latest, page by page', async () => {
    const id = freshId('profile');
    await active(PROFILES, { id, ...profileOf() });
    const prefix = freshId('job');
    const use = (version: string) => ({ onFailure: [{ id, version }] });
    for (const [name, version] of [
      ['a', '1.0.0'],
      ['b', 'latest'],
      ['c', '2.0.0'],
    ] as const)
      await client.post('/job-definitions', { id: `${prefix}.${name}`, ...jobOf(use(version)) });
    const users = async (path: string) =>
      await client.all(`${PROFILES}/${id}/${path}`, 'dependants');
    const want = [
      { id: `${prefix}.a`, version: '1.0.0', stage: 'draft', refersTo: '1.0.0' },
      { id: `${prefix}.b`, version: '1.0.0', stage: 'draft', refersTo: 'latest' },
    ];
    expect(await users('1.0.0/dependants')).toEqual(want);
    expect(await users('latest/dependants?limit=1')).toEqual(want);
    await active(PROFILES, { id, version: '1.1.0', ...profileOf({ name: 'Newer' }) });
    expect(await users('1.0.0/dependants')).toEqual(want.slice(0, 1));
    expect((await client.get(`${PROFILES}/${id}/9.0.0/dependants`)).status).toBe(404);
  });

  it('refuses to retire a profile that an active job uses, and names the job', async () => {
    const id = freshId('profile');
    await active(PROFILES, { id, ...profileOf() });
    const job = freshId('job');
    const content = jobOf({ onSuccess: [{ id, version: 'latest' }] });
    await active('/job-definitions', { id: job, ...content });
    const refused = await client.post(`${PROFILES}/${id}/1.0.0/retire`);
    expect(refused.json).toMatchObject({ status: 409, details: { users: [{ id: job }] } });
    await client.post(`/job-definitions/${job}/1.0.0/retire`);
    expect((await client.post(`${PROFILES}/${id}/1.0.0/retire`)).status).toBe(200);
  });

  it('lists the job definitions that use a contract', async () => {
    const name = freshId('contract');
    expect((await client.post('/contracts', { name, jsonSchema: true })).status).toBe(201);
    const job = freshId('job');
    const content = jobOf({ contract: { name, version: 'latest' } });
    const { position } = await client.post('/job-definitions', { id: job, ...content });
    const users = (path: string) => client.get(`/contracts/${name}/${path}`);
    const { json } = await users('1.0.0/job-definitions');
    expect(json.dependants).toMatchObject([{ id: job, refersTo: 'latest' }]);
    expect((await users('latest/job-definitions')).json).toEqual(json);
    const before = await users(`1.0.0/job-definitions?at=${position - 1}`);
    expect(before.json.dependants).toEqual([]);
    expect((await users('9.0.0/job-definitions')).status).toBe(404);
  });
});
