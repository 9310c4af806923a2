import type { Migration } from '#clients/postgres';

/** The schema of the registry's views in Postgres. */
export const VIEW_SCHEMA = 'atlas_registry';

/** Steps are only ever added: databases remember the ones that they have taken. */
export const JOB_RUN_MIGRATIONS: readonly Migration[] = [
  {
    version: 1,
    sql: `
CREATE TABLE ${VIEW_SCHEMA}.job_run_checkpoint (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  position bigint NOT NULL,
  stream_created text
);
INSERT INTO ${VIEW_SCHEMA}.job_run_checkpoint VALUES (true, 0, NULL);
CREATE TABLE ${VIEW_SCHEMA}.job_run (
  tenant text COLLATE "C" NOT NULL,
  environment text COLLATE "C" NOT NULL,
  id text COLLATE "C" NOT NULL,
  job text COLLATE "C" NOT NULL,
  kind text NOT NULL,
  status text NOT NULL,
  started_at timestamptz(3) NOT NULL,
  revision bigint NOT NULL,
  hash text NOT NULL,
  state json NOT NULL,
  commands json NOT NULL,
  PRIMARY KEY (tenant, environment, id)
);
CREATE INDEX job_run_newest ON ${VIEW_SCHEMA}.job_run (tenant, environment, started_at, id);
CREATE INDEX job_run_by_status ON ${VIEW_SCHEMA}.job_run (tenant, environment, status, started_at, id);
CREATE INDEX job_run_by_job ON ${VIEW_SCHEMA}.job_run (tenant, environment, job, started_at, id);
`,
  },
];
