import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '#flow/new-id';
import type { Api, ApiAnswer } from '#test/support/api';
import { startTestRegistry, type TestRegistry } from '#test/support/registry';

let registry: TestRegistry;
let api: Api;

beforeAll(async () => {
  registry = await startTestRegistry();
  api = registry.api;
});
afterAll(async () => {
  await registry[Symbol.asyncDispose]();
});

interface Entry {
  readonly position: number;
  readonly actor: string;
  readonly name: string;
  readonly hash: string;
  readonly recorded_at: string;
}

/** One scope of its own, with a way to write as somebody and to read its audit. */
function inScope(tenant: string) {
  const headers = { 'Atlas-Tenant': tenant };
  return {
    register: async (name: string, actor = 'ann', fingerprint = 'fp'): Promise<ApiAnswer> => {
      const body = { name, schema_fingerprint: fingerprint };
      return await api.post('/registry/datasets', body, { ...headers, 'Atlas-Actor': actor });
    },
    audit: async (query = ''): Promise<ApiAnswer> =>
      await api.get(`/registry/audit${query}`, headers),
    entries: async (query = ''): Promise<Entry[]> =>
      (await api.get(`/registry/audit${query}`, headers)).json.entries,
    lines: async (query = ''): Promise<Entry[]> => {
      const accept = { ...headers, Accept: 'application/x-ndjson' };
      const { text } = await api.send(`/registry/audit${query}`, {
        headers: accept,
      });
      const lines = text.split('\n').filter((line) => line !== '');
      return lines.map((line) => JSON.parse(line) as Entry);
    },
  };
}

describe('GET /registry/audit', () => {
  it('says of every command who sent it, what became of it, and with which request it came', async () => {
    const { register, audit } = inScope('who');
    const first = await register('a/b', 'Ann B', 'fp-1');
    const refused = await register('a/b', 'eve', 'fp-2');
    expect(refused.status).toBe(409);
    const { json, headers } = await audit();
    expect(json.entries).toEqual([
      {
        position: first.position,
        recorded_at: expect.stringMatching(/^\d{4}-.*Z$/),
        time: expect.stringMatching(/^\d{4}-.*Z$/),
        tenant: 'who',
        environment: 'dev',
        actor: 'Ann B',
        kind: 'dataset',
        name: 'a/b',
        decision: 'DatasetRegistered',
        event_id: expect.any(String),
        command_id: expect.any(String),
        request_id: first.headers.get('x-request-id'),
        hash: expect.stringMatching(/^[0-9a-f]{64}$/),
      },
    ]);
    expect(json.next_cursor).toBeUndefined();
    expect(Number(headers.get('atlas-position'))).toBeGreaterThanOrEqual(first.position);
  });

  it('links every event of an aggregate to the one before it', async () => {
    const { register, audit } = inScope('linked');
    await register('a');
    const body = { objects: [] };
    await api.post('/registry/datasets/a/withdraw', body, { 'Atlas-Tenant': 'linked' });
    await register('a', 'bob');
    const { entries } = (await audit()).json;
    for (let at = 1; at < entries.length; at += 1)
      expect(entries[at].previous_hash).toBe(entries[at - 1].hash);
  });

  it('shows nothing of another scope, and an empty page of a scope that holds nothing', async () => {
    await inScope('mine').register('secret-name');
    const { json } = await inScope('other').audit();
    expect(json).toEqual({ entries: [] });
  });

  it('finds by actor, kind, name, decision, position and time', async () => {
    const { register, entries } = inScope('filters');
    const positions: number[] = [];
    for (const [name, actor] of [
      ['a', 'ann'],
      ['b', 'bob'],
      ['c/d', 'ann'],
    ] as const)
      positions.push((await register(name, actor)).position);
    const [first = 0, second = 0, third = 0] = positions;
    const found = async (query: string) => (await entries(query)).map(({ position }) => position);
    expect(await found('?actor=ann')).toEqual([first, third]);
    expect(await found('?kind=dataset')).toEqual(positions);
    expect(await found('?kind=dataset&name=c/d')).toEqual([third]);
    expect(await found('?kind=contract')).toEqual([]);
    expect(await found('?decision=DatasetPublished')).toEqual([]);
    expect(await found(`?from=${second}`)).toEqual([second, third]);
    expect(await found(`?from=${first}&to=${second}`)).toEqual([first, second]);
    const [there] = await entries(`?from=${second}&limit=1`);
    const times = await entries(`?since=${there?.recorded_at}`);
    expect(times.map(({ position }) => position)).toContain(second);
    expect(await found('?before=2020-01-01T00:00:00Z')).toEqual([]);
    for (const year of ['2100', '2500', '9999'])
      expect(await found(`?since=${year}-01-01T00:00:00Z`), year).toEqual([]);
    expect(await found('?since=1600-01-01T00:00:00Z')).toEqual(positions);
  });

  it('gives every command once over its pages, and the same as one export', async () => {
    const { register, audit, entries, lines } = inScope('pages');
    for (let i = 0; i < 25; i += 1) await register(`d/${i}`);
    const all = await entries('?limit=1000');
    expect(all).toHaveLength(25);
    const paged: Entry[] = [];
    let cursor: string | undefined;
    do {
      const next: string = cursor === undefined ? '' : `&cursor=${cursor}`;
      const { json } = await audit(`?limit=7${next}`);
      paged.push(...json.entries);
      cursor = json.next_cursor;
      // What comes in between belongs to no page.
      await register(`later/${newId()}`);
    } while (cursor !== undefined);
    expect(paged).toEqual(all);
    expect((await lines()).slice(0, 25)).toEqual(all);
  });

  it('reads job runs from their own log, which the kind names too', async () => {
    const headers = { 'Atlas-Tenant': 'runs', 'Atlas-Actor': 'robot' };
    const run = await api.post('/registry/job-runs', { job: 'j' }, headers);
    const { entries } = inScope('runs');
    const expected = { actor: 'robot', kind: 'job-run', name: run.json.id };
    expect(await entries('?stream=jobs')).toMatchObject([expected]);
    expect(await entries('?kind=job-run')).toMatchObject([expected]);
    expect(await entries()).toEqual([]);
  });

  it('refuses what it cannot understand', async () => {
    const { audit } = inScope('refused');
    for (const query of [
      '?name=a',
      '?kind=nothing',
      '?from=x',
      '?since=yesterday',
      '?limit=0',
      '?cursor=x',
      '?stream=other',
      '?unknown=1',
    ])
      expect((await audit(query)).status, query).toBe(400);
  });
});
