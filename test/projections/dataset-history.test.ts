import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { registerDataset } from '#commands/register-dataset';
import { datasetEvolution } from '#domain/dataset';
import { parseDatasetName } from '#domain/dataset-name';
import { sha256Of } from '#domain/digest';
import { NEWEST } from '#domain/position';
import { DEFAULT_SCOPE } from '#domain/scope';
import { CatalogReader } from '#projections/catalog/catalog-reader';
import type { DatasetChange, HistoryOrder } from '#projections/catalog/dataset-history';
import { CatalogWriter } from '#projections/catalog/writer';
import {
  commandContext,
  commandEnvironment,
  freshSource,
  memoryLog,
} from '#test/support/command-env';
import { messagesOf } from '#test/support/projection-conformance';
import { tempFolder } from '#test/support/temp';

const name = parseDatasetName('a/b');

/** Registers two datasets in turn, and applies all of it to a catalog. */
async function catalogOf(path: string, times: number, objects = 0): Promise<void> {
  const log = memoryLog();
  const source = freshSource(log, 'dataset', datasetEvolution);
  const commands = { env: commandEnvironment(), log, source };
  const object = (i: number) => ({
    key: `${i}`.padStart(200, '-'),
    sha256: sha256Of('a'),
    bytes: 1,
  });
  for (let i = 0; i < times; i += 1)
    for (const one of [name, parseDatasetName('a')])
      await registerDataset(commands, commandContext(), {
        name: one,
        schemaFingerprint: 'fp',
        objects: Array.from({ length: objects }, (_, at) => object(at)),
        rowCount: i,
      });
  const writer = new CatalogWriter(path);
  writer.apply(await messagesOf(log), 'now');
  writer.close();
}

/** Reads a history page by page. */
function pages(path: string, order: HistoryOrder, limit: number): DatasetChange[][] {
  const reader = new CatalogReader(path);
  const found: DatasetChange[][] = [];
  for (let after: DatasetChange | undefined; ; after = found.at(-1)?.at(-1)) {
    const page = { name, asOf: NEWEST, order, after: after?.position, limit };
    const { changes, hasMore } = reader.datasetHistory.page(DEFAULT_SCOPE, page);
    found.push([...changes]);
    if (!hasMore) break;
  }
  reader.close();
  return found;
}

const rowsOf = (found: DatasetChange[][]) => found.flat().map(({ manifest }) => manifest.rowCount);

describe('the history of a dataset', () => {
  it('is the same wherever the index of its events lies', async () => {
    using folder = tempFolder();
    const path = join(folder.path, 'catalog.sqlite');
    await catalogOf(path, 9);
    const db = new Database(path);
    const rows = Array.from({ length: 9 }, (_, i) => i);
    for (const upTo of [0, 7, 18]) {
      db.exec(`INSERT INTO revision_of SELECT * FROM recent_of WHERE position <= ${upTo}`);
      db.exec(`DELETE FROM recent_of WHERE position <= ${upTo}`);
      for (const limit of [1, 2, 4, 9, 10]) {
        expect(rowsOf(pages(path, 'oldest', limit))).toEqual(rows);
        expect(rowsOf(pages(path, 'newest', limit))).toEqual(rows.toReversed());
      }
    }
    db.close();
  });

  it('comes in shorter pages where manifests are large, and whole', async () => {
    using folder = tempFolder();
    const path = join(folder.path, 'catalog.sqlite');
    await catalogOf(path, 8, 3_000);
    const found = pages(path, 'newest', 1_000);
    expect(found.length).toBeGreaterThan(1);
    expect(rowsOf(found)).toEqual([7, 6, 5, 4, 3, 2, 1, 0]);
  });
});
