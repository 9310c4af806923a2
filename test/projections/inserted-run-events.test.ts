import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Postgres } from '#clients/postgres';
import { startJobRun } from '#commands/start-job-run';
import { toPosition } from '#domain/position';
import type { StoredMessage } from '#log/event-log';
import type { JobRunView } from '#projections/job-runs/job-run-view';
import { PostgresJobRuns } from '#projections/job-runs/postgres-job-runs';
import { SqliteJobRuns } from '#projections/job-runs/sqlite-job-runs';
import { commandContext, memoryLog } from '#test/support/command-env';
import { freshDatabase } from '#test/support/fresh-database';
import { runCommandsOn, startOf } from '#test/support/job-runs';
import { messagesOf } from '#test/support/projection-conformance';
import { tempFolder } from '#test/support/temp';

/** The messages of a log in which runs start one after the other. */
async function starts(...ids: readonly string[]): Promise<readonly StoredMessage[]> {
  const log = memoryLog('JOBS');
  const commands = runCommandsOn(log);
  for (const id of ids)
    await startJobRun(commands, commandContext(), { run: startOf(id), status: 'running' });
  return await messagesOf(log);
}

async function expectHalt(view: JobRunView): Promise<void> {
  const { position } = await view.open();
  const checkpoint = { position, streamCreated: 'now' };
  const [first] = await starts('r');
  const [, inserted] = await starts('other', 'r');
  if (first === undefined || inserted === undefined) throw new Error('nothing was written');
  await view.apply([first], checkpoint);
  const before = await view.digest();
  const next = view.apply([inserted], { ...checkpoint, position: toPosition(1) });
  await expect(next).rejects.toMatchObject({ code: 'CORRUPT_EVENT' });
  expect(await view.digest()).toEqual(before);
}

describe('a first event of a run that has begun already', () => {
  it('halts the view in SQLite, which keeps what it has', async () => {
    using folder = tempFolder();
    const view = new SqliteJobRuns(join(folder.path, 'runs.sqlite'));
    await expectHalt(view);
    await view.close();
  });

  it('halts the view in Postgres, which keeps what it has', async () => {
    const url = await freshDatabase();
    const limits = { connectionsMax: 2, connectTimeoutMs: 5_000, statementTimeoutMs: 30_000 };
    const db = new Postgres({ url, ...limits });
    await expectHalt(new PostgresJobRuns(db));
    await db.close();
  });
});
