import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkSchema } from '#cache/query/dataset-schema';
import { type OpenDatasetFile, openDatasetFile } from '#cache/query/open-dataset-file';
import { planRows, type RowsFilter, type RowsRequest } from '#cache/query/rows';
import { runQuery } from '#cache/query/run-query';
import type { TableDeclaration } from '#domain/table-declaration';
import { edit } from '#test/cache/query/gene-files';
import { seeded } from '#test/support/seed';
import { type TempFolder, tempFolder } from '#test/support/temp';

const TWO = { name: 't', key: ['a', 'b'] };
const RANGE = { within: 'c', start: 's', end: 'e' };

describe('rows of declared tables', () => {
  let temporary: TempFolder;
  let path: string;
  let open: OpenDatasetFile | undefined;
  beforeEach(() => {
    temporary = tempFolder();
    path = join(temporary.path, 'rows.sqlite');
  });
  afterEach(() => {
    open?.close();
    temporary[Symbol.dispose]();
  });

  /** Opens a file of these statements and rows, as a node does: with its schema checked. */
  function opened(
    sql: string,
    declaration: TableDeclaration,
    rows: readonly (readonly unknown[])[] = [],
  ): Pick<RowsRequest, 'schema' | 'declaration'> {
    open?.close();
    edit(path, (db) => {
      db.exec('DROP TABLE IF EXISTS t; DROP TABLE IF EXISTS t_rtree');
      db.exec(sql);
      const marks = rows[0]?.map(() => '?').join();
      if (marks === undefined) return;
      const insert = db.prepare(`INSERT INTO t VALUES (${marks})`);
      db.transaction(() => rows.forEach((row) => insert.run(row)))();
    });
    open = openDatasetFile(path);
    checkSchema(open.schema, [declaration]);
    return { schema: open.schema, declaration };
  }

  function page(request: RowsRequest): ReturnType<typeof runQuery> {
    if (open === undefined) throw new Error('Nothing is open');
    return runQuery(open, planRows(request));
  }

  function all(
    table: Pick<RowsRequest, 'schema' | 'declaration'>,
    filter: RowsFilter,
    limit: number,
  ): Record<string, unknown>[] {
    const found: Record<string, unknown>[] = [];
    let from: RowsRequest['from'];
    do {
      const read = page({ ...table, filter, limit, ...(from === undefined ? {} : { from }) });
      const rows = JSON.parse(read.rows) as Record<string, unknown>[];
      expect(rows.length).toBe(read.count);
      found.push(...rows);
      from = read.next;
    } while (from !== undefined);
    return found;
  }

  it('a page gives every column, numbers with all their digits and bytes as hexadecimal digits', () => {
    const table = opened(
      `CREATE TABLE t (k INTEGER PRIMARY KEY, "it's" TEXT, "a ""b""" REAL, x BLOB, y);
       INSERT INTO t VALUES (9007199254740993, 'line\n"é"\u{1F600}', 0.1, x'00ff41', -9223372036854775808)`,
      { name: 't', key: ['k'] },
    );
    const { rows, next } = page({ ...table, filter: {}, limit: 1 });
    expect(rows).toContain('"k":9007199254740993');
    expect(rows).toContain('"y":-9223372036854775808');
    expect(JSON.parse(rows)).toEqual([
      {
        k: expect.any(Number),
        "it's": 'line\n"é"\u{1F600}',
        'a "b"': 0.1,
        x: { hex: '00FF41' },
        y: expect.any(Number),
      },
    ]);
    expect(next).toBeUndefined();
  });

  it('a key finds its row, whatever type the text of a request stands for', () => {
    const table = opened('CREATE TABLE t (a TEXT, b INTEGER, v, PRIMARY KEY (a, b))', TWO, [
      ['x', 1, 'one'],
      ['x', 2, 'two'],
      ['y', 1, 'other'],
    ]);
    const values = (key: RowsFilter['key']): unknown[] =>
      all(table, key === undefined ? {} : { key }, 10).map(({ v }) => v);
    expect(values(['x', '2'])).toEqual(['two']);
    expect(values(['x', 2])).toEqual(['two']);
    expect(values(['x'])).toEqual(['one', 'two']);
    expect(values(['z'])).toEqual([]);
    expect(values([null])).toEqual([]);
    expect(values(undefined)).toEqual(['one', 'two', 'other']);
  });

  it('pages of any size give all rows once, with keys of any type, repeated or NULL, in tables of any kind', () => {
    const value = fc.oneof(
      fc.constant(null),
      fc.integer({ min: -2, max: 2 }),
      fc.constantFrom(0.5, 2 ** 40, 9_007_199_254_740_993n, '', 'a', 'B', '\u{1F600}'),
    );
    const kinds = [
      'CREATE TABLE t (a, b, n); CREATE INDEX i ON t (a, b)',
      'CREATE TABLE t (a, b, n, PRIMARY KEY (a, b, n))',
      'CREATE TABLE t (a COLLATE NOCASE, b, n); CREATE INDEX i ON t (a, b DESC, n)',
      'CREATE TABLE t (a, b, n PRIMARY KEY) WITHOUT ROWID; CREATE INDEX i ON t (a, b)',
      'CREATE TABLE t (a, b, n INTEGER PRIMARY KEY, rowid); CREATE INDEX i ON t (a, b)',
    ];
    fc.assert(
      fc.property(
        fc.constantFrom(...kinds),
        fc.array(fc.tuple(value, value), { maxLength: 12 }),
        fc.integer({ min: 1, max: 5 }),
        (sql, keys, limit) => {
          const more = sql.includes('rowid)') ? ['x'] : [];
          const rows = keys.map(([a, b], n) => [a, b, n, ...more]);
          const table = opened(sql, TWO, rows);
          const found = all(table, {}, limit).map(({ n }) => n);
          expect(new Set(found)).toEqual(new Set(rows.map(([, , n]) => n)));
          expect(found.length).toBe(rows.length);
          expect(found).toEqual(all(table, {}, 500).map(({ n }) => n));
        },
      ),
      { numRuns: 150 },
    );
  });

  it('a range gives every row that overlaps, however long, by an index, an R-tree or both', () => {
    const random = seeded(11);
    const rows = Array.from({ length: 2_000 }, (_, n) => {
      const s = random.pick([0, -50, 16_777_216, 2_147_483_648]) + random.int(40);
      const length = random.int(30) === 0 ? random.int(2_300_000_000) : random.int(10);
      return [random.pick(['x', 'y']), s, s + length, n] as const;
    });
    const index = 'CREATE INDEX i ON t (c, s)';
    const rtree = 'CREATE VIRTUAL TABLE t_rtree USING rtree(i, s, e)';
    const table = 'CREATE TABLE t (c TEXT, s INTEGER, e INTEGER, n INTEGER PRIMARY KEY)';
    for (const more of [[index], [rtree], [index, rtree]]) {
      const declaration = { name: 't', key: ['n'], range: RANGE };
      opened([table, ...more].join(';'), declaration, rows);
      open?.close();
      if (more.includes(rtree))
        edit(path, (db) => db.exec('INSERT INTO t_rtree SELECT n, s, e FROM t'));
      open = openDatasetFile(path);
      const request = { schema: open.schema, declaration };
      for (const base of [-50, 0, 16_777_216, 2_147_483_648]) {
        for (const [start, end] of [
          [base, base],
          [base + 3, base + 17],
          [base - 10, base + 100],
        ] as const) {
          const want = rows
            .filter(([c, s, e]) => c === 'x' && s <= end && e >= start)
            .toSorted((a, b) => a[1] - b[1] || a[3] - b[3]);
          const found = all(request, { range: { within: 'x', start, end } }, 100);
          expect(
            found.map(({ n }) => n),
            `${more.join()} ${start}-${end}`,
          ).toEqual(want.map(([, , , n]) => n));
        }
      }
    }
  });

  it('a range is found in a table without row numbers too', () => {
    const table = opened(
      'CREATE TABLE t (k TEXT PRIMARY KEY, c TEXT, s INTEGER, e INTEGER) WITHOUT ROWID; CREATE INDEX i ON t (c, s)',
      { name: 't', key: ['k'], range: RANGE },
      [
        ['late', 'x', 50, 60],
        ['long', 'x', 1, 100],
        ['short', 'x', 1, 10],
        ['same', 'x', 50, 51],
        ['other', 'y', 1, 100],
      ],
    );
    const found = all(table, { range: { within: 'x', start: 20, end: 55 } }, 1);
    expect(found.map(({ k }) => k)).toEqual(['long', 'late', 'same']);
  });

  it('names with quotes and words of SQL are names', () => {
    const declaration = { name: 'select', key: ['order', 'group'] };
    edit(path, (db) =>
      db.exec(`CREATE TABLE "select" ("order", "group", "from""; DROP", PRIMARY KEY ("order", "group"));
        INSERT INTO "select" VALUES (1, 2, 3)`),
    );
    open = openDatasetFile(path);
    const rows = all({ schema: open.schema, declaration }, { key: [1] }, 5);
    expect(rows).toEqual([{ order: 1, group: 2, 'from"; DROP': 3 }]);
  });

  it('what the declaration does not allow is refused, and no value stands in the text', () => {
    const table = opened('CREATE TABLE t (a, b, PRIMARY KEY (a, b))', TWO, [[1, 2]]);
    const request = { ...table, filter: {}, limit: 5 };
    const bad: [string, Partial<RowsRequest>][] = [
      ['INVALID_REQUEST', { limit: 0 }],
      ['INVALID_REQUEST', { limit: 501 }],
      ['INVALID_REQUEST', { filter: { key: [] } }],
      ['INVALID_REQUEST', { filter: { key: [1, 2, 3] } }],
      ['INVALID_REQUEST', { filter: { range: { within: 'x', start: 1, end: 2 } } }],
      ['INVALID_CURSOR', { from: [1, 2] }],
      ['DATASET_UNUSABLE', { declaration: { name: 'gone', key: ['a'] } }],
    ];
    for (const [code, part] of bad)
      expect(() => planRows({ ...request, ...part }), JSON.stringify(part)).toThrow(
        expect.objectContaining({ code }),
      );
    const evil = "1'; DROP TABLE t; --";
    const query = planRows({ ...request, filter: { key: [evil] }, from: [evil, null, 1] });
    expect(query.sql).not.toContain('DROP');
    expect(planRows({ ...request, filter: { key: [1, 2] } }).class).toBe('cheap');
    expect(planRows({ ...request, filter: { key: [1] } }).class).toBe('medium');
  });

  it('a table whose keys are bytes says so where a page would have to end at one', () => {
    const table = opened('CREATE TABLE t (k PRIMARY KEY)', { name: 't', key: ['k'] }, [
      [Buffer.from([1])],
      [Buffer.from([2])],
    ]);
    expect(all(table, {}, 2)).toEqual([{ k: { hex: '01' } }, { k: { hex: '02' } }]);
    expect(() => page({ ...table, filter: {}, limit: 1 })).toThrow(/holds bytes/);
  });
});
