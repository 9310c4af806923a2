import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sha256Of } from '#domain/digest';
import type { Api } from '#test/support/api';
import { HOSTILE } from '#test/support/hostile';
import { registration } from '#test/support/registration';
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
  readonly decision: string;
}

/** One scope of its own, with ways to write and to read the history. */
function inScope(tenant: string) {
  const base = `/tenants/${tenant}/environments/dev/registry`;
  return {
    base,
    register: async (name: string, rest: object = {}, actor = 'ann') => {
      const headers = { 'Atlas-Actor': actor };
      return await api.post(`${base}/datasets`, registration(name, rest), headers);
    },
    history: async (name: string, query = '') =>
      await api.get(`${base}/history/datasets/${name}${query}`),
  };
}

async function artifact(text: string) {
  const sha256 = sha256Of(text);
  await api.send(`/registry/artifacts/${sha256}`, { method: 'PUT', raw: text });
  return { key: 'a', sha256, bytes: text.length };
}

describe('GET /registry/history/datasets/{name}', () => {
  it('says of every event who did what and when, and how the dataset stood after it', async () => {
    const { base, register, history } = inScope('story');
    const object = await artifact('{"a":1}');
    const name = '110/homo_sapiens/GRCh38';
    await register(name, { objects: [object] }, 'Ann B');
    await api.post(`${base}/datasets/${name}/publish`, { artifact: object });
    await register(name, { objects: [object], row_count: null }, 'bob');
    const body = { reason: 'wrong rows' };
    await api.post(`${base}/datasets/${name}/withdraw`, body, { 'Idempotency-Key': 'once' });
    const { json, position } = await history(name);
    expect(json.next_cursor).toBeUndefined();
    expect(json.entries).toMatchObject([
      { decision: 'DatasetRegistered', actor: 'Ann B', status: 'registered', row_count: 1 },
      { decision: 'DatasetPublished', status: 'published', artifact: object },
      { decision: 'DatasetObjectsReplaced', actor: 'bob', status: 'published', row_count: null },
      { decision: 'DatasetWithdrawn', status: 'withdrawn', reason: 'wrong rows' },
    ]);
    const [first] = json.entries;
    expect(first).toMatchObject({ schema_fingerprint: 'sha256:one', object_count: 1, bytes: 7 });
    expect(json.entries.at(-1).command_id).toBe('once');
    expect(position).toBeGreaterThanOrEqual(json.entries.at(-1).position);
    // The audit reads the log itself.
    const { entries } = (await api.get(`${base}/audit?kind=dataset&name=${name}`)).json;
    const ids = ['position', 'recorded_at', 'time', 'actor', 'decision', 'event_id', 'hash'];
    for (const id of [...ids, 'command_id'])
      expect(json.entries.map((entry: never) => entry[id])).toEqual(
        entries.map((entry: never) => entry[id]),
      );
  });

  it('pages in either order, each event once, as of the moment of the first page', async () => {
    const { register, history } = inScope('paged');
    for (let i = 0; i < 7; i += 1) await register('a', { row_count: i });
    for (const order of ['oldest', 'newest'] as const) {
      const whole = (await history('a', `?order=${order}`)).json.entries as readonly Entry[];
      const positions = whole.map(({ position }) => position);
      const sorted = positions.toSorted((a, b) => a - b);
      expect(positions).toEqual(order === 'oldest' ? sorted : sorted.toReversed());
      const seen: number[] = [];
      let cursor = '';
      do {
        const page = (await history('a', `?order=${order}&limit=3${cursor}`)).json;
        seen.push(...page.entries.map(({ position }: Entry) => position));
        cursor = page.next_cursor === undefined ? '' : `&cursor=${page.next_cursor}`;
        await register('a', { row_count: 100 });
      } while (cursor !== '');
      expect(seen).toEqual(positions);
    }
  });

  it('shows the past with at, and 404 before there was anything', async () => {
    const { register, history } = inScope('past');
    const before = (await register('other')).position;
    const first = (await register('a')).position;
    await register('a');
    expect((await history('a', `?at=${first}`)).json.entries).toMatchObject([{ position: first }]);
    expect((await history('a', `?at=${before}`)).json).toMatchObject({
      status: 404,
      code: 'NOT_FOUND',
    });
    expect((await history('a', '?at=2001-01-01T00:00:00Z')).status).toBe(404);
    expect((await history('a', '?at=x')).status).toBe(400);
  });

  it('shows nothing of another tenant, another environment, or a name that begins alike', async () => {
    const ours = inScope('ours');
    await ours.register('a');
    await ours.register('a/b');
    await ours.register('a/history');
    await inScope('theirs').register('a');
    await inScope('theirs').register('theirs-alone');
    const prod = '/tenants/ours/environments/prod/registry';
    await api.post(`${prod}/datasets`, registration('a'));
    expect((await ours.history('a')).json.entries).toHaveLength(1);
    expect((await ours.history('a%2Fb')).json.entries).toHaveLength(1);
    expect((await ours.history('a/history')).json.entries).toHaveLength(1);
    expect((await api.get(`${ours.base}/datasets/a/history`)).json.name).toBe('a/history');
    expect((await ours.history('theirs-alone')).status).toBe(404);
    expect((await ours.history('a/b/c')).status).toBe(404);
    expect((await api.get(`${prod}/history/datasets/a%2Fb`)).status).toBe(404);
  });

  it('refuses names, orders, limits and cursors that are none', async () => {
    const { base, register, history } = inScope('refused');
    await register('a');
    const list = (await api.get(`${base}/datasets?limit=1`)).json;
    expect(list.datasets).toHaveLength(1);
    const foreign = Buffer.from('{"after":"a","at":1}').toString('base64url');
    const negative = Buffer.from('{"after":-1,"at":1,"order":"oldest"}').toString('base64url');
    for (const query of [
      'order=up',
      'limit=0',
      'limit=1001',
      'cursor=garbage',
      `cursor=${foreign}`,
      `cursor=${negative}`,
      'page=2',
    ])
      expect((await history('a', `?${query}`)).status, query).toBe(400);
    for (const name of HOSTILE.filter((text) => text.isWellFormed() && !/^\.*$/.test(text))) {
      const { status } = await history(encodeURIComponent(name));
      expect([400, 404], JSON.stringify(name)).toContain(status);
    }
  });
});
