import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Postgres } from '#clients/postgres';
import { recordLineage } from '#commands/record-lineage';
import type { JsonObject } from '#domain/canonical-json';
import { DEFAULT_SCOPE } from '#domain/scope';
import { readLineageEvent } from '#lineage/read-lineage-event';
import type { JobRunView } from '#projections/job-runs/job-run-view';
import { PostgresJobRuns } from '#projections/job-runs/postgres-job-runs';
import { SqliteJobRuns } from '#projections/job-runs/sqlite-job-runs';
import { facet, runDocument } from '#test/lineage/lineage-events';
import { commandContext, memoryLog } from '#test/support/command-env';
import { freshDatabase } from '#test/support/fresh-database';
import { lineageCommandsOn } from '#test/support/job-runs';
import { digestAfter } from '#test/support/projection-conformance';
import { tempFolder } from '#test/support/temp';

const TEXTS = [
  'a\u0000b',
  '\u0000',
  'tab\tnewline\n\\N\\.',
  '字'.repeat(1_000),
  'x'.repeat(1_024),
  '\u2028\u2029\ufeff',
  "'; DROP TABLE job_run; --",
  '~',
];
const TIMES = [
  '0000-01-01T00:00:00Z',
  '0000-06-01T00:00:00+14:00',
  '9999-12-31T23:59:59.999999999Z',
];

/** Events that are right, and as awkward as can be. */
function hostileDocuments(): readonly JsonObject[] {
  const { producer = '', schemaURL = '' } = runDocument();
  const runOf = (i: number) => `00000000-0000-4000-8000-0000000000${10 + i}`;
  return TEXTS.flatMap((text, i) => {
    const eventTime = TIMES[i % TIMES.length] ?? '';
    const parent = facet({ run: { runId: text.repeat(4) }, job: { namespace: text, name: text } });
    const base = { eventTime, producer, schemaURL };
    return [
      runDocument({ eventTime, run: { runId: runOf(i), facets: { parent } } }),
      runDocument({
        eventTime,
        run: { runId: runOf(i + 20) },
        job: { namespace: text, name: text },
      }),
      { ...base, dataset: { namespace: text, name: text, facets: { note: facet({ text }) } } },
      { ...base, job: { namespace: 'n', name: `${text}${i}`, facets: { note: facet({ text }) } } },
    ];
  });
}

describe('lineage with texts and times that a store may stumble over', () => {
  it('is shown alike by SQLite and Postgres, and found by what it is called', async () => {
    const log = memoryLog('JOBS');
    const commands = lineageCommandsOn(log);
    for (const document of hostileDocuments()) {
      const read = readLineageEvent(document);
      if (read.kind === 'refused') throw new Error(JSON.stringify(read.faults));
      await recordLineage(commands, commandContext(), read.event);
    }
    using folder = tempFolder();
    const limits = { connectionsMax: 4, connectTimeoutMs: 5_000, statementTimeoutMs: 30_000 };
    const db = new Postgres({ url: await freshDatabase(), ...limits });
    const opens: readonly (() => JobRunView)[] = [
      () => new SqliteJobRuns(join(folder.path, 'runs.sqlite')),
      () => new PostgresJobRuns(db),
    ];
    const told = [];
    for (const open of opens) {
      const storage = { open, [Symbol.asyncDispose]: async () => undefined };
      const { digest } = await digestAfter(storage, [log], 7);
      const view = open();
      await view.open();
      const runs = await view.list(DEFAULT_SCOPE, { limit: 1_000 });
      const documents = await view.documents(DEFAULT_SCOPE, { limit: 1_000 });
      expect(runs.found).toHaveLength(2 * TEXTS.length);
      expect(documents.found).toHaveLength(2 * TEXTS.length);
      for (const text of TEXTS) {
        const job = `${text}/${text}`;
        const { found } = await view.documents(DEFAULT_SCOPE, { job, limit: 10 });
        expect(found).toHaveLength(1);
        const whole = await view.document(DEFAULT_SCOPE, found[0]?.id ?? '');
        expect(whole.found).toMatchObject({ dataset: { namespace: text, name: text } });
      }
      told.push({ digest, runs: runs.found, documents: documents.found });
      await view.close();
    }
    expect(told[1]).toEqual(told[0]);
    await db.close();
  });
});
