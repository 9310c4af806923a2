import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkSchema } from '#cache/query/dataset-schema';
import { openDatasetFile } from '#cache/query/open-dataset-file';
import { planRows } from '#cache/query/rows';
import { runQuery } from '#cache/query/run-query';
import type { DatasetSchema } from '#cache/query/table-schema';
import type { TableDeclaration } from '#domain/table-declaration';
import { edit, writeGenes, writeSql } from '#test/cache/query/gene-files';
import { type TempFolder, tempFolder } from '#test/support/temp';

const GENE = { geneId: 'G1', name: 'a', seqid: '1', start: 1, end: 9 };
const RANGE = { within: 'c', start: 's', end: 'e' };

describe('the schema of a dataset file', () => {
  let temporary: TempFolder;
  let path: string;
  let files = 0;
  beforeEach(() => {
    temporary = tempFolder();
    path = join(temporary.path, 'genes.sqlite');
  });
  afterEach(() => {
    temporary[Symbol.dispose]();
  });

  function schemaOf(sql: string): DatasetSchema {
    files += 1;
    const file = join(temporary.path, `${files}.sqlite`);
    writeSql(file, sql);
    return schemaAt(file);
  }

  function schemaAt(file: string): DatasetSchema {
    const open = openDatasetFile(file);
    try {
      return open.schema;
    } finally {
      open.close();
    }
  }

  function faultOf(sql: string, ...tables: TableDeclaration[]): string | undefined {
    try {
      checkSchema(schemaOf(sql), tables);
    } catch (error) {
      expect(error).toMatchObject({ code: 'DATASET_UNUSABLE' });
      return (error as Error).message;
    }
    return undefined;
  }

  it('readSchema() gives tables, columns, types and indexes as the file writes them', () => {
    const schema = schemaOf(`
      CREATE TABLE t (a TEXT, "b c" INTEGER, d, PRIMARY KEY ("b c", a)) WITHOUT ROWID;
      CREATE TABLE u (id INTEGER PRIMARY KEY, x REAL, rowid TEXT);
      CREATE UNIQUE INDEX ux ON u (x, id);
      CREATE INDEX up ON u (x) WHERE x > 1;
      CREATE INDEX ue ON u (abs(x), rowid);
      CREATE VIRTUAL TABLE "r t" USING rtree(i, a, b);
      PRAGMA user_version = 7`);
    expect(schema.userVersion).toBe(7);
    expect(schema.tables.get('t')).toEqual({
      name: 't',
      columns: [
        { name: 'a', type: 'TEXT' },
        { name: 'b c', type: 'INTEGER' },
        { name: 'd', type: '' },
      ],
      primaryKey: ['b c', 'a'],
      indexes: [expect.objectContaining({ columns: ['b c', 'a'], isUnique: true })],
      rowName: undefined,
    });
    const u = schema.tables.get('u');
    expect(u).toMatchObject({ primaryKey: ['id'], rowName: '_rowid_' });
    expect(Object.fromEntries(u?.indexes.map(({ name, ...rest }) => [name, rest]) ?? [])).toEqual({
      ux: { columns: ['x', 'id'], isUnique: true, isPartial: false },
      up: { columns: ['x'], isUnique: false, isPartial: true },
      ue: { columns: [undefined, 'rowid'], isUnique: false, isPartial: false },
    });
    expect(schema.virtualTables.get('r t')).toEqual({
      name: 'r t',
      module: 'rtree',
      columns: ['i', 'a', 'b'],
    });
  });

  it('readSchema() knows a gene dataset, and what another file lacks to be one', () => {
    writeGenes(path, [GENE]);
    expect(schemaAt(path).geneFault).toBeUndefined();
    const without = (sql: string): string | undefined => {
      writeGenes(path, [GENE]);
      edit(path, (db) => db.exec(sql));
      return schemaAt(path).geneFault;
    };
    expect(schemaOf('CREATE TABLE t (a)').geneFault).toMatch(/no table "gene_summary"/);
    expect(without('DROP INDEX gene_by_id')).toMatch(/no unique index on "gene_id"/);
    expect(
      without('DROP INDEX gene_by_id; CREATE INDEX gene_by_id ON gene_summary (gene_id)'),
    ).toMatch(/no unique index/);
    expect(without('DROP INDEX gene_by_region')).toMatch(/"seqid", "start"/);
    expect(without('DROP INDEX gene_by_normalized_name')).toMatch(/"name_normalized"/);
    expect(without('DROP TABLE gene_summary_rtree')).toMatch(/R-tree/);
    expect(without('ALTER TABLE gene_summary DROP COLUMN transcript_count')).toMatch(
      /no column "transcript_count"/,
    );
    expect(without('ALTER TABLE gene_summary ADD COLUMN rowid')).toMatch(/row numbers/);
    edit(path, (db) => db.exec('DROP TABLE gene_summary'));
  });

  it('checkSchema() accepts tables whose key and range have an index', () => {
    const range = { name: 't', key: ['k'], range: RANGE };
    const ok: [string, TableDeclaration][] = [
      ['CREATE TABLE t (k TEXT PRIMARY KEY)', { name: 't', key: ['k'] }],
      ['CREATE TABLE t (k INTEGER PRIMARY KEY)', { name: 't', key: ['k'] }],
      ['CREATE TABLE t (k, l, PRIMARY KEY (k, l)) WITHOUT ROWID', { name: 't', key: ['k'] }],
      ['CREATE TABLE t (k, l, m); CREATE INDEX i ON t (k, l, m)', { name: 't', key: ['k', 'l'] }],
      ['CREATE TABLE t (k UNIQUE, c, s INT, e INT); CREATE INDEX i ON t (c, s, e)', range],
      [
        'CREATE TABLE t (k UNIQUE, c, s INT, e INT); CREATE VIRTUAL TABLE t_rtree USING rtree(i, s, e)',
        range,
      ],
      [
        'CREATE TABLE t (k UNIQUE); CREATE VIRTUAL TABLE f USING fts5(x)',
        { name: 't', key: ['k'] },
      ],
      ['CREATE TABLE t (k INTEGER PRIMARY KEY AUTOINCREMENT); ANALYZE', { name: 't', key: ['k'] }],
    ];
    for (const [sql, declaration] of ok) expect(faultOf(sql, declaration), sql).toBeUndefined();
  });

  it('checkSchema() names the first fault of a file', () => {
    const T = 'CREATE TABLE t (k TEXT PRIMARY KEY, c, s INT, e INT)';
    const key = { name: 't', key: ['k'] };
    const range = { ...key, range: RANGE };
    const wide = Array.from({ length: 501 }, (_, i) => `c${i}`).join();
    const bad: [string, TableDeclaration | undefined, RegExp][] = [
      [`${T}; CREATE TRIGGER g AFTER INSERT ON t BEGIN SELECT 1; END`, key, /trigger "g"/],
      [`${T}; CREATE VIEW v AS SELECT * FROM t`, undefined, /view "v"/],
      ['CREATE VIRTUAL TABLE v USING dbstat', undefined, /"v".*dbstat/],
      ['CREATE VIRTUAL TABLE t USING rtree(k, s, e)', key, /"t".*ordinary/],
      [T, { name: 'u', key: ['k'] }, /table "u": it is not in the file/],
      [T, { name: 'T', key: ['k'] }, /table "T": it is not in the file/],
      [`${T}; ANALYZE`, { name: 'sqlite_stat1', key: ['tbl'] }, /belongs to SQLite/],
      [T, { name: 't', key: ['x'] }, /no column "x"/],
      [T, { name: 't', key: ['c'] }, /no index begins with its key "c"/],
      [T, { name: 't', key: ['k', 'c'] }, /its key "k", "c"/],
      [`${T}; CREATE INDEX i ON t (c) WHERE c > 1`, { name: 't', key: ['c'] }, /no index/],
      [`${T}; CREATE INDEX i ON t (s, c)`, { name: 't', key: ['c'] }, /no index/],
      [`${T}; CREATE INDEX i ON t (lower(c))`, { name: 't', key: ['c'] }, /no index/],
      [`${T}; CREATE INDEX i ON t (s, c)`, range, /its range "c", "s"/],
      [`${T}; CREATE VIRTUAL TABLE t_rtree USING rtree(i, x, y)`, range, /its range/],
      ['CREATE TABLE t (k PRIMARY KEY, c, s TEXT, e)', range, /column "s" is TEXT/],
      [T, { ...key, range: { ...RANGE, end: 'z' } }, /no column "z"/],
      [`CREATE TABLE t (k PRIMARY KEY, ${wide})`, key, /502 columns/],
      ['CREATE TABLE t (k UNIQUE, rowid, oid, _rowid_)', key, /names of row numbers/],
    ];
    for (const [sql, declaration, want] of bad)
      expect(faultOf(sql, ...(declaration === undefined ? [] : [declaration])), sql).toMatch(want);
  });

  it('checkSchema() refuses a table with a name that only SQLite gives', () => {
    writeSql(path, 'CREATE TABLE t (k)');
    edit(path, (db) => {
      db.unsafeMode(true);
      db.pragma('writable_schema = ON');
      db.exec(
        "UPDATE sqlite_schema SET name = 'sqlite_x', tbl_name = 'sqlite_x', sql = 'CREATE TABLE sqlite_x (k)'",
      );
    });
    expect(() => checkSchema(schemaAt(path), [])).toThrow(/"sqlite_x"/);
  });

  it('no function of a hostile schema runs by being opened, read and asked', () => {
    const harm = "fts3_tokenizer('simple')";
    const declaration = { name: 't', key: ['k'] };
    const hostile = [
      `UPDATE sqlite_schema SET sql = 'CREATE TABLE t (k TEXT PRIMARY KEY, v AS (${sqlText(harm)}))' WHERE name = 't'`,
      `UPDATE sqlite_schema SET sql = 'CREATE TABLE t (k TEXT PRIMARY KEY, v CHECK (${sqlText(harm)}))' WHERE name = 't'`,
      `UPDATE sqlite_schema SET sql = 'CREATE INDEX i ON t (${sqlText(harm)})' WHERE name = 'i'`,
    ];
    const outcomes = hostile.map((sql, index) => {
      const file = join(temporary.path, `hostile-${index}.sqlite`);
      writeSql(
        file,
        "CREATE TABLE t (k TEXT PRIMARY KEY, v); INSERT INTO t VALUES ('a', 1); CREATE INDEX i ON t (abs(v))",
      );
      edit(file, (db) => {
        db.unsafeMode(true);
        db.pragma('writable_schema = ON');
        db.exec(sql);
      });
      try {
        const open = openDatasetFile(file);
        checkSchema(open.schema, [declaration]);
        const query = planRows({ declaration, schema: open.schema, filter: {}, limit: 1 });
        return runQuery(open, query).rows;
      } catch (error) {
        expect(error).toMatchObject({ code: 'DATASET_UNUSABLE' });
        return (error as Error).message;
      }
    });
    expect(outcomes).toEqual([
      expect.stringMatching(/unsafe use of fts3_tokenizer/),
      expect.stringMatching(/unsafe use of fts3_tokenizer|"v":1/),
      expect.stringMatching(/unsafe use of fts3_tokenizer|"v":1/),
    ]);
  });

  it('views and triggers that would do harm are named and not touched', () => {
    const schema = schemaOf(
      `CREATE TABLE t (k); CREATE VIEW v AS SELECT load_extension('/x') FROM t;
       CREATE VIEW w AS SELECT * FROM dbstat;
       CREATE TRIGGER g AFTER INSERT ON t BEGIN SELECT load_extension('/x'); END`,
    );
    expect([schema.views, schema.triggers]).toEqual([['v', 'w'], ['g']]);
    expect([...schema.tables.keys()]).toEqual(['t']);
  });
});

/** Doubles the quotes of a text that stands in a literal. */
function sqlText(text: string): string {
  return text.replaceAll("'", "''");
}
