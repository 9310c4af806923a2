import { afterAll, describe, expect, it } from 'vitest';
import type { Postgres } from '#clients/postgres';
import { systemClock } from '#flow/clock';
import { Projector } from '#projections/projector';
import {
  STORE_MIGRATIONS,
  STORE_SCHEMA,
} from '#projections/registry-stores/postgres-document-schema';
import { PostgresDocuments } from '#projections/registry-stores/postgres-documents';
import { RegistryStores } from '#projections/registry-stores/registry-stores';
import { memoryLog } from '#test/support/command-env';
import { documentBackendConformance } from '#test/support/document-backend-conformance';
import { freshDatabase } from '#test/support/fresh-database';
import { writeRegistryHistory } from '#test/support/history';
import { digestAfter, projectionConformance } from '#test/support/projection-conformance';
import { registryStoreConformance } from '#test/support/registry-store-conformance';
import { forSeeds } from '#test/support/seed';
import { somePostgres, storeStorage } from '#test/support/store-storages';
import { eventually } from '#test/support/wait';

documentBackendConformance('postgres', async () => await storeStorage('postgres'));
registryStoreConformance('postgres', async () => await storeStorage('postgres'));

projectionConformance('registry stores in postgres', {
  stream: 'REGISTRY',
  kind: 'contract',
  writeHistory: writeRegistryHistory,
  storage: async () => {
    const storage = await storeStorage('postgres');
    return {
      open: () => new RegistryStores(storage.backend()),
      [Symbol.asyncDispose]: async () => await storage[Symbol.asyncDispose](),
    };
  },
});

const opened: Postgres[] = [];
afterAll(async () => {
  for (const db of opened) await db.close();
});

function pool(url: string): Postgres {
  const db = somePostgres(url);
  opened.push(db);
  return db;
}

describe('several projectors on one Postgres', () => {
  it('count every event once between them, with the digest of one alone', async () => {
    await forSeeds(3, async (random) => {
      const log = memoryLog();
      await writeRegistryHistory(log, 250, random);
      await using alone = await storeStorage('sqlite');
      const open = () => new RegistryStores(alone.backend());
      const reference = await digestAfter(
        { open, [Symbol.asyncDispose]: async () => undefined },
        [log],
        64,
      );
      const url = await freshDatabase();
      const projectors = [1, 3, 7, 20].map((batchMax) => {
        const projection = new RegistryStores(new PostgresDocuments(pool(url)));
        return new Projector({ projection, log, clock: systemClock, batchMax });
      });
      for (const projector of projectors) projector.start();
      await eventually('all of them to catch up', () => {
        for (const { status } of projectors)
          if (status.state === 'halted') throw new Error(status.reason);
        return projectors.every(({ position }) => position === reference.position);
      });
      for (const projector of projectors) await projector.stop();
      const shown = new RegistryStores(new PostgresDocuments(pool(url)));
      await shown.open();
      expect(await shown.digest()).toEqual(reference);
    });
  });
});

describe('migrations of the stores in Postgres', () => {
  const versions = async (db: Postgres) =>
    await db.query(`SELECT version FROM ${STORE_SCHEMA}.migration ORDER BY version`);

  it('run once, however often the stores are opened', async () => {
    const db = pool(await freshDatabase());
    for (let round = 0; round < 3; round += 1) await new PostgresDocuments(db).open();
    expect(await versions(db)).toEqual(STORE_MIGRATIONS.map(({ version }) => ({ version })));
  });

  it('run once when 8 pools open the stores at the same time', async () => {
    const url = await freshDatabase();
    const pools = Array.from({ length: 8 }, () => pool(url));
    const found = await Promise.all(
      pools.map(async (db) => await new PostgresDocuments(db).open()),
    );
    expect(found.map(({ position }) => position)).toEqual(pools.map(() => 0));
    expect(await versions(pool(url))).toHaveLength(STORE_MIGRATIONS.length);
  });

  it.each([
    ['a step that ran was changed', `UPDATE ${STORE_SCHEMA}.migration SET sha256 = 'x'`, /differs/],
    [
      'the database is newer',
      `INSERT INTO ${STORE_SCHEMA}.migration VALUES (1000, 'x')`,
      /1000 is not known here/,
    ],
  ])('refuse to start when %s, and change nothing', async (_, change, reason) => {
    const db = pool(await freshDatabase());
    await new PostgresDocuments(db).open();
    await db.query(change);
    const before = await db.query(`SELECT * FROM ${STORE_SCHEMA}.migration`);
    const again = new PostgresDocuments(db).open();
    await expect(again).rejects.toMatchObject({
      code: 'CANNOT_START',
      message: expect.stringMatching(reason) as string,
    });
    expect(await db.query(`SELECT * FROM ${STORE_SCHEMA}.migration`)).toEqual(before);
  });
});
