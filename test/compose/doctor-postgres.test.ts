import { describe, expect, it } from 'vitest';
import { ailments, examine } from '#test/support/doctor-bed';
import { freshDatabase } from '#test/support/fresh-database';
import { query } from '#test/support/postgres';
import { startTestRegistry } from '#test/support/registry';

describe('the doctor says what to do about', () => {
  it('a Postgres with another password, or without the database', async () => {
    const url = await freshDatabase();
    const wrong = new URL(url);
    wrong.password = 'wrong';
    const [password] = ailments(await examine({ DATABASE_URL: wrong.href }));
    expect(password).toMatch(
      /^problem postgres: .*password authentication failed.* → want another DATABASE_URL/,
    );
    const [absent] = ailments(await examine({ DATABASE_URL: `${url}_not_there` }));
    expect(absent).toMatch(/^problem postgres: .*does not exist/);
  });

  it('a user that may not make the schemas, and nothing where it may or has them', async () => {
    const url = await freshDatabase();
    expect(ailments(await examine({ DATABASE_URL: url }))).toEqual([]);
    const name = `reader_${new URL(url).pathname.slice(1)}`;
    await query(url, `CREATE ROLE ${name} LOGIN PASSWORD 'x'`);
    const narrow = new URL(url);
    narrow.username = name;
    narrow.password = 'x';
    const found = ailments(await examine({ DATABASE_URL: narrow.href }));
    await query(url, `DROP ROLE ${name}`);
    expect(found).toHaveLength(3);
    for (const one of found)
      expect(one).toMatch(
        /^problem postgres: schema .* is not there, .* → GRANT CREATE ON DATABASE/,
      );
  });

  it('a schema that a newer version has made', async () => {
    const url = await freshDatabase();
    await using node = await startTestRegistry({ DATABASE_URL: url });
    expect((await node.api.get('/readyz')).status).toBe(200);
    const env = { DATABASE_URL: url };
    expect(ailments(await examine(env))).toEqual([]);
    await query(url, `INSERT INTO atlas_registry.migration VALUES (999, 'x')`);
    expect(ailments(await examine(env))).toEqual([
      expect.stringMatching(
        /^problem postgres: .*migration 999 is not known here → want a node of the version/,
      ),
    ]);
  });
});
