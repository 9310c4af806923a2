import type { ViewSchema } from '#projections/sqlite-view-file';

/** The registries' stores in SQLite: a row a document, and its terms in the order of lists. */
export const STORE_FILE_SCHEMA: ViewSchema = {
  version: 1,
  ddl: `
CREATE TABLE checkpoint (
  only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
  position INTEGER NOT NULL,
  stream_created TEXT
) STRICT;
CREATE TABLE document (
  tenant TEXT NOT NULL,
  environment TEXT NOT NULL,
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  order_key TEXT NOT NULL,
  id TEXT NOT NULL,
  rank TEXT NOT NULL,
  position INTEGER NOT NULL,
  document TEXT NOT NULL,
  terms TEXT NOT NULL,
  PRIMARY KEY (tenant, environment, kind, name, order_key)
) STRICT;
CREATE TABLE document_term (
  tenant TEXT NOT NULL,
  environment TEXT NOT NULL,
  kind TEXT NOT NULL,
  term TEXT NOT NULL,
  name TEXT NOT NULL,
  order_key TEXT NOT NULL,
  rank TEXT NOT NULL,
  PRIMARY KEY (tenant, environment, kind, term, name, order_key)
) WITHOUT ROWID, STRICT;
INSERT INTO checkpoint VALUES (1, 0, NULL);
`,
};
