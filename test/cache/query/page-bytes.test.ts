import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type GeneInclude, planGeneLookup, planGenes } from '#cache/query/genes';
import { type OpenDatasetFile, openDatasetFile } from '#cache/query/open-dataset-file';
import type { Query, QueryPage } from '#cache/query/query';
import { planRows, type RowsRequest } from '#cache/query/rows';
import { runQuery } from '#cache/query/run-query';
import { edit, writeGenes } from '#test/cache/query/gene-files';
import { seeded } from '#test/support/seed';
import { type TempFolder, tempFolder } from '#test/support/temp';

const DECLARATION = { name: 't', key: ['n'] };
const COUNT = 300;
const NO_FIELDS: ReadonlySet<GeneInclude> = new Set();

describe('the most bytes of a page', () => {
  let temporary: TempFolder;
  let path: string;
  let open: OpenDatasetFile | undefined;
  beforeEach(() => {
    temporary = tempFolder();
    path = join(temporary.path, 'large.sqlite');
  });
  afterEach(() => {
    open?.close();
    open = undefined;
    temporary[Symbol.dispose]();
  });

  function opened(pageBytesMax?: number): OpenDatasetFile {
    open?.close();
    open = openDatasetFile(path, pageBytesMax === undefined ? {} : { pageBytesMax });
    return open;
  }

  function writeRows(values: readonly (string | Buffer)[]): void {
    edit(path, (db) => {
      db.exec('CREATE TABLE t (n INTEGER PRIMARY KEY, v)');
      const insert = db.prepare('INSERT INTO t (v) VALUES (?)');
      db.transaction(() => values.forEach((value) => insert.run(value)))();
    });
  }

  function pagesOf(file: OpenDatasetFile, limit: number): QueryPage[] {
    const found: QueryPage[] = [];
    let from: RowsRequest['from'];
    do {
      const request = { declaration: DECLARATION, schema: file.schema, filter: {}, limit };
      const query = planRows(from === undefined ? request : { ...request, from });
      const page = runQuery(file, query);
      found.push(page);
      from = page.next;
    } while (from !== undefined);
    return found;
  }

  function numbersOf(pages: readonly QueryPage[]): number[] {
    return pages.flatMap(({ rows }) => (JSON.parse(rows) as { n: number }[]).map(({ n }) => n));
  }

  function failure(file: OpenDatasetFile, query: Query): unknown {
    try {
      return runQuery(file, query);
    } catch (error) {
      return error;
    }
  }

  it('no page has more, and all pages together give every row once, whatever the sizes of rows', () => {
    const random = seeded(3);
    // Some count as large and some do not; quotes, bytes and characters take more room as JSON than in the file.
    const values = Array.from({ length: COUNT }, () => {
      const length = random.pick([0, 10, 5_000, 17_000, 40_000]);
      const kind = random.pick(['a', '"', '\u{1F600}', 'bytes']);
      return kind === 'bytes' ? Buffer.alloc(length / 2) : kind.repeat(length / kind.length);
    });
    writeRows(values);
    const want = values.map((_, index) => index + 1);
    for (const bytesMax of [100_000, 300_000, 2_000_000]) {
      for (const limit of [1, 7, 100, 500]) {
        const pages = pagesOf(opened(bytesMax), limit);
        const longest = Math.max(...pages.map(({ rows }) => Buffer.byteLength(rows)));
        expect(longest, `${limit} rows in ${bytesMax} bytes`).toBeLessThanOrEqual(bytesMax);
        for (const { rows, count } of pages) expect(JSON.parse(rows)).toHaveLength(count);
        expect(numbersOf(pages)).toEqual(want);
      }
    }
  });

  it('a page of just as many bytes is given whole, and one byte less gives two', () => {
    writeRows(['a'.repeat(30_000), 'é'.repeat(10_000)]);
    const [whole] = pagesOf(opened(), 2);
    const bytes = Buffer.byteLength(whole?.rows ?? '');
    expect(bytes).toBeGreaterThan(50_000);
    expect(pagesOf(opened(bytes), 2)).toEqual([whole]);
    expect(pagesOf(opened(bytes - 1), 2).map(({ count }) => count)).toEqual([1, 1]);
  });

  it('8 MiB is the most where nothing is said', () => {
    writeRows(Array.from({ length: 20 }, () => 'a'.repeat(1_000_000)));
    const pages = pagesOf(opened(), 500);
    expect(pages.every(({ rows }) => rows.length <= 8_388_608)).toBe(true);
    expect(numbersOf(pages)).toHaveLength(20);
  });

  it('one row alone that is too large is refused by name of the limit, and the rows before it are given', () => {
    writeRows(['small', 'a'.repeat(200_000), 'small']);
    const file = opened(100_000);
    const request = { declaration: DECLARATION, schema: file.schema, filter: {}, limit: 500 };
    const first = runQuery(file, planRows(request));
    expect([first.count, first.next]).toEqual([1, [2, 2]]);
    expect(failure(file, planRows({ ...request, from: [2, 2] }))).toMatchObject({
      code: 'QUERY_TOO_BROAD',
      message: expect.stringMatching(/more than 100000 bytes/),
    });
    expect(numbersOf([runQuery(file, planRows({ ...request, from: [3, 3] }))])).toEqual([3]);
  });

  it('genes with endless names are cut into pages too, and refused where there are no pages', () => {
    const genes = Array.from({ length: 40 }, (_, index) => ({
      geneId: `G${String(index).padStart(2, '0')}`,
      name: `ab${'x'.repeat(20_000)}`,
      seqid: '1',
      start: 1,
      end: 2,
    }));
    writeGenes(path, genes);
    const file = opened(100_000);
    const request = {
      filter: { region: { seqid: '1', start: 1, end: 9, mode: 'overlap' as const } },
      include: NO_FIELDS,
      sort: 'region' as const,
      limit: 40,
    };
    const ids: string[] = [];
    let page = runQuery(file, planGenes(request));
    for (;;) {
      expect(page.rows.length).toBeLessThanOrEqual(100_000);
      ids.push(...(JSON.parse(page.rows) as { gene_id: string }[]).map((row) => row.gene_id));
      if (page.next === undefined) break;
      page = runQuery(file, planGenes({ ...request, from: page.next }));
    }
    expect(ids).toEqual(genes.map(({ geneId }) => geneId));
    const few = runQuery(file, planGeneLookup(ids.slice(0, 4), NO_FIELDS));
    expect(few.count).toBe(4);
    const tooMany = failure(file, planGeneLookup(ids, NO_FIELDS));
    expect(tooMany).toMatchObject({ code: 'QUERY_TOO_BROAD' });
    const one = planGenes({ ...request, filter: { geneId: 'G00' }, sort: 'gene_id', limit: 1 });
    expect(runQuery(file, one).count).toBe(1);
    expect(failure(opened(10_000), one)).toMatchObject({ code: 'QUERY_TOO_BROAD' });
  });
});
