import type { Migration } from '#clients/postgres';

/** The schema of the registries' stores in Postgres: theirs alone, so that it has a history of its own. */
export const STORE_SCHEMA = 'atlas_registry_stores';

/** Steps are only ever added: databases remember the ones that they have taken. */
export const STORE_MIGRATIONS: readonly Migration[] = [
  {
    version: 1,
    sql: `
CREATE TABLE ${STORE_SCHEMA}.checkpoint (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  position bigint NOT NULL,
  stream_created text
);
INSERT INTO ${STORE_SCHEMA}.checkpoint VALUES (true, 0, NULL);
CREATE TABLE ${STORE_SCHEMA}.document (
  tenant text COLLATE "C" NOT NULL,
  environment text COLLATE "C" NOT NULL,
  kind text COLLATE "C" NOT NULL,
  name text COLLATE "C" NOT NULL,
  order_key text COLLATE "C" NOT NULL,
  id text COLLATE "C" NOT NULL,
  rank text COLLATE "C" NOT NULL,
  position bigint NOT NULL,
  document text NOT NULL,
  terms text NOT NULL,
  PRIMARY KEY (tenant, environment, kind, name, order_key)
);
CREATE TABLE ${STORE_SCHEMA}.document_term (
  tenant text COLLATE "C" NOT NULL,
  environment text COLLATE "C" NOT NULL,
  kind text COLLATE "C" NOT NULL,
  term text COLLATE "C" NOT NULL,
  name text COLLATE "C" NOT NULL,
  order_key text COLLATE "C" NOT NULL,
  rank text COLLATE "C" NOT NULL,
  PRIMARY KEY (tenant, environment, kind, term, name, order_key) INCLUDE (rank)
);
`,
  },
];
