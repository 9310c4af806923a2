import type { ViewSchema } from '#projections/sqlite-view-file';

/** The view of job runs in SQLite: a row a run, with the three orders in which lists are asked for. */
export const JOB_RUN_SCHEMA: ViewSchema = {
  version: 1,
  ddl: `
CREATE TABLE checkpoint (
  only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
  position INTEGER NOT NULL,
  stream_created TEXT
) STRICT;
CREATE TABLE job_run (
  tenant TEXT NOT NULL,
  environment TEXT NOT NULL,
  id TEXT NOT NULL,
  job TEXT NOT NULL,
  kind TEXT NOT NULL,
  status TEXT NOT NULL,
  started_at TEXT NOT NULL,
  revision INTEGER NOT NULL,
  hash TEXT NOT NULL,
  state TEXT NOT NULL,
  commands TEXT NOT NULL,
  PRIMARY KEY (tenant, environment, id)
) STRICT;
CREATE INDEX job_run_newest ON job_run (tenant, environment, started_at, id);
CREATE INDEX job_run_by_status ON job_run (tenant, environment, status, started_at, id);
CREATE INDEX job_run_by_job ON job_run (tenant, environment, job, started_at, id);
INSERT INTO checkpoint VALUES (1, 0, NULL);
`,
};
