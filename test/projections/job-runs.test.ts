import { join } from 'node:path';
import { Postgres } from '#clients/postgres';
import { PostgresJobRuns } from '#projections/job-runs/postgres-job-runs';
import { SqliteJobRuns } from '#projections/job-runs/sqlite-job-runs';
import { freshDatabase } from '#test/support/fresh-database';
import { projectionConformance } from '#test/support/projection-conformance';
import { writeJobHistory } from '#test/support/run-history';
import { tempFolder } from '#test/support/temp';

projectionConformance('job runs in SQLite', {
  stream: 'JOBS',
  kind: 'job-run',
  writeHistory: writeJobHistory,
  storage: async () => {
    const folder = tempFolder();
    return {
      open: () => new SqliteJobRuns(join(folder.path, 'job-runs.sqlite')),
      [Symbol.asyncDispose]: async () => folder[Symbol.dispose](),
    };
  },
});

projectionConformance('job runs in Postgres', {
  stream: 'JOBS',
  kind: 'job-run',
  writeHistory: writeJobHistory,
  storage: async () => {
    const url = await freshDatabase();
    const db = new Postgres({
      url,
      connectionsMax: 4,
      connectTimeoutMs: 5_000,
      statementTimeoutMs: 30_000,
    });
    return { open: () => new PostgresJobRuns(db), [Symbol.asyncDispose]: () => db.close() };
  },
});
