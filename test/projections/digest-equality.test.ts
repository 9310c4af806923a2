import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Postgres } from '#clients/postgres';
import { finishJobRun } from '#commands/finish-job-run';
import { startJobRun } from '#commands/start-job-run';
import { parseJobRunId } from '#domain/job-run';
import { JOB_OUTCOMES } from '#domain/job-run-step';
import { DEFAULT_SCOPE, parseScope } from '#domain/scope';
import type { EventLog } from '#log/event-log';
import type { JobRunQuery, JobRunView } from '#projections/job-runs/job-run-view';
import { PostgresJobRuns } from '#projections/job-runs/postgres-job-runs';
import { SqliteJobRuns } from '#projections/job-runs/sqlite-job-runs';
import { commandContext, memoryLog } from '#test/support/command-env';
import { freshDatabase } from '#test/support/fresh-database';
import { runCommandsOn } from '#test/support/job-runs';
import { digestAfter, type ProjectionStorage } from '#test/support/projection-conformance';
import { writeJobHistory } from '#test/support/run-history';
import { forSeeds } from '#test/support/seed';
import { type TempFolder, tempFolder } from '#test/support/temp';

/** One place for job runs, opened as often as a test likes. */
interface Backend extends ProjectionStorage {
  open(): JobRunView;
}

let folder: TempFolder;
const backends: Backend[] = [];
beforeEach(() => {
  folder = tempFolder();
});
afterEach(async () => {
  for (const backend of backends.splice(0)) await backend[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

/** An empty SQLite file and an empty Postgres database. */
async function freshBackends(): Promise<readonly [sqlite: Backend, postgres: Backend]> {
  const path = join(folder.path, `${backends.length}.sqlite`);
  const db = new Postgres({
    url: await freshDatabase(),
    connectionsMax: 2,
    connectTimeoutMs: 5_000,
    statementTimeoutMs: 30_000,
  });
  const sqlite: Backend = {
    open: () => new SqliteJobRuns(path),
    [Symbol.asyncDispose]: async () => undefined,
  };
  const postgres: Backend = {
    open: () => new PostgresJobRuns(db),
    [Symbol.asyncDispose]: () => db.close(),
  };
  backends.push(sqlite, postgres);
  return [sqlite, postgres];
}

/** Expects both to have one digest, and gives it. */
async function expectEqual(
  [sqlite, postgres]: readonly [Backend, Backend],
  log: EventLog,
  batchMax: number,
): Promise<string> {
  const local = await digestAfter(sqlite, [log], batchMax);
  const remote = await digestAfter(postgres, [log], batchMax);
  expect(remote).toEqual(local);
  expect(local.position).toBe((await log.head()).last);
  return local.digest;
}

describe('the views of job runs in SQLite and in Postgres', () => {
  it('have the same digest for the same log, at every position where they are compared', async () => {
    await forSeeds(4, async (random) => {
      const log = memoryLog('JOBS');
      const both = await freshBackends();
      const digests = [await expectEqual(both, log, 1)];
      for (let stage = 0; stage < 5; stage += 1) {
        await writeJobHistory(log, 1 + random.int(60), random);
        digests.push(await expectEqual(both, log, 1 + random.int(40)));
      }
      expect(new Set(digests).size).toBe(digests.length);
    });
  });

  it('have the same digest when one was built event by event and the other at once', async () => {
    await forSeeds(2, async (random) => {
      const log = memoryLog('JOBS');
      await writeJobHistory(log, 80, random);
      const [sqlite, postgres] = await freshBackends();
      const slow = await digestAfter(sqlite, [log], 1);
      expect(await digestAfter(postgres, [log], 10_000)).toEqual(slow);
    });
  });

  it('have the same digest and give every text back, whatever it holds', async () => {
    const control = ['', ' ', '\t', '\r\n', '\u0000', 'a\u0000b', '\u2028\u2029', '\uFFFD'];
    const quoting = ['\\', '\\N', '\\.', '\\u0000', '"', "'; DROP TABLE x; --", '{}', '{"a":1}'];
    const texts = [...control, ...quoting, '__proto__', 'ä€😀', 'x'.repeat(4_000)];
    const log = memoryLog('JOBS');
    const commands = runCommandsOn(log);
    const ids = texts.map((_, i) => parseJobRunId(`run-${i}`));
    for (const [i, text] of texts.entries()) {
      const id = parseJobRunId(`run-${i}`);
      const metadata = { [`key ${text}`.slice(0, 50)]: text, [text.slice(0, 50)]: text };
      const run = { id, job: `job ${i}`, kind: 'load', inputs: [text, text], metadata } as const;
      await startJobRun(commands, commandContext(), { run, status: 'running' });
      const end = {
        outcome: JOB_OUTCOMES[i % 3] ?? 'failed',
        counts: { [text]: i },
        message: text,
      };
      await finishJobRun(commands, commandContext(), { id, end });
    }
    const both = await freshBackends();
    await expectEqual(both, log, 7);
    for (const backend of both) {
      const view = backend.open();
      await view.open();
      for (const [i, id] of ids.entries()) {
        const { found } = await view.find(DEFAULT_SCOPE, id);
        expect([found?.run.inputs[0], found?.run.end?.message]).toEqual([texts[i], texts[i]]);
      }
      await view.close();
    }
  });

  it('list the same runs in the same order, page by page, for every filter and scope', async () => {
    await forSeeds(2, async (random) => {
      const log = memoryLog('JOBS');
      await writeJobHistory(log, 150, random);
      const both = await freshBackends();
      await expectEqual(both, log, 64);
      const views = both.map((backend) => backend.open());
      for (const view of views) await view.open();
      const filters: Omit<JobRunQuery, 'limit'>[] = [
        {},
        { status: 'running' },
        { status: 'succeeded' },
        { job: 'job-1' },
        { job: 'none' },
        { status: 'failed', job: 'job-2' },
        { parent: 'run-0' },
        { correlation: 'c 1', status: 'running' },
        { definition: 'none' },
      ];
      for (const scope of [DEFAULT_SCOPE, parseScope('acme', 'dev'), parseScope('no', 'one')]) {
        for (const filter of filters) {
          const limit = 1 + random.int(9);
          const [local, remote] = await Promise.all(
            views.map((view) => pagesOf(view, scope, { ...filter, limit })),
          );
          expect(remote).toEqual(local);
        }
      }
      for (const view of views) await view.close();
    });
  });
});

/** Every page of a list, read as a client reads on. */
async function pagesOf(
  view: JobRunView,
  scope: typeof DEFAULT_SCOPE,
  query: JobRunQuery,
): Promise<unknown[]> {
  const pages: unknown[] = [];
  let after = query.after;
  for (;;) {
    const page = await view.list(scope, { ...query, ...(after === undefined ? {} : { after }) });
    pages.push(page);
    const last = page.found.at(-1)?.run;
    if (last === undefined) return pages;
    after = { submittedAt: last.submittedAt, id: last.id };
  }
}
