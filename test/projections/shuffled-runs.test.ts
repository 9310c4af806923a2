import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Postgres } from '#clients/postgres';
import { canonicalJson } from '#domain/canonical-json';
import { type Sha256, sha256Of } from '#domain/digest';
import type { RecordedEvent } from '#domain/event';
import { type Revision, START } from '#domain/position';
import { decodeEvent } from '#log/codec';
import type { EventLog } from '#log/event-log';
import type { Subject } from '#log/subjects';
import type { JobRunView } from '#projections/job-runs/job-run-view';
import { PostgresJobRuns } from '#projections/job-runs/postgres-job-runs';
import { SqliteJobRuns } from '#projections/job-runs/sqlite-job-runs';
import { memoryLog } from '#test/support/command-env';
import { freshDatabase } from '#test/support/fresh-database';
import { HISTORY_SCOPES } from '#test/support/history';
import { digestAfter, messagesOf } from '#test/support/projection-conformance';
import { writeJobHistory } from '#test/support/run-history';
import { forSeeds, type Seeded } from '#test/support/seed';
import { tempFolder } from '#test/support/temp';

const EVENTS = 200;

/** Writes the same events in another order: those of one run in theirs, runs among each other in any. */
async function shuffledByRun(log: EventLog, random: Seeded): Promise<EventLog> {
  const waiting = new Map<string, RecordedEvent[]>();
  for (const message of await messagesOf(log)) {
    const recorded = decodeEvent(message);
    waiting.set(recorded.subject, [...(waiting.get(recorded.subject) ?? []), recorded]);
  }
  const shuffled = memoryLog('JOBS');
  const revisions = new Map<string, Revision>();
  while (waiting.size > 0) {
    const [subject, list] = [...waiting][random.int(waiting.size)] ?? ['', []];
    const [next, ...rest] = list;
    if (next === undefined) throw new Error('an empty run');
    const expected = revisions.get(subject) ?? START;
    const outcome = await shuffled.append(subject as Subject, expected, next);
    if (outcome.kind !== 'appended') throw new Error(outcome.kind);
    revisions.set(subject, outcome.position);
    if (rest.length === 0) waiting.delete(subject);
    else waiting.set(subject, rest);
  }
  return shuffled;
}

/** Hashes what a view shows of every run and document, without the positions. */
async function shownDigest(open: () => JobRunView, log: EventLog): Promise<Sha256> {
  await digestAfter({ open, [Symbol.asyncDispose]: async () => undefined }, [log], 64);
  const view = open();
  await view.open();
  const shown: unknown[] = [];
  for (const scope of HISTORY_SCOPES) {
    const { found } = await view.list(scope, { limit: 1_000 });
    for (const { run } of found) {
      const one = (await view.find(scope, run.id)).found;
      shown.push([one?.origin, one?.run, one?.lineage ?? null]);
    }
    shown.push((await view.documents(scope, { limit: 1_000 })).found);
  }
  await view.close();
  expect(shown.length).toBeGreaterThan(20);
  return sha256Of(canonicalJson(shown));
}

describe('events that come shuffled by run', () => {
  it('are shown as those that come in order, in SQLite and in Postgres', async () => {
    await forSeeds(3, async (random) => {
      const log = memoryLog('JOBS');
      await writeJobHistory(log, EVENTS, random);
      const other = await shuffledByRun(log, random);
      using folder = tempFolder();
      const sqlite = (name: string) => () => new SqliteJobRuns(join(folder.path, name));
      const wanted = await shownDigest(sqlite('in-order'), log);
      expect(await shownDigest(sqlite('shuffled'), other)).toBe(wanted);
      const limits = { connectionsMax: 4, connectTimeoutMs: 5_000, statementTimeoutMs: 30_000 };
      const db = new Postgres({ url: await freshDatabase(), ...limits });
      expect(await shownDigest(() => new PostgresJobRuns(db), other)).toBe(wanted);
      await db.close();
    });
  });
});
