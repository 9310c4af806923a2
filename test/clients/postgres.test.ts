import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Postgres } from '#clients/postgres';
import { freshDatabase } from '#test/support/fresh-database';
import { query } from '#test/support/postgres';

let url: string;
const opened: Postgres[] = [];
beforeEach(async () => {
  url = await freshDatabase();
});
afterEach(async () => {
  for (const db of opened.splice(0)) await db.close();
});

function open(at: string, statementTimeoutMs = 5_000): Postgres {
  const db = new Postgres({
    url: at,
    connectionsMax: 1,
    connectTimeoutMs: 5_000,
    statementTimeoutMs,
  });
  opened.push(db);
  return db;
}

describe('Postgres.transaction()', () => {
  it.each([
    new RangeError('Invalid string length'),
    new TypeError('x is not a function'),
    new SyntaxError('Unexpected token'),
    new Error('an invariant'),
  ])('throws what its work throws as it is: %s', async (fault) => {
    const db = open(url);
    const work = db.transaction(async (client) => {
      await client.query('CREATE TABLE t (a int)');
      throw fault;
    });
    await expect(work).rejects.toBe(fault);
    // It was rolled back, and its connection serves the next.
    expect(await db.query("SELECT to_regclass('t') AS t")).toEqual([{ t: null }]);
  });

  it('throws a fault of its work as it is also when the connection broke', async () => {
    const fault = new RangeError('Invalid string length');
    const work = open(url).transaction(async (client) => {
      await client.query('SELECT pg_terminate_backend(pg_backend_pid())').catch(() => undefined);
      throw fault;
    });
    await expect(work).rejects.toBe(fault);
  });

  it('says that Postgres is away when the connection is cut, at a statement or between two', async () => {
    const db = open(url);
    const cut = db.transaction(
      async (client) => await client.query('SELECT pg_terminate_backend(pg_backend_pid())'),
    );
    await expect(cut).rejects.toMatchObject({ code: 'VIEW_UNAVAILABLE' });
    const between = db.transaction(async (client) => {
      await client.query('SELECT pg_terminate_backend(pg_backend_pid())').catch(() => undefined);
      await client.query('SELECT 1');
    });
    await expect(between).rejects.toMatchObject({ code: 'VIEW_UNAVAILABLE' });
    expect(await db.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  it('says that Postgres is away when a statement takes too long', async () => {
    const late = open(url, 50).transaction(
      async (client) => await client.query('SELECT pg_sleep(9)'),
    );
    await expect(late).rejects.toMatchObject({ code: 'VIEW_UNAVAILABLE' });
  });

  it('says that Postgres is away where nobody listens', async () => {
    const db = open('postgres://atlas:secret@127.0.0.1:1/none');
    const away = { code: 'VIEW_UNAVAILABLE', message: expect.not.stringContaining('secret') };
    await expect(db.transaction(async () => undefined)).rejects.toMatchObject(away);
    await expect(db.query('SELECT 1')).rejects.toMatchObject(away);
  });
});

describe('Postgres.query()', () => {
  it('throws a value that cannot be sent as the fault that it is', async () => {
    const circular: { self?: unknown } = {};
    circular.self = circular;
    await expect(open(url).query('SELECT $1::json', [circular])).rejects.toThrow(TypeError);
  });

  it('reads the same times whatever the database and the URL say about dates', async () => {
    const name = url.split('/').at(-1);
    await query(url, `ALTER DATABASE ${name} SET timezone = 'Europe/Amsterdam'`);
    await query(url, `ALTER DATABASE ${name} SET datestyle = 'German'`);
    const asked = `${url}?options=-c%20datestyle%3DSQL%20-c%20work_mem%3D5MB`;
    for (const at of [url, asked]) {
      const rows = await open(at).query(
        `SELECT '1850-06-01T00:00:00.123Z'::timestamptz AS at, current_setting('timezone') AS zone,
           current_setting('datestyle') AS style`,
      );
      const style = expect.stringMatching(/^ISO/);
      expect(rows).toEqual([{ at: new Date('1850-06-01T00:00:00.123Z'), zone: 'UTC', style }]);
    }
    // What else the URL asks for is kept.
    expect(await open(asked).query('SHOW work_mem')).toEqual([{ work_mem: '5MB' }]);
  });
});
