import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Api } from '#test/support/api';
import { goodToken, startGuardedRegistry } from '#test/support/guarded-registry';
import { HOSTILE } from '#test/support/hostile';
import { startTestRegistry, type TestRegistry } from '#test/support/registry';
import { tempFolder } from '#test/support/temp';

const ADMIN = { ATLAS_ENABLE_ADMIN_ENDPOINTS: 'true' };
let registry: TestRegistry;
let api: Api;
let folder: string;
beforeAll(async () => {
  registry = await startTestRegistry(ADMIN);
  api = registry.api;
  folder = join(registry.folder, 'drills');
});
afterAll(async () => {
  await registry[Symbol.asyncDispose]();
});

/** Writes a report as `drill` does, and gives its id. */
function write(drill: string, startedAt: string, rest: object = {}, into = folder): string {
  const id = `${drill}-${startedAt.replaceAll(/[:.]/g, '-')}`;
  const report = {
    drill,
    registryVersion: '0.1.0',
    startedAt,
    seconds: 1.5,
    outcome: 'failed',
    steps: [
      { name: 'begin', outcome: 'succeeded', detail: 'seen', seconds: 1 },
      { name: 'it holds', outcome: 'failed', detail: 'it does not', seconds: 0 },
    ],
    figures: [{ name: 'gap', value: 12.5, unit: 'ms' }],
    ...rest,
  };
  mkdirSync(into, { recursive: true });
  writeFileSync(join(into, `${id}.json`), JSON.stringify(report));
  writeFileSync(join(into, `${id}.html`), '<p>');
  return id;
}

describe('GET /registry/drills', () => {
  it('is empty before the first drill', async () => {
    expect((await api.get('/registry/drills')).json).toEqual({ drills: [], unreadable: [] });
  });

  it('lists reports by their time, the newest first, page by page, and gives each whole', async () => {
    const ids = [
      write('rot', '2026-01-03T00:00:00.000Z'),
      write('node-loss', '2026-01-02T00:00:00.000Z', { outcome: 'succeeded', steps: [] }),
      write('backup', '2026-01-01T00:00:00.001Z', {
        figures: [{ name: 'a', value: null, unit: 's' }],
      }),
      write('replay', '2026-01-01T00:00:00.000Z'),
      write('backup', '2026-01-01T00:00:00.000Z'),
    ];
    const seen: string[] = [];
    let cursor = '';
    do {
      const { json } = await api.get(`/registry/drills?limit=2${cursor}`);
      seen.push(...json.drills.map(({ id }: { id: string }) => id));
      cursor = json.next_cursor === undefined ? '' : `&cursor=${json.next_cursor}`;
    } while (cursor !== '');
    expect(seen).toEqual(ids);
    const { json } = await api.get(`/registry/drills/${ids[0]}`);
    expect(json).toEqual({
      id: ids[0],
      drill: 'rot',
      registry_version: '0.1.0',
      started_at: '2026-01-03T00:00:00.000Z',
      seconds: 1.5,
      outcome: 'failed',
      figures: [{ name: 'gap', value: 12.5, unit: 'ms' }],
      step_count: 2,
      failed_step_count: 1,
      steps: [
        { name: 'begin', outcome: 'succeeded', detail: 'seen', seconds: 1 },
        { name: 'it holds', outcome: 'failed', detail: 'it does not', seconds: 0 },
      ],
    });
  });

  it('names what is called like a report and is none, and opens nothing else', async () => {
    const at = '2027-01-01T00-00-00-000Z';
    const path = (name: string) => join(folder, name);
    writeFileSync(path(`cut-${at}.json`), '{"drill":"cut"');
    writeFileSync(path(`large-${at}.json`), ' '.repeat(1_048_577));
    writeFileSync(path(`other-${at}.json`), '{"drill":"rot"}');
    symlinkSync('/etc/hostname', path(`link-${at}.json`));
    mkdirSync(path(`folder-${at}.json`));
    execFileSync('mkfifo', [path(`pipe-${at}.json`)]);
    writeFileSync(path('notes.json'), '{}');
    writeFileSync(path(`UPPER-${at}.json`), '{}');
    writeFileSync(path('-rf.json'), '{}');
    const lying = write('rot', '2026-12-31T00:00:00.000Z', { drill: 'backup' });
    const { json } = await api.get('/registry/drills?limit=7');
    const bad = ['pipe', 'other', 'link', 'large', 'folder', 'cut'].map((one) => `${one}-${at}`);
    expect(json.unreadable).toEqual([...bad, lying]);
    expect(json.drills).toEqual([]);
    for (const id of [...bad, lying, 'notes', `UPPER-${at}`])
      expect((await api.get(`/registry/drills/${id}`)).status, id).toBe(404);
  });

  it('finds nothing by an id that leads elsewhere', async () => {
    const id = write('rot', '2026-02-01T00:00:00.000Z', {}, join(registry.folder, 'elsewhere'));
    const ways = [
      `../elsewhere/${id}`,
      `..%2felsewhere%2f${id}`,
      `${id}.json`,
      `${id}\0`,
      `${id}/`,
    ];
    for (const text of [...ways, ...HOSTILE])
      if (text.isWellFormed() && !/^\.*$/.test(text)) {
        const { status } = await api.get(`/registry/drills/${encodeURIComponent(text)}`);
        expect([400, 404], JSON.stringify(text)).toContain(status);
      }
  });

  it('is not there unless the operator enables it', async () => {
    await using plain = await startTestRegistry();
    for (const path of ['/registry/drills', '/registry/drills/rot-2026-01-03T00-00-00-000Z'])
      expect((await plain.api.send(path, { undocumented: true })).status).toBe(404);
  });

  it('asks for registry:admin, and keeps what was seen to itself where a token is for one tenant', async () => {
    using data = tempFolder();
    const id = write('rot', '2026-01-03T00:00:00.000Z', {}, join(data.path, 'drills'));
    await using guarded = await startGuardedRegistry({ ATLAS_DATA_DIR: data.path });
    const get = async (path: string, claims: object) => {
      const headers = { Authorization: `Bearer ${await goodToken(claims)}` };
      const response = await fetch(`${guarded.url}${path}`, { headers });
      return { status: response.status, text: await response.text() };
    };
    const scope = 'datasets:read contracts:read jobs:read jobs:write';
    for (const path of ['/registry/drills', `/registry/drills/${id}`]) {
      expect((await fetch(`${guarded.url}${path}`)).status).toBe(401);
      expect((await get(path, { scope })).status).toBe(403);
      const { status, text } = await get(path, {});
      expect(status).toBe(200);
      expect(text).toContain('"failed"');
      expect(text).not.toContain('it does not');
    }
  });
});
