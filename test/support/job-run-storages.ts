import { join } from 'node:path';
import { FileJobRuns } from '#projections/job-runs/file-job-runs';
import type { JobRunView } from '#projections/job-runs/job-run-view';
import { PostgresJobRuns } from '#projections/job-runs/postgres-job-runs';
import { SqliteJobRuns } from '#projections/job-runs/sqlite-job-runs';
import { freshDatabase } from '#test/support/fresh-database';
import { type StoreBackend, somePostgres } from '#test/support/store-storages';
import { tempFolder } from '#test/support/temp';

/** An empty place for job runs. */
export interface JobRunStorage extends AsyncDisposable {
  /** Opens a view on it; of a folder one at a time. */
  open(): JobRunView;
}

/** Makes an empty place. */
export async function jobRunStorage(kind: StoreBackend): Promise<JobRunStorage> {
  if (kind === 'postgres') {
    const db = somePostgres(await freshDatabase());
    return {
      open: () => new PostgresJobRuns(db),
      [Symbol.asyncDispose]: async () => await db.close(),
    };
  }
  const folder = tempFolder();
  const path = join(folder.path, 'job-runs');
  return {
    open: () =>
      kind === 'sqlite'
        ? new SqliteJobRuns(`${path}.sqlite`)
        : new FileJobRuns({ path, freeBytesMin: 0 }),
    [Symbol.asyncDispose]: async () => folder[Symbol.dispose](),
  };
}
