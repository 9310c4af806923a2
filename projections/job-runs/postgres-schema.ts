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
  // Runs of three kinds, and the lists that they are asked for. What is there is projected again.
  {
    version: 2,
    sql: `
DROP TABLE ${VIEW_SCHEMA}.job_run;
UPDATE ${VIEW_SCHEMA}.job_run_checkpoint SET position = 0, stream_created = NULL;
CREATE TABLE ${VIEW_SCHEMA}.job_run (
  tenant text COLLATE "C" NOT NULL,
  environment text COLLATE "C" NOT NULL,
  aggregate text COLLATE "C" NOT NULL,
  id text COLLATE "C" NOT NULL,
  list text COLLATE "C" NOT NULL,
  job text COLLATE "C" NOT NULL,
  kind text NOT NULL,
  status text COLLATE "C" NOT NULL,
  definition text COLLATE "C" NOT NULL,
  parent text COLLATE "C" NOT NULL,
  correlation text COLLATE "C" NOT NULL,
  submitted_at timestamptz(3) NOT NULL,
  deadline_at timestamptz(3),
  due_at timestamptz(3),
  revision bigint NOT NULL,
  hash text NOT NULL,
  state json NOT NULL,
  shown json,
  commands json NOT NULL,
  PRIMARY KEY (tenant, environment, aggregate, id)
);
CREATE INDEX job_run_newest ON ${VIEW_SCHEMA}.job_run (tenant, environment, list, submitted_at, id);
CREATE INDEX job_run_by_status ON ${VIEW_SCHEMA}.job_run (tenant, environment, list, status, submitted_at, id);
CREATE INDEX job_run_by_job ON ${VIEW_SCHEMA}.job_run (tenant, environment, list, job, submitted_at, id);
CREATE INDEX job_run_by_definition ON ${VIEW_SCHEMA}.job_run (tenant, environment, list, definition, submitted_at, id)
  WHERE definition <> '';
CREATE INDEX job_run_by_parent ON ${VIEW_SCHEMA}.job_run (tenant, environment, list, parent, submitted_at, id)
  WHERE parent <> '';
CREATE INDEX job_run_by_correlation ON ${VIEW_SCHEMA}.job_run (tenant, environment, list, correlation, submitted_at, id)
  WHERE correlation <> '';
CREATE INDEX job_run_deadline ON ${VIEW_SCHEMA}.job_run (deadline_at) WHERE deadline_at IS NOT NULL;
CREATE INDEX job_run_due ON ${VIEW_SCHEMA}.job_run (due_at) WHERE due_at IS NOT NULL;
`,
  },
];
