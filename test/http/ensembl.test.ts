import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TestGene } from '#test/cache/query/gene-files';
import type { Api } from '#test/support/api';
import { startTestRegistry, type TestRegistry } from '#test/support/registry';
import { geneBytes, manyGenes, publishBytes, shelve, sqlBytes } from '#test/support/serving';
import { StoreFolder } from '#test/support/store-folder';
import { tempFolder } from '#test/support/temp';
import { eventually } from '#test/support/wait';

const HUMAN: TestGene = { geneId: 'H1', name: 'BRCA2', seqid: '13', start: 100, end: 200 };
const YEAST: TestGene = { geneId: 'tK(CUU)M', name: '', seqid: 'XIII', start: 5, end: 9 };

let registry: TestRegistry;
let api: Api;
beforeAll(async () => {
  registry = await startTestRegistry();
  api = registry.api;
  const human = (more: Partial<TestGene>) => geneBytes([{ ...HUMAN, ...more }]);
  const datasets: [string, Buffer][] = [
    ['9/homo_sapiens/GRCh37', human({ name: 'oldest' })],
    ['110/homo_sapiens/GRCh38', human({ biotype: 'protein_coding' })],
    ['99/homo_sapiens/GRCh38', human({ name: 'older' })],
    ['110/yeast/R64', geneBytes([YEAST, { ...YEAST, geneId: 'H2', start: 9, end: 12 }])],
    ['111/plain/none', sqlBytes('CREATE TABLE t (id INTEGER PRIMARY KEY)')],
    ['111/homo_sapiens/GRCh38/extra', human({ name: 'another form of name' })],
    ['x/homo_sapiens/GRCh38', human({ name: 'no release' })],
  ];
  for (const [name, bytes] of datasets) await publishBytes(api, { name, bytes });
});
afterAll(async () => {
  await registry[Symbol.asyncDispose]();
});

const human = {
  id: 'H1',
  display_name: 'BRCA2',
  species: 'homo_sapiens',
  assembly_name: 'GRCh38',
  seq_region_name: '13',
  start: 100,
  end: 200,
  biotype: 'protein_coding',
  object_type: 'Gene',
};

describe('GET /lookup/id/{id}', () => {
  it('finds a gene in the newest release of its species, by number and not by letters', async () => {
    expect((await api.get('/lookup/id/H1')).json).toEqual(human);
    expect((await api.get('/lookup/id/H1?species=homo_sapiens')).json).toEqual(human);
  });

  it('finds ids with brackets, encoded or not', async () => {
    for (const id of ['tK(CUU)M', 'tK%28CUU%29M'])
      expect((await api.get(`/lookup/id/${id}`)).json).toMatchObject({
        id: 'tK(CUU)M',
        display_name: null,
        species: 'yeast',
        biotype: null,
      });
  });

  it.each([
    ['/lookup/id/unknown', 404],
    ['/lookup/id/h1', 404],
    ['/lookup/id/H1?species=yeast', 404],
    ['/lookup/id/H1?species=plain', 404],
    ['/lookup/id/H1?species=Homo_sapiens', 404],
    ['/lookup/id/H1?species=', 400],
    ['/lookup/id/H1?expand=1', 400],
    ["/lookup/id/'%3B--", 404],
    ['/tenants/acme/environments/prod/lookup/id/H1', 404],
  ])('%s: %i', async (address, status) => {
    expect((await api.get(address)).status).toBe(status);
  });
});

describe('POST /lookup/id', () => {
  it('finds genes of several species at once; unknown ones are null', async () => {
    const ids = ['tK(CUU)M', 'nobody', 'H1', 'H1', '__proto__'];
    const { json } = await api.post('/lookup/id', { ids });
    expect(Object.keys(json).toSorted()).toEqual([...new Set(ids)].toSorted());
    expect(json).toMatchObject({ H1: human, nobody: null, 'tK(CUU)M': { species: 'yeast' } });
    const one = await api.post('/lookup/id?species=yeast', { ids });
    expect(one.json).toMatchObject({ H1: null, 'tK(CUU)M': { species: 'yeast' } });
  });

  it('takes 1,000 ids, and no more', async () => {
    const ids = Array.from({ length: 1_000 }, (_, index) => `none-${index}`);
    const { json } = await api.post('/lookup/id', { ids });
    expect(new Set(Object.values(json))).toEqual(new Set([null]));
    for (const wrong of [[...ids, 'H1'], [], [''], [1]])
      expect((await api.post('/lookup/id', { ids: wrong })).status).toBe(400);
    expect((await api.post('/lookup/id?species=none', { ids })).status).toBe(404);
  });
});

describe('GET /overlap/region/{species}/{region}', () => {
  const region = (text: string, query = 'feature=gene') =>
    api.get(`/overlap/region/${text}?${query}`);

  it('finds the genes that overlap a region, both ends included, by their start', async () => {
    const { json } = await region('yeast/XIII:9-9');
    expect(json.map(({ id }: { id: string }) => id)).toEqual(['tK(CUU)M', 'H2']);
    expect(json[0]).toEqual({
      id: 'tK(CUU)M',
      gene_id: 'tK(CUU)M',
      external_name: null,
      assembly_name: 'R64',
      seq_region_name: 'XIII',
      start: 5,
      end: 9,
      biotype: null,
      feature_type: 'gene',
    });
    expect((await region('yeast/XIII:10-11')).json).toHaveLength(1);
    expect((await region('yeast/XIII:13-100')).json).toEqual([]);
    // None is left out in silence.
    const cut = await region('yeast/XIII:1-100', 'feature=gene&limit=1');
    expect(cut.json).toMatchObject({ status: 422, code: 'QUERY_TOO_BROAD' });
    expect((await region('homo_sapiens/13:200-200')).json[0].external_name).toBe('BRCA2');
    expect((await region('plain/1:1-5')).json).toEqual([]);
  });

  it.each<[string, string, number]>([
    ['none/1:1-5', 'feature=gene', 404],
    ['yeast/1', 'feature=gene', 400],
    ['yeast/1:5-1', 'feature=gene', 400],
    ['yeast/1:1-5000001', 'feature=gene', 422],
    ['yeast/1:1-5', '', 400],
    ['yeast/1:1-5', 'feature=transcript', 400],
    ['yeast/1:1-5', 'feature=gene&limit=501', 400],
  ])('%s?%s: %i', async (text, query, status) => {
    expect((await region(text, query)).status).toBe(status);
  });
});

describe('the newest release', () => {
  it('is another one as soon as a newer one is published or withdrawn', async () => {
    const name = '112/homo_sapiens/GRCh39';
    await publishBytes(api, { name, bytes: geneBytes([{ ...HUMAN, name: 'newest' }]) });
    expect((await api.get('/lookup/id/H1')).json).toMatchObject({
      display_name: 'newest',
      assembly_name: 'GRCh39',
    });
    await api.post(`/registry/datasets/${name}/withdraw`, {});
    expect((await api.get('/lookup/id/H1')).json).toEqual(human);
  });

  it('of one species that cannot be had hides no gene of the others, and is no "unknown"', async () => {
    using folder = tempFolder();
    const shelf = new StoreFolder(folder.path);
    const bytes = geneBytes([YEAST]);
    const [entry] = shelve(shelf, [
      { name: '1/away/a', bytes },
      { name: '1/there/a', bytes: geneBytes([HUMAN]) },
    ]);
    const sha256 = entry?.artifact.sha256 ?? '';
    shelf.remove(join('artifacts', 'sha256', sha256.slice(0, 2), sha256));
    await using node = await startTestRegistry({
      ATLAS_REGISTRY_SOURCES: `shelf=local:${folder.path}`,
    });
    const found = await eventually('the catalog', async () => {
      const answer = await node.api.get('/lookup/id/H1');
      return answer.status === 404 ? undefined : answer;
    });
    expect(found.json).toMatchObject({ id: 'H1', species: 'there' });
    const unknown = await node.api.get('/lookup/id/unknown');
    expect(unknown.json.code).toBe('STORE_UNAVAILABLE');
    expect((await node.api.get('/lookup/id/unknown?species=there')).status).toBe(404);
  });

  it('of more species than are searched at once: 422 for what is not among the first', async () => {
    using folder = tempFolder();
    const shelf = new StoreFolder(folder.path);
    const bytes = geneBytes(manyGenes(2));
    const names = Array.from(
      { length: 33 },
      (_, index) => `1/s${String(index).padStart(2, '0')}/a`,
    );
    const last = { name: '1/t/a', bytes: geneBytes([HUMAN]) };
    shelve(shelf, [...names.map((name) => ({ name, bytes })), last]);
    await using node = await startTestRegistry({
      ATLAS_REGISTRY_SOURCES: `shelf=local:${folder.path}`,
    });
    await eventually(
      'the catalog',
      async () => (await node.api.get('/lookup/id/G00001')).status === 200,
    );
    const broad = await node.api.get('/lookup/id/H1');
    expect(broad.json).toMatchObject({ status: 422, code: 'QUERY_TOO_BROAD' });
    expect((await node.api.get('/lookup/id/H1?species=t')).json.species).toBe('t');
  });
});
