import type { Database, Statement } from 'better-sqlite3';
import { newestRevision } from '#projections/catalog/schema';

/** How many values one row of `revision` has. */
export const REVISION_COLUMNS = 11;
/** How many rows one statement adds. */
export const ROWS_MAX = 16;
const ROW = `(${Array.from({ length: REVISION_COLUMNS }, () => '?').join(',')})`;

/** Prepares what the writer says to the catalog's file. */
export function prepareWriter(
  db: Database,
): Record<
  | 'checkpoint'
  | 'move'
  | 'moveScope'
  | 'index'
  | 'indexMany'
  | 'mergeIndex'
  | 'emptyRecent'
  | 'countRecent'
  | 'insert'
  | 'insertMany'
  | 'findAggregate'
  | 'insertAggregate'
  | 'insertApiKey'
  | 'insertWebhook',
  Statement
> {
  return {
    checkpoint: db.prepare('SELECT position, stream_created FROM checkpoint'),
    move: db.prepare('UPDATE checkpoint SET position = ?, stream_created = ?'),
    index: db.prepare('INSERT INTO recent_of VALUES (?, ?)'),
    indexMany: db.prepare(
      `INSERT INTO recent_of VALUES ${Array.from({ length: ROWS_MAX }, () => '(?, ?)').join(',')}`,
    ),
    mergeIndex: db.prepare(
      'INSERT INTO revision_of SELECT aggregate, position FROM recent_of ORDER BY aggregate, position',
    ),
    emptyRecent: db.prepare('DELETE FROM recent_of'),
    countRecent: db.prepare('SELECT count(*) FROM recent_of'),
    moveScope: db.prepare('INSERT OR REPLACE INTO scope_head VALUES (?, ?, ?, ?)'),
    insert: db.prepare(`INSERT INTO revision VALUES ${ROW}`),
    insertMany: db.prepare(
      `INSERT INTO revision VALUES ${Array.from({ length: ROWS_MAX }, () => ROW).join(',')}`,
    ),
    findAggregate: db.prepare(`
      SELECT id, (SELECT hash FROM revision WHERE position = ${newestRevision()}) AS hash
      FROM aggregate WHERE tenant = ? AND environment = ? AND kind = ? AND name = ?`),
    insertAggregate: db.prepare(
      'INSERT INTO aggregate (tenant, environment, kind, name) VALUES (?, ?, ?, ?)',
    ),
    insertApiKey: db.prepare('INSERT INTO api_key VALUES (?, ?, ?)'),
    insertWebhook: db.prepare('INSERT INTO webhook VALUES (?, ?, ?)'),
  };
}
