import {
  copyFileSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type OpenDatasetOptions, openDatasetFile } from '#cache/query/open-dataset-file';
import { OpenFiles } from '#cache/query/open-files';
import { runQuery } from '#cache/query/run-query';
import { sha256Of } from '#domain/digest';
import { edit, writeSql } from '#test/cache/query/gene-files';
import { type TempFolder, tempFolder } from '#test/support/temp';

const TABLE = "CREATE TABLE t (k TEXT PRIMARY KEY, v INTEGER); INSERT INTO t VALUES ('a', 1)";

describe('openDatasetFile()', () => {
  let temporary: TempFolder;
  let path: string;
  beforeEach(() => {
    temporary = tempFolder();
    path = join(temporary.path, 'data.sqlite');
  });
  afterEach(() => {
    temporary[Symbol.dispose]();
  });

  function openFailure(at = path): unknown {
    try {
      openDatasetFile(at).close();
    } catch (error) {
      return error;
    }
    return undefined;
  }

  /** How often this process has a file under the folder open. */
  function descriptors(): number {
    return readdirSync('/proc/self/fd').filter((fd) => {
      try {
        return readlinkSync(`/proc/self/fd/${fd}`).startsWith(temporary.path);
      } catch {
        return false;
      }
    }).length;
  }

  function profile(options: OpenDatasetOptions): Record<string, unknown> {
    const open = openDatasetFile(path, options);
    const names = ['query_only', 'synchronous', 'temp_store', 'cache_size', 'mmap_size'];
    const more = ['locking_mode', 'trusted_schema', 'cell_size_check'];
    const read = [...names, ...more].map((name) => [name, open.db.pragma(name, { simple: true })]);
    open.close();
    return Object.fromEntries(read) as Record<string, unknown>;
  }

  it('sets the profile of a reader', () => {
    writeSql(path, TABLE);
    expect(profile({ cacheKib: 512, mmapBytes: 65_536 })).toEqual({
      query_only: 1,
      synchronous: 0,
      temp_store: 2,
      cache_size: -512,
      mmap_size: 65_536,
      locking_mode: 'exclusive',
      trusted_schema: 0,
      cell_size_check: 1,
    });
  });

  it('maps no file into memory unless it is told to', () => {
    writeSql(path, TABLE);
    expect(profile({})).toMatchObject({ mmap_size: 0, cache_size: -8_192 });
  });

  it('refuses sizes that are no whole numbers: they would stand in a statement', () => {
    writeSql(path, TABLE);
    expect(() => openDatasetFile(path, { cacheKib: 1.5 })).toThrow(RangeError);
    expect(() => openDatasetFile(path, { mmapBytes: -1 })).toThrow(RangeError);
    expect(descriptors()).toBe(0);
  });

  it('leaves the file as it is, and nothing beside it', () => {
    writeSql(path, TABLE);
    const before = sha256Of(readFileSync(path));
    const open = openDatasetFile(path);
    expect(() => open.db.exec('DELETE FROM t')).toThrow(/readonly/);
    open.close();
    expect(sha256Of(readFileSync(path))).toBe(before);
    expect(readdirSync(temporary.path)).toEqual(['data.sqlite']);
  });

  it('says of a file that cannot be served what is wrong with it', () => {
    const bad = {
      empty: Buffer.alloc(0),
      text: Buffer.from('not a database, but long enough to hold a header: '.repeat(40)),
      random: Buffer.from(Array.from({ length: 8_192 }, (_, i) => (i * 37 + 11) % 256)),
      header: Buffer.concat([Buffer.from('SQLite format 3\0'), Buffer.alloc(20)]),
    };
    for (const [name, bytes] of Object.entries(bad))
      writeFileSync(join(temporary.path, name), bytes);
    const reasons = ['empty', 'text', 'random', 'header', 'missing'].map((name) => {
      const error = openFailure(join(temporary.path, name)) as { code: string; details: object };
      return [error.code, error.details];
    });
    expect(reasons).toEqual([
      ['DATASET_UNUSABLE', { reason: expect.stringMatching(/empty/), isDamaged: false }],
      ['DATASET_UNUSABLE', { reason: expect.stringMatching(/not a SQLite/), isDamaged: false }],
      ['DATASET_UNUSABLE', { reason: expect.stringMatching(/encrypted/), isDamaged: false }],
      [
        'DATASET_UNUSABLE',
        { reason: expect.stringMatching(/36 bytes \(want 100/), isDamaged: true },
      ],
      ['DATASET_UNUSABLE', { reason: expect.stringMatching(/missing/), isDamaged: true }],
    ]);
  });

  it('refuses a file that was cut off, wherever it was cut', () => {
    writeSql(path, `${TABLE}; CREATE TABLE big (x); INSERT INTO big VALUES (zeroblob(100000))`);
    const { length } = readFileSync(path);
    for (const bytes of [50, 512, 4_096, 5_000, length - 4_096, length - 1]) {
      const cut = join(temporary.path, `cut-${bytes}`);
      copyFileSync(path, cut);
      truncateSync(cut, bytes);
      expect(openFailure(cut), `${bytes} bytes`).toMatchObject({
        code: 'DATASET_UNUSABLE',
        details: { isDamaged: true },
      });
    }
    expect(openFailure()).toBeUndefined();
  });

  it('refuses a file in WAL mode', () => {
    edit(path, (db) => {
      db.pragma('journal_mode = WAL');
      db.exec(TABLE);
    });
    expect(openFailure()).toMatchObject({ details: { reason: expect.stringMatching(/WAL/) } });
  });

  it('refuses a schema that SQLite cannot read', () => {
    writeSql(path, TABLE);
    edit(path, (db) => {
      db.unsafeMode(true);
      db.pragma('writable_schema = ON');
      db.exec("UPDATE sqlite_schema SET sql = 'CREATE TABLE t (((('");
    });
    expect(openFailure()).toMatchObject({
      code: 'DATASET_UNUSABLE',
      details: { reason: expect.stringMatching(/malformed/), isDamaged: true },
    });
  });

  it('leaves no descriptor open, whether it succeeds or fails', () => {
    writeSql(path, TABLE);
    writeFileSync(join(temporary.path, 'text'), 'x'.repeat(5_000));
    for (let i = 0; i < 50; i += 1) {
      openDatasetFile(path).close();
      openFailure(join(temporary.path, 'text'));
    }
    expect(descriptors()).toBe(0);
  });

  it('keeps 128 statements, those that were used last', () => {
    writeSql(path, TABLE);
    const open = openDatasetFile(path);
    const first = open.statement('SELECT 0');
    for (let i = 1; i < 128; i += 1) open.statement(`SELECT ${i}`);
    expect(open.statement('SELECT 0')).toBe(first);
    open.statement('SELECT 128');
    expect(open.statement('SELECT 0')).toBe(first);
    for (let i = 200; i < 328; i += 1) open.statement(`SELECT ${i}`);
    expect(open.statement('SELECT 0')).not.toBe(first);
    open.close();
  });

  it('runQuery() says that bytes are damaged when a page of the file is', () => {
    writeSql(
      path,
      `${TABLE}; WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c LIMIT 2000) INSERT INTO t SELECT 'key' || i, i FROM c`,
    );
    const bytes = readFileSync(path);
    bytes.fill(0xff, 8_192);
    writeFileSync(path, bytes);
    const open = openDatasetFile(path);
    const query = { sql: 'SELECT sum(v) FROM t', values: [], class: 'cheap' } as const;
    expect(() => runQuery(open, query)).toThrow(
      expect.objectContaining({
        code: 'DATASET_UNUSABLE',
        details: expect.objectContaining({ isDamaged: true }),
      }),
    );
    open.close();
  });

  it('OpenFiles closes the file that was used longest ago, and all at the end', () => {
    const cached = ['a', 'b', 'c'].map((name) => writeSql(join(temporary.path, name), TABLE));
    const [a, b, c] = cached as [(typeof cached)[0], (typeof cached)[0], (typeof cached)[0]];
    const files = new OpenFiles({ filesMax: 2 });
    const first = files.get(a);
    const second = files.get(b);
    expect(files.get(a)).toBe(first);
    files.get(c);
    expect([first.db.open, second.db.open, files.size, descriptors()]).toEqual([true, false, 2, 2]);
    files.forget(a.sha256);
    files.forget(a.sha256);
    expect([first.db.open, descriptors()]).toEqual([false, 1]);
    expect(files.get(a)).not.toBe(first);
    files.close();
    expect(descriptors()).toBe(0);
  });
});
