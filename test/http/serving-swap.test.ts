import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Sha256, sha256Of } from '#domain/digest';
import type { Api, ApiAnswer } from '#test/support/api';
import { startTestRegistry, type TestRegistry } from '#test/support/registry';
import { GENE_TABLES, geneBytes, manyGenes, publishBytes, shelve } from '#test/support/serving';
import { StoreFolder } from '#test/support/store-folder';
import { type TempFolder, tempFolder } from '#test/support/temp';
import { eventually } from '#test/support/wait';

const NAME = '1/swap/one';
const LIST = `/v1/genes?dataset=${NAME}&biotype=protein_coding`;
const SETTINGS = {
  ATLAS_ENABLE_ADMIN_ENDPOINTS: 'true',
  ATLAS_ENABLE_DEBUG_DATASETS: 'true',
  // What is told here is not how fast a busy machine is.
  ATLAS_REQUEST_TIMEOUT_MS: '60000',
  ATLAS_SQL_TIMEOUT_MS: '30000',
};

let temporary: TempFolder;
const open: TestRegistry[] = [];
beforeEach(() => {
  temporary = tempFolder();
});
afterEach(async () => {
  for (const registry of open.splice(0)) await registry[Symbol.asyncDispose]();
  temporary[Symbol.dispose]();
});

async function start(env: Record<string, string> = {}): Promise<TestRegistry> {
  const registry = await startTestRegistry({ ...SETTINGS, ...env });
  open.push(registry);
  return registry;
}

/** Starts a registry whose stores do at each artifact in turn what the script says. */
async function startFaked(artifact: readonly object[], more = {}): Promise<TestRegistry> {
  const script = join(temporary.path, 'script.json');
  writeFileSync(script, JSON.stringify({ artifact }));
  return await start({ ATLAS_STORE: 'fake', ATLAS_STORE_FAKE_SCRIPT: script, ...more });
}

async function publish(api: Api, version: string): Promise<Sha256> {
  const bytes = geneBytes(manyGenes(60, version));
  return await publishBytes(api, { name: NAME, bytes, tables: GENE_TABLES });
}

function versions({ json }: ApiAnswer): string[] {
  const names = json.rows.map(({ name }: { name: string }) => name.split('-')[0]);
  return [...new Set<string>(names)];
}

describe('a dataset that is published anew', () => {
  it('under load fails no request, mixes no versions, and never goes back', async () => {
    const { api } = await start();
    const order = [await publish(api, 'v0')];
    await api.get(LIST);
    const state = { done: false };
    const fixed = ['gene_id=G00007', 'region=1:1-2000', 'name_like=v', 'biotype=protein_coding'];
    const clients = Array.from({ length: 8 }, async (_, index) => {
      const query = fixed[index % fixed.length];
      const seen: string[] = [];
      let last = 0;
      while (!state.done) {
        const answer = await api.get(`/v1/genes?dataset=${NAME}&${query}&limit=50`);
        if (query === 'name_like=v') expect(answer.json.code).toBe('QUERY_TOO_BROAD');
        else {
          expect([answer.status, versions(answer)]).toEqual([200, [expect.any(String)]]);
          const at = order.indexOf(answer.json.artifact);
          expect(versions(answer)).toEqual([`v${at}`]);
          expect(at).toBeGreaterThanOrEqual(last);
          last = at;
        }
        seen.push(query ?? '');
      }
      return seen.length;
    });
    const pager = (async () => {
      const endings = { whole: 0, ended: 0 };
      while (!state.done) {
        const path = `${LIST}&limit=7`;
        let answer = await api.get(path);
        const { artifact } = answer.json;
        while (answer.status === 200 && answer.json.next_cursor !== undefined) {
          expect(answer.json.artifact).toBe(artifact);
          answer = await api.get(`${path}&cursor=${answer.json.next_cursor}`);
        }
        if (answer.status === 200) endings.whole += 1;
        else {
          expect(answer.json.code).toBe('INVALID_CURSOR');
          endings.ended += 1;
        }
      }
      return endings;
    })();
    for (let version = 1; version <= 6; version += 1) {
      const bytes = geneBytes(manyGenes(60, `v${version}`));
      order.push(sha256Of(bytes));
      await publishBytes(api, { name: NAME, bytes, tables: GENE_TABLES });
      await eventually(
        'the new version',
        async () => (await api.get(LIST)).json.artifact === order[version],
      );
    }
    state.done = true;
    for (const count of await Promise.all(clients)) expect(count).toBeGreaterThan(6);
    const { whole, ended } = await pager;
    expect(whole + ended).toBeGreaterThan(6);
  });

  it('is answered as before while the new artifact is on its way, in whole lists too', async () => {
    const { api } = await startFaked([{}, { delayMs: 4_000 }]);
    const old = await publish(api, 'old');
    const first = await api.get(`${LIST}&limit=50`);
    expect(first.json.artifact).toBe(old);
    const now = await publish(api, 'new');
    const during = await api.get(`${LIST}&limit=50`);
    expect([during.json.artifact, versions(during)]).toEqual([old, ['old']]);
    const second = await api.get(`${LIST}&limit=50&cursor=${during.json.next_cursor}`);
    expect([second.json.artifact, versions(second)]).toEqual([old, ['old']]);
    const pinned = await api.get(`${LIST}&limit=50&artifact=${now}`);
    expect(pinned.json).toMatchObject({ status: 503, code: 'NOT_CACHED', retryable: true });
    for (const path of [`${LIST}&limit=50`, `/v1/genes/count?dataset=${NAME}`]) {
      const exact = await api.get(`${path}&artifact=${now}`);
      expect([path, exact.status]).toEqual([path, 503]);
    }
    const lookup = { dataset: NAME, gene_ids: ['G00001'], artifact: now };
    expect((await api.post('/v1/genes/lookup', lookup)).status).toBe(503);
    const rows = `/v1/datasets/${NAME}/rows/gene_summary`;
    expect((await api.get(`${rows}?artifact=${now}`)).status).toBe(503);
    expect((await api.get(`${LIST}&artifact=${old}`)).status).toBe(404);
    const etag = during.headers.get('etag') ?? '';
    expect((await api.get(`${LIST}&limit=50`, { 'If-None-Match': etag })).status).toBe(200);
    await eventually('the new one', async () => (await api.get(LIST)).json.artifact === now);
    const late = await api.get(`${LIST}&limit=50&cursor=${during.json.next_cursor}`);
    expect(late.json).toMatchObject({ status: 400, code: 'INVALID_CURSOR' });
    expect((await api.get(`${LIST}&artifact=${now}`)).status).toBe(200);
  });

  it('may declare tables that only the new artifact has: they are on their way, not wrong', async () => {
    const { api } = await startFaked([{}, { delayMs: 1_000 }]);
    await publish(api, 'old');
    expect((await api.get(LIST)).status).toBe(200);
    const more = { name: 'atlas_meta', key: ['k'] };
    const bytes = geneBytes(manyGenes(5, 'new'));
    const tables = [...GENE_TABLES, more];
    await publishBytes(api, { name: NAME, bytes, tables });
    const table = `/v1/datasets/${NAME}/rows/atlas_meta`;
    expect([200, 503]).toContain((await api.get(table)).status);
    await eventually('the table', async () => (await api.get(table)).status === 200);
    expect((await api.get(`${table}?key=dataset_species`)).json.rows).toHaveLength(1);
  });

  it('is gone for everybody as soon as it is withdrawn, and back when it is published again', async () => {
    const { api } = await start();
    const artifact = await publish(api, 'v0');
    const paths = [LIST, `/v1/genes?dataset=${NAME}&gene_id=G00001`, `/v1/datasets/${NAME}`];
    for (const path of paths) expect((await api.get(path)).status).toBe(200);
    const etag = (await api.get(LIST)).headers.get('etag') ?? '';
    await api.post(`/registry/datasets/${NAME}/withdraw`, {});
    for (const path of [...paths, `${LIST}&artifact=${artifact}`])
      expect((await api.get(path, { 'If-None-Match': etag })).status).toBe(404);
    await publish(api, 'v0');
    for (const path of paths) expect((await api.get(path)).status).toBe(200);
  });
});

describe('a dataset that nobody has asked for', () => {
  it('is downloaded once for 500 who ask at once', async () => {
    const folder = new StoreFolder(join(temporary.path, 'shelf'));
    const bytes = geneBytes(manyGenes(2_000));
    shelve(folder, [{ name: NAME, bytes, tables: GENE_TABLES }]);
    const sources = { ATLAS_REGISTRY_SOURCES: `shelf=local:${folder.path}` };
    // A second download would fail.
    const { api } = await startFaked([{ delayMs: 300 }, { status: 403 }], sources);
    await eventually('the catalog', async () => (await api.get(`/v1/datasets/${NAME}`)).json.name);
    expect((await api.get(`/v1/datasets/${NAME}`)).json.is_cached).toBe(false);
    const path = `/v1/genes?dataset=${NAME}&region=1:1-1000`;
    const answers = await Promise.all(Array.from({ length: 500 }, async () => api.get(path)));
    const texts = answers.map(({ status, text }) => `${status} ${text}`);
    expect(new Set(texts)).toEqual(new Set([`200 ${answers[0]?.text}`]));
    const { json } = await api.get('/debug/cache-stats');
    expect(json).toMatchObject({ downloads: 1, count: 1, bytes: bytes.length });
    expect((await api.get(`/v1/datasets/${NAME}`)).json.is_cached).toBe(true);
  });
});
