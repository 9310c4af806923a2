import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type DefinitionClient, definitionClient, freshId } from '#test/support/definition-bed';
import { HOSTILE } from '#test/support/hostile';
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

describe('a job definition', () => {
  it('goes from draft to retired, and every answer says where it stands', async () => {
    const id = freshId('job');
    const made = await client.post(JOBS, { id, ...jobOf() }, { 'Atlas-Actor': 'ada' });
    expect(made.status).toBe(201);
    expect(made.headers.get('location')).toBe(`/registry/job-definitions/${id}/1.0.0`);
    expect(made.json).toMatchObject({
      status: 'created',
      version: '1.0.0',
      stage: 'draft',
      author: 'ada',
      position: made.position,
    });
    const at = `${JOBS}/${id}/1.0.0`;
    expect((await client.get(at)).json).toMatchObject({
      id,
      version: '1.0.0',
      stage: 'draft',
      digest: made.json.digest,
      trigger: { type: 'MANUAL' },
      severityThreshold: 'error',
      timeoutMs: 3_600_000,
    });
    const submitted = await client.post(
      `${at}/submit`,
      { notes: 'please' },
      { 'Atlas-Actor': 'eve' },
    );
    expect(submitted.json).toMatchObject({ stage: 'pending_approval' });
    expect((await client.get(at)).json.staged).toMatchObject({ actor: 'eve', notes: 'please' });
    expect((await client.post(`${at}/approve`)).json).toMatchObject({ stage: 'active' });
    expect((await client.get(`${JOBS}/${id}/latest`)).json).toMatchObject({ version: '1.0.0' });
    expect((await client.post(`${at}/retire`, {})).json).toMatchObject({ stage: 'retired' });
    expect((await client.get(`${JOBS}/${id}/latest`)).status).toBe(404);
  });

  it('takes every member, gives it back, and the same content again is the version that is there', async () => {
    const id = freshId('job');
    const content = {
      name: 'All',
      description: 'Two\nlines',
      kind: 'profiling',
      contract: { name: 'orders.created', version: 'latest' },
      datasets: ['a/b', 'c'],
      trigger: {
        type: 'EXTERNAL_EVENT',
        source: 'shop',
        filter: {
          eventType: 'loaded',
          subjectPrefix: 'a',
          where: [{ path: '/a', equals: null }],
        },
      },
      onSuccess: [{ id: 'alerts.team', version: '1.0.0' }],
      onFailure: [{ id: 'alerts.team', version: 'latest' }],
      onAnomaly: [],
      severityThreshold: 'critical',
      idempotencyScope: 'inputs',
      timeoutMs: 60_000,
      tags: ['a', 'b'],
      metadata: { owner: 'me' },
    };
    const made = await client.post(JOBS, { id, version: '2.1.0', ...content });
    expect(made.json).toMatchObject({ status: 'created', version: '2.1.0' });
    expect((await client.get(`${JOBS}/${id}/2.1.0`)).json).toMatchObject({ id, ...content });
    const again = await client.post(JOBS, { id, ...content });
    expect([again.status, again.json]).toMatchObject([
      200,
      { status: 'existing', version: '2.1.0' },
    ]);
    expect(again.headers.get('location')).toBeNull();
    const next = await client.post(JOBS, { id, ...content, tags: [] });
    expect(next.json).toMatchObject({ status: 'created', version: '2.1.1' });
  });

  it('refuses other content under a version that is there, and says what is', async () => {
    const id = await defined();
    const answer = await client.post(JOBS, { id, version: '1.0.0', ...jobOf({ name: 'Other' }) });
    expect([answer.status, answer.json.code]).toEqual([409, 'VERSION_CONFLICT']);
    expect(answer.json.details).toMatchObject({ id, version: '1.0.0' });
  });

  it('names every fault of a body with its pointer, and writes nothing', async () => {
    const id = freshId('job');
    const body = {
      id,
      name: '',
      kind: 'guess',
      trigger: { type: 'SCHEDULED', cron: '@daily', timeZone: 'Mars/Olympus' },
      onFailure: [{ id: 'Not An Id', version: 'newest' }],
      tags: ['a', 'a'],
      colour: 'red',
    };
    const { status, json } = await client.post(JOBS, body);
    expect(status).toBe(400);
    const paths = json.details.faults.map((one: { path: string }) => one.path);
    expect(paths.toSorted()).toEqual([
      '/colour',
      '/kind',
      '/name',
      '/onFailure/0/id',
      '/onFailure/0/version',
      '/tags/1',
      '/trigger/cron',
      '/trigger/timeZone',
    ]);
    expect((await client.get(`${JOBS}/${id}`)).status).toBe(404);
  });

  it('refuses a body without an id, one that is no object, and a key that comes twice', async () => {
    const { json } = await client.post(JOBS, { version: 7, ...jobOf() });
    expect(json.details.faults.map((one: { path: string }) => one.path)).toEqual([
      '/id',
      '/version',
    ]);
    expect((await client.post(JOBS, [jobOf()])).status).toBe(400);
    const raw = '{"id":"a","id":"b","name":"x","kind":"validation","trigger":{"type":"MANUAL"}}';
    const headers = { 'Content-Type': 'application/json' };
    const twice = await registry.api.send('/registry/job-definitions', {
      method: 'POST',
      raw,
      headers,
    });
    expect(twice.status).toBe(400);
    const hidden = raw.replace('"id":"b"', '"__proto__":{"kind":"cleansing"}');
    const answer = await registry.api.send('/registry/job-definitions', {
      method: 'POST',
      raw: hidden,
      headers,
    });
    expect(answer.status).toBe(400);
  });

  it('refuses hostile ids and versions without a word about this machine', async () => {
    for (const text of HOSTILE) {
      const { status } = await client.post(JOBS, { id: text, ...jobOf() });
      expect([text, status]).toEqual([text, 400]);
      // A client resolves these before it sends them.
      if (['', '.', '..'].includes(text) || !text.isWellFormed()) continue;
      const path = encodeURIComponent(text);
      for (const address of [`${JOBS}/${path}`, `${JOBS}/a/${path}`])
        expect([400, 404]).toContain((await client.get(address)).status);
    }
  });

  it('gives a retry the first answer, and refuses its key for another request', async () => {
    const id = freshId('job');
    const key = { 'Idempotency-Key': freshId('key') };
    const first = await client.post(JOBS, { id, ...jobOf() }, key);
    await client.post(JOBS, { id, ...jobOf({ name: 'Newer' }) });
    const retry = await client.post(JOBS, { id, ...jobOf() }, key);
    expect([retry.status, retry.json]).toEqual([201, first.json]);
    expect(retry.headers.get('idempotency-replayed')).toBe('true');
    const other = await client.post(JOBS, { id, ...jobOf({ name: 'Else' }) }, key);
    expect([other.status, other.json.code]).toEqual([422, 'IDEMPOTENCY_KEY_REUSED']);
    const step = { 'Idempotency-Key': freshId('key') };
    const moved = await client.post(`${JOBS}/${id}/1.0.0/submit`, undefined, step);
    const again = await client.post(`${JOBS}/${id}/1.0.0/submit`, undefined, step);
    expect(again.json).toEqual(moved.json);
  });
});

describe('a step of a job definition', () => {
  it('is refused where the table does not have it, with the legal ones', async () => {
    const id = await defined();
    const at = `${JOBS}/${id}/1.0.0`;
    const early = await client.post(`${at}/activate`);
    expect([early.status, early.json.code]).toEqual([409, 'ILLEGAL_TRANSITION']);
    expect(early.json.details).toMatchObject({
      from: 'draft',
      legal: ['pending_approval', 'retired'],
    });
    expect(early.json.detail).toContain('want pending_approval or retired');
    await client.post(`${at}/stage`, { stage: 'retired' });
    const late = await client.post(`${at}/stage`, { stage: 'draft' });
    expect(late.json).toMatchObject({ status: 409, details: { from: 'retired', legal: [] } });
  });

  it('is refused for a version or id that is not there, and for an unknown stage or member', async () => {
    const id = await defined();
    expect((await client.post(`${JOBS}/${id}/9.9.9/submit`)).status).toBe(404);
    expect((await client.post(`${JOBS}/${freshId('no')}/1.0.0/submit`)).status).toBe(404);
    expect((await client.post(`${JOBS}/${id}/latest/submit`)).status).toBe(400);
    const at = `${JOBS}/${id}/1.0.0`;
    expect((await client.post(`${at}/stage`, { stage: 'approved' })).status).toBe(400);
    expect((await client.post(`${at}/submit`, { reason: 'x' })).status).toBe(400);
    expect((await client.post(`${at}/submit`, { notes: 'x'.repeat(2_001) })).status).toBe(400);
    expect((await client.get(at)).json.stage).toBe('draft');
  });

  it('to active is refused while contract or profiles cannot be used, and names them', async () => {
    const contract = { name: freshId('contract'), version: 'latest' };
    const profile = { id: freshId('profile'), version: 'latest' };
    const id = await defined({ contract, onFailure: [profile] });
    const at = `${JOBS}/${id}/1.0.0`;
    await client.post(`${at}/submit`);
    const refused = await client.post(`${at}/approve`);
    expect(refused.json).toMatchObject({
      status: 409,
      details: {
        missing: [
          { kind: 'contract', name: contract.name },
          { kind: 'action-profile', name: profile.id },
        ],
      },
    });
    await client.post('/contracts', { name: contract.name, jsonSchema: true });
    const action = { type: 'STORE_RESULTS', parameters: { prefix: 'runs' } };
    await client.post('/action-profiles', { id: profile.id, name: 'P', actions: [action] });
    const profileAt = `/action-profiles/${profile.id}/1.0.0`;
    await client.post(`${profileAt}/submit`);
    await client.post(`${profileAt}/approve`);
    expect((await client.post(`${at}/approve`)).status).toBe(200);
  });

  it('to active is refused to its author in production, and to nobody else', async () => {
    const production = definitionClient(registry.api, { 'Atlas-Environment': 'prod' });
    const id = freshId('job');
    const [ada, eve] = [{ 'Atlas-Actor': 'ada' }, { 'Atlas-Actor': 'eve' }];
    await production.post(JOBS, { id, ...jobOf() }, ada);
    const at = `${JOBS}/${id}/1.0.0`;
    await production.post(`${at}/submit`, undefined, ada);
    const own = await production.post(`${at}/approve`, undefined, ada);
    expect([own.status, own.json.code]).toEqual([403, 'SELF_APPROVAL']);
    expect((await production.post(`${at}/approve`, undefined, eve)).status).toBe(200);
  });
});
