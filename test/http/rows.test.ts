import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TableDeclaration } from '#domain/table-declaration';
import type { Api, ApiAnswer } from '#test/support/api';
import { startTestRegistry, type TestRegistry } from '#test/support/registry';
import {
  allPages,
  type PublishedBytes,
  publishBytes,
  shelve,
  sqlBytes,
} from '#test/support/serving';
import { StoreFolder } from '#test/support/store-folder';
import { type TempFolder, tempFolder } from '#test/support/temp';
import { eventually } from '#test/support/wait';

const NAME = 'sales/facts';
const BIG = '9223372036854775807';

const TABLES: readonly TableDeclaration[] = [
  { name: 'facts', key: ['region', 'id'] },
  { name: 'spans', key: ['id'], range: { within: 'chain', start: 'first', end: 'last' } },
  { name: 'things', key: ['id'] },
  { name: 'loose', key: ['k'] },
];

const SQL = `
CREATE TABLE facts (region TEXT, id INTEGER, amount REAL, note TEXT, PRIMARY KEY (region, id)) WITHOUT ROWID;
INSERT INTO facts WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 299)
  SELECT CASE i % 3 WHEN 0 THEN 'north' WHEN 1 THEN 'south' ELSE '[west]' END, i, i / 4.0, 'n' || i FROM n;
CREATE TABLE spans (id INTEGER PRIMARY KEY, chain TEXT, first INTEGER, last INTEGER);
CREATE INDEX spans_by_place ON spans (chain, first);
INSERT INTO spans VALUES (1, 'a', 1, 10), (2, 'a', 5, 20), (3, 'a', 21, 30), (4, 'b', 1, 100), (5, 'a', 1, 1000);
CREATE TABLE things (id INTEGER PRIMARY KEY, data BLOB, absent TEXT, "o""dd ' name" TEXT, half REAL);
INSERT INTO things VALUES (1, x'00ff', NULL, 'q"''\\é\n', 0.5), (${BIG}, x'', NULL, '', 1e300), (-${BIG}, NULL, NULL, NULL, -1.5);
CREATE TABLE loose (k, v TEXT);
CREATE INDEX loose_by_k ON loose (k);
INSERT INTO loose VALUES (NULL, 'n1'), (NULL, 'n2'), (5, 'number'), ('5', 'text'), (${BIG}, 'big'), (1.5, 'half'), (9e999, 'endless'), (-9e999, 'least'), ('z', 'z');
CREATE TABLE secret (id INTEGER PRIMARY KEY, word TEXT);
INSERT INTO secret VALUES (1, 'hidden');
`;

let registry: TestRegistry;
let api: Api;
let temporary: TempFolder;
let folder: StoreFolder;
beforeAll(async () => {
  temporary = tempFolder();
  folder = new StoreFolder(temporary.path);
  registry = await startTestRegistry({
    ATLAS_REGISTRY_SOURCES: `shelf=local:${temporary.path}`,
    ATLAS_REGISTRY_TTL_MS: '100',
  });
  api = registry.api;
  await publishBytes(api, { name: NAME, bytes: sqlBytes(SQL), tables: TABLES });
});
afterAll(async () => {
  await registry[Symbol.asyncDispose]();
  temporary[Symbol.dispose]();
});

const path = (table: string, query = '', name = NAME): string =>
  `/v1/datasets/${name}/rows/${encodeURIComponent(table)}?${query}`;

async function ask(table: string, parameters: Record<string, string>): Promise<ApiAnswer> {
  return await api.get(path(table, new URLSearchParams(parameters).toString()));
}

async function column(table: string, parameters: Record<string, string>, name = 'id') {
  const { json, status } = await ask(table, parameters);
  expect(status).toBe(200);
  return json.rows.map((row: Record<string, unknown>) => row[name]);
}

describe('GET /v1/datasets/{name}/rows/{table} finds', () => {
  it('one row by its whole key, and rows by the first columns of it', async () => {
    const { json } = await ask('facts', { key: '["south",4]' });
    expect(json.rows).toEqual([{ region: 'south', id: 4, amount: 1, note: 'n4' }]);
    expect(await column('facts', { key: '["south","4"]' })).toEqual([4]);
    expect(await column('facts', { key: '["south",5]' })).toEqual([]);
    expect(await column('facts', { key: 'south', limit: '500' })).toHaveLength(100);
    expect(await column('facts', { key: '["south"]', limit: '3' })).toEqual([1, 4, 7]);
    expect(await column('spans', { key: '3' })).toEqual([3]);
  });

  it('a key that looks like an array and is none', async () => {
    expect(await column('facts', { key: '[west]', limit: '2' })).toEqual([2, 5]);
    expect(await column('facts', { key: '["[west]",2]' })).toEqual([2]);
    expect(await column('facts', { key: '[]' })).toEqual([]);
    expect(await column('facts', { key: '[[1]]' })).toEqual([]);
  });

  it.each<[string, number[]]>([
    ['a:10-10', [1, 5, 2]],
    ['a:11-20', [5, 2]],
    ['a:20-21', [5, 2, 3]],
    ['a:31-31', [5]],
    ['a:1001-2000', []],
    ['b:100-100', [4]],
    ['b:101-200', []],
    ['c:1-5', []],
  ])('the rows that overlap %s, by their start', async (range, expected) => {
    const found = await column('spans', { range });
    expect(found).toEqual(expected);
    const pages = await allPages(api, path('spans', `range=${range}&limit=1`));
    expect(pages.rows.map(({ id }) => id)).toEqual(found);
  });

  it.each([
    ['facts', 300],
    ['spans', 5],
    ['things', 3],
    ['loose', 9],
  ])('all rows of %s, sorted by its key, whatever the size of the pages', async (table, count) => {
    const whole = await allPages(api, path(table, 'limit=500'));
    expect([whole.rows.length, whole.pages]).toEqual([count, 1]);
    for (const limit of [1, 7]) {
      const paged = await allPages(api, path(table, `limit=${limit}`));
      expect(paged.rows).toEqual(whole.rows);
      expect(paged.pages).toBe(Math.ceil(count / limit));
    }
  });

  it('rows of a key that is there several times, page by page', async () => {
    const nothing = await allPages(api, path('loose', 'limit=1'));
    const want = ['n1', 'n2', 'least', 'half', 'number', 'big', 'endless', 'text', 'z'];
    expect(nothing.rows.map(({ v }) => v)).toEqual(want);
    expect(await column('loose', { key: '[5]' }, 'v')).toEqual(['number']);
    expect(await column('loose', { key: '5' }, 'v')).toEqual(['text']);
  });
});

describe('values', () => {
  it('keep all their digits, as JSON and as NDJSON', async () => {
    for (const accept of ['application/json', 'application/x-ndjson']) {
      const answer = await fetch(`${api.url}${path('things')}`, { headers: { Accept: accept } });
      const text = await answer.text();
      expect(text).toContain(`"id":${BIG}`);
      expect(text).toContain(`"id":-${BIG}`);
      expect(text.split('\n')).toHaveLength(accept.includes('nd') ? 4 : 1);
    }
    const found = await fetch(`${api.url}${path('things', `key=${BIG}`)}`);
    expect(await found.text()).toContain(`"id":${BIG}`);
    const quoted = await ask('things', { key: `["${BIG}"]` });
    expect(quoted.json.rows).toHaveLength(1);
    const rounded = await ask('things', { key: `[${BIG}]` });
    expect(rounded.json).toMatchObject({ status: 400, code: 'INVALID_REQUEST' });
  });

  it('come as they are: bytes as hex, nothing as null, every sign in names and texts', async () => {
    const { json } = await ask('things', { key: '1' });
    expect(json.rows).toEqual([
      { id: 1, data: { hex: '00FF' }, absent: null, 'o"dd \' name': 'q"\'\\é\n', half: 0.5 },
    ]);
    const empty = await ask('things', { limit: '1' });
    expect(empty.json.rows[0]).toMatchObject({ data: null, half: -1.5 });
  });
});

describe('GET /v1/datasets/{name}/rows/{table} refuses', () => {
  it('tables that are not declared, though the file has them: 404', async () => {
    for (const table of [
      'secret',
      'sqlite_schema',
      'sqlite_master',
      'FACTS',
      'facts_by',
      'main.facts',
    ])
      expect((await api.get(path(table))).json).toMatchObject({ status: 404, code: 'NOT_FOUND' });
    expect((await api.get(path('facts', '', 'no/such'))).status).toBe(404);
    const prefix = '/tenants/acme/environments/prod';
    expect((await api.get(`${prefix}${path('facts')}`)).status).toBe(404);
  });

  it('hostile names of tables: 404, and the tables are still there', async () => {
    const hostile = [
      '"',
      "'",
      'facts"',
      'facts; DROP TABLE facts',
      'facts\0',
      'facts--',
      '文',
      '%',
    ];
    for (const table of [...hostile, '(SELECT 1)', 'facts UNION SELECT * FROM secret'])
      expect([table, (await api.get(path(table))).status]).toEqual([table, 404]);
    expect((await ask('facts', { limit: '1' })).json.rows).toHaveLength(1);
  });

  it('nothing hostile in a key: it is a value that is not there', async () => {
    for (const key of ["' OR 1=1 --", '"', ';', '\0', 'south\0', '文', "['south']", '["south"'])
      expect([key, await column('facts', { key })]).toEqual([key, []]);
    for (const range of ["a' OR 1=1:1-5", 'a\0:1-5', '":1-5', '文:1-5'])
      expect([range, await column('spans', { range })]).toEqual([range, []]);
  });

  it.each<[string, string, string]>([
    ['facts', 'key=["south",1,2]', 'INVALID_REQUEST'],
    ['facts', 'range=a:1-2', 'INVALID_REQUEST'],
    ['spans', 'range=a:2-1', 'INVALID_REQUEST'],
    ['spans', 'range=a', 'INVALID_REQUEST'],
    ['spans', 'range=a:1-2&key=1', 'INVALID_REQUEST'],
    ['spans', `range=a:1-2&range=a:1-2`, 'INVALID_REQUEST'],
    ['facts', 'limit=0', 'INVALID_REQUEST'],
    ['facts', 'limit=501', 'INVALID_REQUEST'],
    ['facts', 'where=1', 'INVALID_REQUEST'],
    ['facts', 'id=1', 'INVALID_REQUEST'],
    ['facts', `key=${'a'.repeat(1_025)}`, 'INVALID_REQUEST'],
    ['facts', 'cursor=abc', 'INVALID_CURSOR'],
  ])('%s?%s: 400 %s', async (table, query, code) => {
    expect((await api.get(path(table, query))).json).toMatchObject({ status: 400, code });
  });

  it('cursors of another table, key or range', async () => {
    const { json } = await ask('facts', { limit: '1' });
    const cursor: string = json.next_cursor;
    for (const address of [
      path('spans', `cursor=${cursor}`),
      path('facts', `key=south&cursor=${cursor}`),
    ])
      expect((await api.get(address)).json).toMatchObject({ status: 400, code: 'INVALID_CURSOR' });
  });
});

describe('a file that does not fit its declaration', () => {
  const id: TableDeclaration = { name: 't', key: ['id'] };
  const TABLE = 'CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT, w TEXT);';
  const whole = sqlBytes(TABLE);
  const range = { within: 'v', start: 'id', end: 'id' };
  const bad: readonly PublishedBytes[] = [
    { name: 'bad/column', bytes: whole, tables: [{ name: 't', key: ['nothing'] }] },
    { name: 'bad/index', bytes: whole, tables: [{ name: 't', key: ['v'] }] },
    { name: 'bad/range', bytes: whole, tables: [{ ...id, range }] },
    { name: 'bad/table', bytes: whole, tables: [id, { name: 'u', key: ['id'] }] },
    { name: 'bad/text', bytes: Buffer.from('no database'.repeat(1_000)), tables: [id] },
    { name: 'bad/short', bytes: whole.subarray(0, 6_000), tables: [id] },
    {
      name: 'bad/trigger',
      bytes: sqlBytes(`${TABLE} CREATE TRIGGER x AFTER INSERT ON t BEGIN SELECT 1; END;`),
      tables: [id],
    },
    { name: 'bad/view', bytes: sqlBytes(`${TABLE} CREATE VIEW x AS SELECT 1;`), tables: [id] },
  ];

  it('is not served: 503 DATASET_QUARANTINED, again and again; whoever declares the same bytes well is', async () => {
    const good = { name: 'good/same', bytes: whole, tables: [id] };
    shelve(folder, [...bad, good]);
    await eventually('the catalog', async () => {
      const { json } = await api.get('/v1/datasets?limit=500');
      return json.datasets.length === bad.length + 2;
    });
    for (const _ of [1, 2]) {
      for (const { name } of bad) {
        const { json } = await api.get(path('t', '', name));
        expect([name, json.status, json.code]).toEqual([name, 503, 'DATASET_QUARANTINED']);
        // Of what is wrong it says what, not where it lies on this machine.
        expect(json.detail).not.toContain(registry.folder);
      }
      expect((await api.get(path('t', '', good.name))).json.rows).toEqual([]);
    }
  });
});
