import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Api } from '#test/support/api';
import { startTestRegistry, type TestRegistry } from '#test/support/registry';
import { allPages, GENE_TABLES, geneBytes, manyGenes, publishBytes } from '#test/support/serving';

const NAME = '1/pages/one';
const OTHER = '1/pages/two';
const COUNT = 203;

let registry: TestRegistry;
let api: Api;
beforeAll(async () => {
  registry = await startTestRegistry();
  api = registry.api;
  const bytes = geneBytes(manyGenes(COUNT));
  for (const name of [NAME, OTHER]) await publishBytes(api, { name, bytes, tables: GENE_TABLES });
});
afterAll(async () => {
  await registry[Symbol.asyncDispose]();
});

const path = (query: string, name = NAME): string => `/v1/genes?dataset=${name}&${query}`;

async function cursorOf(address: string): Promise<string> {
  const { json } = await api.get(address);
  if (typeof json.next_cursor !== 'string') throw new Error(`no cursor: ${address}`);
  return json.next_cursor;
}

async function refused(address: string): Promise<void> {
  const { json } = await api.get(address);
  expect(json).toMatchObject({ status: 400, code: 'INVALID_CURSOR', retryable: false });
}

describe('pages of genes', () => {
  it.each([
    ['biotype=protein_coding'],
    ['region=1:1-5000000'],
    ['region=1:1-5000000&sort=region:asc'],
    ['region=1:1-5000000&interval_mode=containment&sort=region:asc'],
    ['name_like=first-&include=coords'],
    ['name_like=first-1&region=1:100-9000&biotype=protein_coding'],
  ])('of 1, 7 and 500 give the same rows: %s', async (query) => {
    const all = await allPages(api, path(`${query}&limit=500`));
    expect(all.pages).toBe(1);
    expect(all.rows.length).toBeGreaterThan(20);
    for (const limit of [1, 7]) {
      const paged = await allPages(api, path(`${query}&limit=${limit}`));
      expect(paged.rows).toEqual(all.rows);
      expect(paged.pages).toBe(Math.ceil(all.rows.length / limit));
    }
  });

  it('show 100 rows where nobody says how many, and where to go on in a Link header too', async () => {
    const first = await api.get(path('biotype=protein_coding'));
    expect(first.json.rows).toHaveLength(100);
    const next = /^<([^>]+)>; rel="next"$/.exec(first.headers.get('link') ?? '')?.[1] ?? '';
    const second = await api.get(next);
    expect(second.json.rows[0].gene_id).toBe('G00100');
    expect(new URLSearchParams(next.split('?')[1]).get('cursor')).toBe(first.json.next_cursor);
    const whole = await api.get(path('biotype=protein_coding&limit=500'));
    expect([whole.json.next_cursor, whole.headers.get('link')]).toEqual([undefined, null]);
  });

  it('may become larger or smaller on the way', async () => {
    const cursor = await cursorOf(path('biotype=protein_coding&limit=10'));
    const rest = await api.get(path(`biotype=protein_coding&limit=500&cursor=${cursor}`));
    expect(rest.json.rows).toHaveLength(COUNT - 10);
    expect(rest.json.rows[0].gene_id).toBe('G00010');
  });
});

describe('a cursor is refused: 400 INVALID_CURSOR', () => {
  it('when any character of it was changed, left out or added', async () => {
    const query = 'biotype=protein_coding&limit=10';
    const cursor = await cursorOf(path(query));
    for (let at = 0; at < cursor.length; at += 1) {
      const other = cursor[at] === 'A' ? 'Q' : 'A';
      await refused(path(`${query}&cursor=${cursor.slice(0, at)}${other}${cursor.slice(at + 1)}`));
    }
    for (const wrong of [cursor.slice(1), cursor.slice(0, -1), `${cursor}A`, `${cursor}=`, 'x'])
      await refused(path(`${query}&cursor=${wrong}`));
  });

  it('with another filter, sort, mode or include than it was made for', async () => {
    const region = 'region=1:1-5000000';
    const cursor = await cursorOf(path(`${region}&limit=10`));
    for (const query of [
      'region=1:1-4999999',
      'biotype=protein_coding',
      `${region}&biotype=protein_coding`,
      `${region}&sort=region:asc`,
      `${region}&interval_mode=containment`,
      `${region}&include=coords`,
    ])
      await refused(path(`${query}&cursor=${cursor}`));
    expect((await api.get(path(`${region}&cursor=${cursor}`))).status).toBe(200);
  });

  it('with a gene id, which has one page', async () => {
    const cursor = await cursorOf(path('biotype=protein_coding&limit=10'));
    await refused(path(`gene_id=G00001&cursor=${cursor}`));
  });

  it('with another artifact: of another dataset, or published anew', async () => {
    const query = 'biotype=protein_coding&limit=10';
    const other = '1/pages/three';
    await publishBytes(api, { name: other, bytes: geneBytes(manyGenes(30, 'third')) });
    const cursor = await cursorOf(path(query));
    await refused(path(`${query}&cursor=${cursor}`, other));
    const old = await cursorOf(path(query, other));
    await publishBytes(api, { name: other, bytes: geneBytes(manyGenes(30, 'fourth')) });
    const { json } = await api.get(`/v1/datasets/${other}`);
    // The old artifact answers while the new one is on its way.
    for (let artifact = ''; artifact !== json.artifact.sha256; ) {
      const page = await api.get(path(query, other));
      artifact = page.json.artifact;
      const name = artifact === json.artifact.sha256 ? 'fourth-0' : 'third-0';
      expect(page.json.rows[0].name).toBe(name);
    }
    await refused(path(`${query}&cursor=${old}`, other));
  });

  it('of a list of rows', async () => {
    const rows = `/v1/datasets/${NAME}/rows/gene_summary`;
    const cursor = await cursorOf(`${rows}?limit=10`);
    await refused(path(`biotype=protein_coding&cursor=${cursor}`));
    const genes = await cursorOf(path('biotype=protein_coding&limit=10'));
    await refused(`${rows}?cursor=${genes}`);
  });
});

describe('cursors', () => {
  it('are good for the same artifact under another name', async () => {
    const query = 'biotype=protein_coding&limit=10';
    const cursor = await cursorOf(path(query));
    const second = await api.get(path(`${query}&cursor=${cursor}`));
    const other = await api.get(path(`${query}&cursor=${cursor}`, OTHER));
    expect(other.json.rows).toEqual(second.json.rows);
  });

  it('are good on every node with the same secret, and on no other', async () => {
    const bytes = geneBytes(manyGenes(50));
    const secret = { ATLAS_CURSOR_SECRET: 'a secret that nodes share' };
    await using first = await startTestRegistry(secret);
    await using second = await startTestRegistry(secret);
    for (const one of [first, second])
      await publishBytes(one.api, { name: NAME, bytes, tables: GENE_TABLES });
    await publishBytes(api, { name: '1/same', bytes, tables: GENE_TABLES });
    const query = path('biotype=protein_coding&limit=10');
    const { json } = await first.api.get(query);
    const next = await second.api.get(`${query}&cursor=${json.next_cursor}`);
    expect(next.json.rows[0].gene_id).toBe('G00010');
    await refused(
      path(`biotype=protein_coding&limit=10&cursor=${String(json.next_cursor)}`, '1/same'),
    );
  });
});
