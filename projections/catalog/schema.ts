import Database from 'better-sqlite3';
import { API_KEY_TABLES } from '#projections/catalog/api-key-queries';
import { CONTRACT_TABLES } from '#projections/catalog/contract-tables';
import { DEFINITION_TABLES } from '#projections/catalog/definition-tables';
import { WEBHOOK_TABLES } from '#projections/catalog/webhook-queries';
import type { ViewSchema } from '#projections/sqlite-view-file';

/**
 * Every event is one row of `revision` under its position; for a dataset it holds the whole manifest. Rows are only ever
 * added, so a read "as of" a position is the same question as a read of now.
 *
 * `revision_of` finds the revisions of one aggregate; the newest ones are in `recent_of` and move over together. As one
 * index every transaction would touch nearly all of its pages, which cost more than everything else together (4.5 of
 * 6.7 µs per event).
 */
export const CATALOG_SCHEMA: ViewSchema = {
  version: 9,
  ddl: `
CREATE TABLE checkpoint (
  only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
  position INTEGER NOT NULL,
  stream_created TEXT
) STRICT;
CREATE TABLE aggregate (
  id INTEGER PRIMARY KEY,
  tenant TEXT NOT NULL,
  environment TEXT NOT NULL,
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  UNIQUE (tenant, environment, kind, name)
) STRICT;
CREATE TABLE revision (
  position INTEGER PRIMARY KEY,
  aggregate INTEGER NOT NULL,
  type TEXT NOT NULL,
  time TEXT NOT NULL,
  recorded_at INTEGER NOT NULL,
  actor TEXT NOT NULL,
  command_id TEXT NOT NULL,
  request_fingerprint TEXT NOT NULL,
  hash TEXT NOT NULL,
  event_id TEXT NOT NULL,
  data TEXT NOT NULL CHECK (json_valid(data) AND json_type(data) = 'object')
) STRICT;
CREATE TABLE revision_of (
  aggregate INTEGER NOT NULL,
  position INTEGER NOT NULL,
  PRIMARY KEY (aggregate, position)
) WITHOUT ROWID, STRICT;
CREATE TABLE recent_of (
  aggregate INTEGER NOT NULL,
  position INTEGER NOT NULL,
  PRIMARY KEY (aggregate, position)
) WITHOUT ROWID, STRICT;
${CONTRACT_TABLES}${DEFINITION_TABLES}${API_KEY_TABLES}${WEBHOOK_TABLES}CREATE TABLE scope_head (
  tenant TEXT NOT NULL,
  environment TEXT NOT NULL,
  kind TEXT NOT NULL,
  position INTEGER NOT NULL,
  PRIMARY KEY (tenant, environment, kind)
) WITHOUT ROWID, STRICT;
INSERT INTO checkpoint VALUES (1, 0, NULL);
`,
};

/** SQL for the position of the newest revision of `aggregate.id` up to a position; without one, of all. */
export function newestRevision(upTo?: '?' | '@asOf'): string {
  const newest = (table: string): string =>
    `SELECT max(position) FROM ${table} WHERE ${table}.aggregate = aggregate.id
     ${upTo === undefined ? '' : `AND ${table}.position <= ${upTo}`}`;
  // Whatever is in recent_of is newer than everything of the same aggregate in revision_of.
  return `ifnull((${newest('recent_of')}), (${newest('revision_of')}))`;
}

/** Opens the catalog's file for reading. */
export function openCatalogReader(path: string): Database.Database {
  const db = new Database(path, { readonly: true });
  db.pragma('query_only = ON');
  db.pragma('cache_size = -8192');
  return db;
}
