import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TestGene } from '#test/cache/query/gene-files';
import type { Api, ApiAnswer } from '#test/support/api';
import { startTestRegistry, type TestRegistry } from '#test/support/registry';
import { GENE_TABLES, geneBytes, publishBytes, sqlBytes } from '#test/support/serving';

const NAME = '110/homo_sapiens/GRCh38';
const BRACKETS = 'tK(CUU)M';
const ODD = ['a/b', 'a+b', 'a%2Fb', 'a&b=c', 'γ-1', "x';--", '"q"', 'a b'];

const GENES: readonly TestGene[] = [
  { geneId: 'A1', name: 'Alpha', seqid: '1', start: 100, end: 200, biotype: 'protein_coding' },
  { geneId: 'A2', name: 'ALPHA', seqid: '1', start: 201, end: 300, biotype: 'tRNA' },
  { geneId: 'A3', name: '', seqid: '1', start: 150, end: 160, biotype: 'tRNA', transcripts: 3 },
  { geneId: 'B1', name: 'Alphabet', seqid: '1', start: 301, end: 400 },
  { geneId: 'B2', name: 'ﬁsh Å', seqid: '2', start: 100, end: 6_000_000, biotype: 'tRNA' },
  { geneId: 'B3', name: '100%_x', seqid: '2', start: 16_777_217, end: 16_777_217 },
  { geneId: 'C1', name: 'colon', seqid: 'HLA:01', start: 1, end: 10 },
  { geneId: BRACKETS, name: '', seqid: 'Mito', start: 1, end: 72, biotype: 'tRNA' },
  ...ODD.map((geneId, index) => ({
    geneId,
    name: `odd ${index}`,
    seqid: 'odd',
    start: 1_000 * (index + 1),
    end: 1_000 * (index + 1) + 5,
  })),
];

let registry: TestRegistry;
let api: Api;
beforeAll(async () => {
  registry = await startTestRegistry();
  api = registry.api;
  await publishBytes(api, { name: NAME, bytes: geneBytes(GENES), tables: GENE_TABLES });
});
afterAll(async () => {
  await registry[Symbol.asyncDispose]();
});

async function ask(parameters: Record<string, string>, dataset = NAME): Promise<ApiAnswer> {
  const query = new URLSearchParams({ dataset, ...parameters });
  return await api.get(`/v1/genes?${query.toString()}`);
}

async function ids(parameters: Record<string, string>): Promise<string[]> {
  const { status, json, text } = await ask(parameters);
  expect([status, text.slice(0, 300)]).toEqual([200, text.slice(0, 300)]);
  return json.rows.map((row: { gene_id: string }) => row.gene_id);
}

describe('GET /v1/genes finds', () => {
  it.each<[string, Record<string, string>, string[]]>([
    ['a gene by its id', { gene_id: 'A1' }, ['A1']],
    ['nothing under an id in other case', { gene_id: 'a1' }, []],
    ['nothing under an id with NUL', { gene_id: 'A1\0' }, []],
    ['an id with brackets', { gene_id: BRACKETS }, [BRACKETS]],
    ['names in any case', { name: 'alpha' }, ['A1', 'A2']],
    ['a name in a compatible form', { name: 'FISH A\u030a' }, ['B2']],
    ['a name as it is written', { name: 'ﬁsh Å' }, ['B2']],
    ['nothing by half a name', { name: 'alph' }, []],
    ['names by their beginning', { name_like: 'aLpH*' }, ['A1', 'A2', 'B1']],
    ['names by their beginning, without a star', { name_like: 'alphab' }, ['B1']],
    ['a beginning in a compatible form', { name_like: 'ﬁs*' }, ['B2']],
    ['nothing by a sign that means any in SQL', { name_like: '1_0*' }, []],
    ['signs that mean any in SQL as they are', { name_like: '100%_*' }, ['B3']],
    ['genes of a kind', { biotype: 'tRNA' }, ['A2', 'A3', 'B2', BRACKETS]],
    ['no kind in other case', { biotype: 'trna' }, []],
    ['a name of a kind', { name: 'alpha', biotype: 'tRNA' }, ['A2']],
    ['a beginning of a kind', { name_like: 'al', biotype: 'protein_coding' }, ['A1']],
    ['a name in a region', { name: 'alpha', region: '1:201-500' }, ['A2']],
    ['a beginning in a region', { name_like: 'alpha', region: '1:201-500' }, ['A2', 'B1']],
    ['a kind in a region', { biotype: 'tRNA', region: '1:1-1000' }, ['A2', 'A3']],
    ['a sequence whose name has a colon', { region: 'HLA:01:10-20' }, ['C1']],
    ['nothing on a sequence in other case', { region: 'mito:1-100' }, []],
    ['the largest region that is allowed', { region: '2:1-5000000' }, ['B2']],
    ['a base that 32-bit floats cannot tell from the next', { region: '2:16777216-16777216' }, []],
    ['that base itself', { region: '2:16777217-16777217' }, ['B3']],
  ])('%s', async (_what, parameters, expected) => {
    expect(await ids(parameters)).toEqual(expected);
  });

  it('ids with every sign that means something in addresses or SQL, cold or warm', async () => {
    for (const geneId of [...ODD, ...ODD]) expect(await ids({ gene_id: geneId })).toEqual([geneId]);
    const raw = await api.get(`/v1/genes?dataset=${NAME}&gene_id=${BRACKETS}`);
    expect(raw.json.rows[0].gene_id).toBe(BRACKETS);
  });

  it.each<[string, string, string[]]>([
    ['overlap', '1:200-200', ['A1']],
    ['overlap', '1:201-201', ['A2']],
    ['overlap', '1:300-301', ['A2', 'B1']],
    ['overlap', '1:1-99', []],
    ['overlap', '1:400-400', ['B1']],
    ['overlap', '1:401-500', []],
    ['overlap', '1:155-155', ['A1', 'A3']],
    ['containment', '1:100-200', ['A1', 'A3']],
    ['containment', '1:101-200', ['A3']],
    ['containment', '1:100-199', ['A3']],
    ['containment', '1:100-300', ['A1', 'A2', 'A3']],
    ['boundary_touch', '1:200-201', ['A1', 'A2']],
    ['boundary_touch', '1:200-200', ['A1']],
    ['boundary_touch', '1:201-202', []],
    ['boundary_touch', '1:300-301', ['A2', 'B1']],
    ['boundary_touch', '1:1-150', ['A3']],
  ])('at the exact bounds: %s of %s', async (mode, region, expected) => {
    expect(await ids({ region, interval_mode: mode })).toEqual(expected);
  });

  it('genes of a region by start, or by id', async () => {
    const region = '1:1-1000';
    expect(await ids({ region })).toEqual(['A1', 'A2', 'A3', 'B1']);
    expect(await ids({ region, sort: 'region:asc' })).toEqual(['A1', 'A3', 'A2', 'B1']);
  });

  it('a dataset by release, species and assembly too', async () => {
    const parts = 'release=110&species=homo_sapiens&assembly=GRCh38';
    const { json } = await api.get(`/v1/genes?${parts}&gene_id=A1`);
    expect(json).toMatchObject({ dataset: NAME, rows: [{ gene_id: 'A1' }] });
    const both = await api.get(`/v1/genes?${parts}&dataset=${NAME}&gene_id=A1`);
    expect(both.json).toEqual(json);
  });

  it('shows id and name, and what include asks for beside them', async () => {
    const rowOf = async (include: string) =>
      (await ask({ gene_id: 'A3', include })).json.rows[0] as object;
    const bare = { gene_id: 'A3', name: null };
    expect((await ask({ gene_id: 'A3' })).json.rows).toEqual([bare]);
    expect(await rowOf('coords')).toEqual({ ...bare, seqid: '1', start: 150, end: 160 });
    expect(await rowOf('biotype')).toEqual({ ...bare, biotype: 'tRNA' });
    expect(await rowOf('counts')).toEqual({ ...bare, transcript_count: 3 });
    expect(await rowOf('length')).toEqual({ ...bare, sequence_length: 11 });
    const all = ['coords', 'biotype', 'counts', 'length'];
    expect(Object.keys(await rowOf(all.join(',')))).toHaveLength(8);
    expect(await rowOf(all.toReversed().join(','))).toEqual(await rowOf(all.join(',')));
  });
});

describe('GET /v1/genes refuses', () => {
  it.each<[string, number, string]>([
    ['', 422, 'QUERY_TOO_BROAD'],
    ['region=1:1-5000001', 422, 'QUERY_TOO_BROAD'],
    ['name_like=a', 422, 'QUERY_TOO_BROAD'],
    ['name_like=a*', 422, 'QUERY_TOO_BROAD'],
    ['name_like=*', 400, 'INVALID_REQUEST'],
    ['name_like=a*b', 400, 'INVALID_REQUEST'],
    ['name_like=ab**', 400, 'INVALID_REQUEST'],
    [`name_like=${'a'.repeat(65)}`, 400, 'INVALID_REQUEST'],
    ['name=a&name_like=ab', 400, 'INVALID_REQUEST'],
    ['gene_id=A1&name=alpha', 400, 'INVALID_REQUEST'],
    ['gene_id=A1&name_like=alpha', 400, 'INVALID_REQUEST'],
    ['gene_id=A1&biotype=tRNA', 400, 'INVALID_REQUEST'],
    ['gene_id=A1&region=1:1-2', 400, 'INVALID_REQUEST'],
    ['gene_id=', 400, 'INVALID_REQUEST'],
    ['gene_id=A1&gene_id=A1', 400, 'INVALID_REQUEST'],
    ['gene_id=A1&unknown=1', 400, 'INVALID_REQUEST'],
    ['gene_id=A1&__proto__=1', 400, 'INVALID_REQUEST'],
    [`gene_id=${'A'.repeat(257)}`, 400, 'INVALID_REQUEST'],
    ['region=1', 400, 'INVALID_REQUEST'],
    ['region=1:5', 400, 'INVALID_REQUEST'],
    ['region=1:0-5', 400, 'INVALID_REQUEST'],
    ['region=1:6-5', 400, 'INVALID_REQUEST'],
    ['region=1:-1-5', 400, 'INVALID_REQUEST'],
    ['region=1:1.5-5', 400, 'INVALID_REQUEST'],
    ['region=:1-5', 400, 'INVALID_REQUEST'],
    [`region=1:1-${'9'.repeat(16)}`, 400, 'INVALID_REQUEST'],
    ['region=1:1-5&interval_mode=within', 400, 'INVALID_REQUEST'],
    ['name=alpha&sort=region:asc', 400, 'INVALID_REQUEST'],
    ['gene_id=A1&sort=region:asc', 400, 'INVALID_REQUEST'],
    ['name=alpha&sort=name:asc', 400, 'INVALID_REQUEST'],
    ['name=alpha&limit=0', 400, 'INVALID_REQUEST'],
    ['name=alpha&limit=501', 400, 'INVALID_REQUEST'],
    ['name=alpha&limit=-1', 400, 'INVALID_REQUEST'],
    ['name=alpha&limit=1e2', 400, 'INVALID_REQUEST'],
    ['gene_id=A1&include=all', 400, 'INVALID_REQUEST'],
    ['gene_id=A1&include=coords,sequence', 400, 'INVALID_REQUEST'],
    ['gene_id=A1&artifact=abc', 400, 'INVALID_REQUEST'],
    ['gene_id=A1&release=110', 400, 'INVALID_REQUEST'],
    ['gene_id=A1&release=111&species=homo_sapiens&assembly=GRCh38', 400, 'INVALID_REQUEST'],
    ['gene_id=A1&cursor=abc', 400, 'INVALID_CURSOR'],
    ['name=alpha&cursor=c1.abc.def', 400, 'INVALID_CURSOR'],
  ])('%s: %i %s', async (query, status, code) => {
    const answer = await api.get(`/v1/genes?dataset=${NAME}&${query}`);
    expect(answer.json).toMatchObject({ status, code });
  });

  it.each<[string, number, string]>([
    ['dataset=no/such&gene_id=A1', 404, 'NOT_FOUND'],
    ['release=1&species=no&assembly=such&gene_id=A1', 404, 'NOT_FOUND'],
    ['dataset=../x&gene_id=A1', 400, 'INVALID_NAME'],
    ['dataset=%00&gene_id=A1', 400, 'INVALID_NAME'],
    ['dataset=&gene_id=A1', 400, 'INVALID_REQUEST'],
    ['gene_id=A1', 400, 'INVALID_REQUEST'],
    ['release=110&species=homo_sapiens&gene_id=A1', 400, 'INVALID_REQUEST'],
  ])('%s: %i %s', async (query, status, code) => {
    expect((await api.get(`/v1/genes?${query}`)).json).toMatchObject({ status, code });
  });

  it('a dataset that has no genes: 422, however it is asked, and again when it is warm', async () => {
    const name = 'sales/orders';
    const bytes = sqlBytes('CREATE TABLE orders (id INTEGER PRIMARY KEY)');
    await publishBytes(api, { name, bytes });
    const want = { status: 422, code: 'DATASET_UNUSABLE' };
    for (const query of ['gene_id=A1', 'gene_id=A1', 'name=alpha', 'region=1:1-5'])
      expect((await api.get(`/v1/genes?dataset=${name}&${query}`)).json).toMatchObject(want);
    expect((await api.get(`/v1/genes/count?dataset=${name}`)).json).toMatchObject(want);
    const lookup = await api.post('/v1/genes/lookup', { dataset: name, gene_ids: ['A1'] });
    expect(lookup.json).toMatchObject(want);
  });

  it('a dataset of another scope: 404; each scope has its own genes under one name', async () => {
    const prefix = '/tenants/acme/environments/prod';
    const [name, own] = ['scoped/genes', 'scoped/hidden'];
    const gene = { geneId: 'S1', name: 'here', seqid: '1', start: 1, end: 2 };
    await publishBytes(api, { name, bytes: geneBytes([gene]) });
    await publishBytes(api, { name, bytes: geneBytes([{ ...gene, name: 'there' }]), prefix });
    await publishBytes(api, { name: own, bytes: geneBytes([gene]), prefix });
    const query = `/v1/genes?dataset=${name}&gene_id=S1`;
    for (const _ of [1, 2, 3]) {
      expect((await api.get(query)).json.rows[0].name).toBe('here');
      expect((await api.get(`${prefix}${query}`)).json.rows[0].name).toBe('there');
      const headers = { 'Atlas-Tenant': 'acme', 'Atlas-Environment': 'prod' };
      expect((await api.get(query, headers)).json.rows[0].name).toBe('there');
    }
    expect((await api.get(`/v1/genes?dataset=${own}&gene_id=S1`)).status).toBe(404);
  });
});
