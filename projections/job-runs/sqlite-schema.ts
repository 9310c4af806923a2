import type { ViewSchema } from '#projections/sqlite-view-file';

/** The view of job runs in SQLite: a row a run, with the orders in which lists are asked for. */
export const JOB_RUN_SCHEMA: ViewSchema = {
  version: 2,
  ddl: `
CREATE TABLE checkpoint (
  only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
  position INTEGER NOT NULL,
  stream_created TEXT
) STRICT;
CREATE TABLE job_run (
  tenant TEXT NOT NULL,
  environment TEXT NOT NULL,
  aggregate TEXT NOT NULL,
  id TEXT NOT NULL,
  list TEXT NOT NULL,
  job TEXT NOT NULL,
  kind TEXT NOT NULL,
  status TEXT NOT NULL,
  definition TEXT NOT NULL,
  parent TEXT NOT NULL,
  correlation TEXT NOT NULL,
  submitted_at TEXT NOT NULL,
  deadline_at TEXT,
  due_at TEXT,
  revision INTEGER NOT NULL,
  hash TEXT NOT NULL,
  state TEXT NOT NULL,
  shown TEXT,
  commands TEXT NOT NULL,
  PRIMARY KEY (tenant, environment, aggregate, id)
) STRICT;
CREATE INDEX job_run_newest ON job_run (tenant, environment, list, submitted_at, id);
CREATE INDEX job_run_by_status ON job_run (tenant, environment, list, status, submitted_at, id);
CREATE INDEX job_run_by_job ON job_run (tenant, environment, list, job, submitted_at, id);
CREATE INDEX job_run_by_definition ON job_run (tenant, environment, list, definition, submitted_at, id)
  WHERE definition <> '';
CREATE INDEX job_run_by_parent ON job_run (tenant, environment, list, parent, submitted_at, id)
  WHERE parent <> '';
CREATE INDEX job_run_by_correlation ON job_run (tenant, environment, list, correlation, submitted_at, id)
  WHERE correlation <> '';
CREATE INDEX job_run_deadline ON job_run (deadline_at) WHERE deadline_at IS NOT NULL;
CREATE INDEX job_run_due ON job_run (due_at) WHERE due_at IS NOT NULL;
INSERT INTO checkpoint VALUES (1, 0, NULL);
`,
};
