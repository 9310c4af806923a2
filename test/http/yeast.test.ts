import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestRegistry, type TestRegistry } from '#test/support/registry';
import { allPages, publishBytes, sqlBytes } from '#test/support/serving';

const GENES = {
  name: 'genes',
  key: ['gene_id'],
  range: { within: 'seqid', start: 'start', end: 'end' },
};

interface Expected {
  readonly gene_rows: number;
  readonly unique_gene_ids: number;
  readonly genes_without_gene_name: number;
  readonly by_seqid: Readonly<Record<string, number>>;
  readonly by_biotype: Readonly<Record<string, number>>;
  readonly by_strand: Readonly<Record<string, number>>;
  readonly lookups: Readonly<Record<string, object>>;
  readonly region_overlap_1based_closed: readonly {
    readonly seqid: string;
    readonly start: number;
    readonly end: number;
    readonly count: number;
    readonly first: readonly string[];
  }[];
}

interface YeastGene {
  readonly gene_id: string;
  readonly seqid: string;
  readonly start: number;
  readonly end: number;
  readonly name: string | null;
  readonly biotype: string;
  readonly strand: string;
}

/** Real data beside the project, where somebody has put it. */
function fixture(): { readonly sqlite: string; readonly expected: Expected } | undefined {
  const data = join(dirname(dirname(dirname(import.meta.dirname))), 'shared/fixtures/data');
  const folders = existsSync(data) ? readdirSync(data) : [];
  const found = folders.map((name) => join(data, name));
  const folder = found.find((path) => existsSync(join(path, 'yeast_genes.sqlite')));
  if (folder === undefined) {
    process.stdout.write(`No yeast_genes.sqlite under ${data}: tests against it do not run\n`);
    return undefined;
  }
  const expected = JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8')) as Expected;
  return { sqlite: join(folder, 'yeast_genes.sqlite'), expected };
}

const yeast = fixture();

/** Where the data is not there, there are no such tests: none is left out in silence, the line above says so. */
function whereItIs(name: string, tests: () => void): void {
  if (yeast !== undefined) describe(name, tests);
}

const ROWS = `/v1/datasets/yeast/ensembl/rows/genes`;

let registry: TestRegistry;
beforeAll(async () => {
  registry = await startTestRegistry();
});
afterAll(async () => {
  await registry[Symbol.asyncDispose]();
});

async function rowsOf(query: string): Promise<YeastGene[]> {
  return (await allPages(registry.api, `${ROWS}?limit=500${query}`)).rows;
}

function counted(rows: readonly YeastGene[], by: 'seqid' | 'biotype' | 'strand') {
  const groups = new Map<string, number>();
  for (const row of rows) groups.set(row[by], (groups.get(row[by]) ?? 0) + 1);
  return Object.fromEntries(groups);
}

describe('a table of genes that somebody else has made', () => {
  it('is served by key and range as soon as its manifest declares it', async () => {
    const bytes = sqlBytes(`
      CREATE TABLE genes (gene_id TEXT PRIMARY KEY, seqid TEXT NOT NULL, "start" INTEGER NOT NULL, "end" INTEGER NOT NULL);
      CREATE INDEX genes_region ON genes (seqid, "start", "end");
      INSERT INTO genes VALUES ('x(y)Z', 'I', 10, 20), ('w', 'I', 20, 30), ('v', 'II', 1, 99);`);
    await publishBytes(registry.api, { name: 'yeast/made-up', bytes, tables: [GENES] });
    const rows = `/v1/datasets/yeast/made-up/rows/genes`;
    const byKey = await registry.api.get(`${rows}?key=x(y)Z`);
    expect(byKey.json.rows).toEqual([{ gene_id: 'x(y)Z', seqid: 'I', start: 10, end: 20 }]);
    const byRange = await registry.api.get(`${rows}?range=I:20-20`);
    expect(byRange.json.rows.map((row: YeastGene) => row.gene_id)).toEqual(['x(y)Z', 'w']);
  });
});

whereItIs('the Ensembl annotation of yeast', () => {
  const { sqlite = '', expected } = yeast ?? {};
  beforeAll(async () => {
    const bytes = readFileSync(sqlite);
    await publishBytes(registry.api, { name: 'yeast/ensembl', bytes, tables: [GENES] });
  });

  it('has as many genes as were counted elsewhere: in all, by sequence, kind and strand', async () => {
    const rows = await rowsOf('');
    expect(rows).toHaveLength(expected?.gene_rows ?? 0);
    expect(new Set(rows.map((row) => row.gene_id)).size).toBe(expected?.unique_gene_ids);
    const nameless = rows.filter(({ name }) => name === null);
    expect(nameless).toHaveLength(expected?.genes_without_gene_name ?? 0);
    expect(counted(rows, 'seqid')).toEqual(expected?.by_seqid);
    expect(counted(rows, 'biotype')).toEqual(expected?.by_biotype);
    expect(counted(rows, 'strand')).toEqual(expected?.by_strand);
    expect(rows.map((row) => row.gene_id)).toEqual(rows.map((row) => row.gene_id).toSorted());
  });

  it('gives the genes that were looked up elsewhere', async () => {
    for (const [id, gene] of Object.entries(expected?.lookups ?? {})) {
      const key = encodeURIComponent(id);
      const { json } = await registry.api.get(`${ROWS}?key=${key}`);
      expect(json.rows).toEqual([gene]);
    }
  });

  it('gives the genes of regions as they were found elsewhere, whatever the size of the pages', async () => {
    for (const { seqid, start, end, count, first } of expected?.region_overlap_1based_closed ??
      []) {
      const range = `&range=${seqid}:${start}-${end}`;
      const rows = await rowsOf(range);
      expect([range, rows.length]).toEqual([range, count]);
      const starts = rows.map((row) => row.start);
      expect(starts).toEqual(starts.toSorted((a, b) => a - b));
      // Genes with one start come in the order of the file here, of their ids there.
      const sorted = rows.toSorted((a, b) => a.start - b.start || (a.gene_id < b.gene_id ? -1 : 1));
      expect(sorted.slice(0, first.length).map((row) => row.gene_id)).toEqual(first);
      const small = await allPages(registry.api, `${ROWS}?limit=7${range}`);
      expect(small.rows).toEqual(rows);
    }
  });

  it('gives all genes of each sequence by a range over the whole of it', async () => {
    for (const [seqid, count] of Object.entries(expected?.by_seqid ?? {}))
      expect([seqid, (await rowsOf(`&range=${seqid}:1-9999999`)).length]).toEqual([seqid, count]);
  });
});
