import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type GeneFilter,
  type GeneInclude,
  type GeneRequest,
  planGeneCount,
  planGeneLookup,
  planGenes,
} from '#cache/query/genes';
import { GO_ON, type OpenDatasetFile, openDatasetFile } from '#cache/query/open-dataset-file';
import { runQuery } from '#cache/query/run-query';
import { type TestGene, writeGenes } from '#test/cache/query/gene-files';
import {
  NONE,
  pages,
  type Region,
  type Row,
  request,
  scanned,
  someGenes,
} from '#test/cache/query/gene-scan';
import { type TempFolder, tempFolder } from '#test/support/temp';

const COORDS: ReadonlySet<GeneInclude> = new Set(['coords']);

describe('queries for genes', () => {
  let temporary: TempFolder;
  let genes: TestGene[];
  let open: OpenDatasetFile;
  beforeAll(() => {
    temporary = tempFolder();
    genes = someGenes(7, 3_000);
    const path = join(temporary.path, 'genes.sqlite');
    writeGenes(path, genes);
    open = openDatasetFile(path);
  });
  afterAll(() => {
    open.close();
    temporary[Symbol.dispose]();
  });

  function ids(filter: GeneFilter, more: Partial<GeneRequest> = {}): string[] {
    return pages(open, request(filter, more)).flat();
  }

  it('a gene id gives that gene with what was asked for, and nothing else', () => {
    const [gene] = genes as [TestGene];
    const filter = { geneId: gene.geneId };
    const rows = (include: GeneInclude[]): string =>
      runQuery(open, planGenes(request(filter, { include: new Set(include) }))).rows;
    const base = { gene_id: gene.geneId, name: gene.name === '' ? null : gene.name };
    expect(JSON.parse(rows([]))).toEqual([base]);
    expect(JSON.parse(rows(['length', 'coords', 'counts', 'biotype']))).toEqual([
      {
        ...base,
        seqid: gene.seqid,
        start: gene.start,
        end: gene.end,
        biotype: gene.biotype,
        transcript_count: gene.transcripts,
        sequence_length: gene.end - gene.start + 1,
      },
    ]);
    expect(JSON.parse(rows(['counts']))).toEqual([{ ...base, transcript_count: gene.transcripts }]);
    expect(runQuery(open, planGenes(request({ geneId: 'no such' })))).toEqual({
      rows: '[]',
      count: 0,
      next: undefined,
    });
  });

  it('a page gives the sort key of the first gene behind it', () => {
    const region = { seqid: '1', start: 16_777_216, end: 16_777_300, mode: 'overlap' } as const;
    const all = scanned(genes, request({ region }, { sort: 'region' }));
    const page = runQuery(open, planGenes(request({ region }, { sort: 'region', limit: 3 })));
    const next = genes.find(({ geneId }) => geneId === all[3]);
    expect(page.next).toEqual([next?.start, next?.geneId, expect.any(Number)]);
    const ends = runQuery(open, planGenes(request({ region }, { limit: all.length })));
    expect([ends.count, ends.next]).toEqual([all.length, undefined]);
  });

  it('a name is found in any case and any form of its characters', () => {
    const named = (name: string): string[] => scanned(genes, request({ name })).toSorted();
    expect(named('abc').length).toBeGreaterThan(10);
    expect(ids({ name: 'ABC' })).toEqual(named('abc'));
    expect(ids({ name: 'U\u0308NAL' })).toEqual(named('ünal'));
    expect(ids({ name: 'fix' })).toEqual(named('ﬁx'));
    expect(ids({ name: '%' })).toEqual([]);
  });

  it('a prefix is no pattern, and ends with the characters that begin with it', () => {
    const path = join(temporary.path, 'prefix.sqlite');
    const names = [
      'ab',
      'ab%',
      'ab_c',
      'ab\u{10FFFF}\u{10FFFF}',
      'ac',
      'a',
      'ab\uD7FF',
      'ab\uE000',
      '\u{10FFFF}\u{10FFFF}x',
      'AB\u{1F600}',
    ];
    writeGenes(
      path,
      names.map((name, i) => ({ geneId: `G${i}`, name, seqid: '1', start: 1, end: 2 })),
    );
    const file = openDatasetFile(path);
    const found = (namePrefix: string): string[] => pages(file, request({ namePrefix })).flat();
    expect(found('ab')).toEqual(['G0', 'G1', 'G2', 'G3', 'G6', 'G7', 'G9']);
    expect(found('ab%')).toEqual(['G1']);
    expect(found('ab_')).toEqual(['G2']);
    expect(found('ab\uD7FF')).toEqual(['G6']);
    expect(found('ab\uE000')).toEqual(['G7']);
    expect(found('\u{10FFFF}\u{10FFFF}')).toEqual(['G8']);
    expect(found('ab\uD800')).toEqual([]);
    file.close();
  });

  it('many ids give a value each, in their order, null for one that is not there', () => {
    const [a, b] = genes as [TestGene, TestGene];
    const wanted = [b.geneId, 'none', a.geneId, b.geneId, '"; DROP TABLE x', ''];
    const page = runQuery(open, planGeneLookup(wanted, COORDS));
    const rows = JSON.parse(page.rows) as ({ gene_id: string } | null)[];
    expect(rows.map((row) => row?.gene_id)).toEqual([
      b.geneId,
      undefined,
      a.geneId,
      b.geneId,
      undefined,
      undefined,
    ]);
    expect(rows[0]).toMatchObject({ seqid: b.seqid, start: b.start, end: b.end });
    expect([page.count, page.next]).toEqual([6, undefined]);
    const thousand = Array.from({ length: 1_000 }, (_, i) => genes[i]?.geneId ?? '');
    const many = JSON.parse(runQuery(open, planGeneLookup(thousand, NONE)).rows) as Row[];
    expect(many.map((row) => row.gene_id)).toEqual(thousand);
  });

  it('a filter costs what it reads: one gene is cheap, a region or prefix heavy', () => {
    const region: Region = { seqid: '1', start: 1, end: 2, mode: 'overlap' };
    const classes = [
      { geneId: 'a' },
      { name: 'ab' },
      { biotype: 'b' },
      { namePrefix: 'ab' },
      { region },
    ];
    expect(classes.map((filter) => planGenes(request(filter)).class)).toEqual([
      'cheap',
      'medium',
      'medium',
      'heavy',
      'heavy',
    ]);
  });

  it('what would read too much or makes no sense together is refused', () => {
    const region = (start: number, end: number): Region => ({
      seqid: '1',
      start,
      end,
      mode: 'overlap',
    });
    const bad: [string, Partial<GeneRequest>][] = [
      ['QUERY_TOO_BROAD', {}],
      ['QUERY_TOO_BROAD', { filter: { namePrefix: 'a' } }],
      ['QUERY_TOO_BROAD', { filter: { namePrefix: 'e\u0301' } }],
      ['QUERY_TOO_BROAD', { filter: { region: region(1, 5_000_001) } }],
      ['INVALID_REQUEST', { filter: { namePrefix: 'a'.repeat(65) } }],
      ['INVALID_REQUEST', { filter: { region: region(0, 5) } }],
      ['INVALID_REQUEST', { filter: { region: region(9, 5) } }],
      ['INVALID_REQUEST', { filter: { region: region(1.5, 5) } }],
      ['INVALID_REQUEST', { filter: { region: region(1, Number.NaN) } }],
      ['INVALID_REQUEST', { filter: { geneId: 'a', biotype: 'b' } }],
      ['INVALID_REQUEST', { filter: { geneId: 'a', region: region(1, 2) } }],
      ['INVALID_REQUEST', { filter: { name: 'ab', namePrefix: 'ab' } }],
      ['INVALID_REQUEST', { filter: { biotype: 'b' }, sort: 'region' }],
      ['INVALID_REQUEST', { filter: { biotype: 'b' }, limit: 0 }],
      ['INVALID_REQUEST', { filter: { biotype: 'b' }, limit: 501 }],
      ['INVALID_REQUEST', { filter: { biotype: 'b' }, limit: 1.5 }],
      ['INVALID_CURSOR', { filter: { biotype: 'b' }, from: ['a'] }],
      ['INVALID_CURSOR', { filter: { biotype: 'b' }, from: [1, 'a'] }],
      ['INVALID_CURSOR', { filter: { region: region(1, 2) }, sort: 'region', from: ['a', 1] }],
      ['INVALID_CURSOR', { filter: { geneId: 'a' }, from: ['a', 1] }],
    ];
    for (const [code, part] of bad)
      expect(() => planGenes(request({}, part)), JSON.stringify(part)).toThrow(
        expect.objectContaining({ code }),
      );
    planGenes(request({ region: region(1, 5_000_000) }));
    expect(() => planGeneLookup([], NONE)).toThrow(/want 1 to 1000/);
    expect(() => planGeneLookup(Array(1_001).fill('a') as string[], NONE)).toThrow(/1001/);
    expect(() => planGeneCount({ filter: { geneId: 'a', name: 'b' } })).toThrow(/"name"/);
  });

  it('nothing of a request stands in the text of a query', () => {
    const evil = "x'); DROP TABLE gene_summary; --";
    const filters: GeneFilter[] = [
      { geneId: evil },
      { name: evil, biotype: evil },
      { namePrefix: evil, biotype: evil },
      { region: { seqid: evil, start: 123_456, end: 123_457, mode: 'overlap' }, biotype: evil },
    ];
    for (const filter of filters) {
      const query = planGenes(
        request(filter, filter.geneId === undefined ? { from: [evil, 1] } : {}),
      );
      expect(query.sql).not.toMatch(/DROP|123456/i);
      expect(runQuery(open, query).rows).toBe('[]');
    }
    expect(planGeneLookup([evil], NONE).sql).not.toContain('DROP');
  });

  it('a long scan can be stopped: it asks once in 1,024 rows whether to go on', () => {
    const path = join(temporary.path, 'stopped.sqlite');
    writeGenes(
      path,
      Array.from({ length: 1_100 }, (_, i) => ({
        geneId: `G${i}`,
        name: 'abc',
        seqid: '1',
        start: 1,
        end: 2,
        biotype: 'other',
      })),
    );
    const file = openDatasetFile(path);
    let asked = 0;
    file.db.function(GO_ON, { directOnly: true }, () => {
      asked += 1;
      throw new Error('stopped');
    });
    for (const filter of [{ namePrefix: 'ab' }, { biotype: 'other' }])
      expect(() => runQuery(file, planGeneCount({ filter })), JSON.stringify(filter)).toThrow(
        'stopped',
      );
    expect(asked).toBe(2);
    file.close();
  });
});
