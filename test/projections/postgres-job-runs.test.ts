import { Writable } from 'node:stream';
import type { PoolClient } from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Postgres } from '#clients/postgres';
import { startJobRun } from '#commands/start-job-run';
import { jobRunEvolution } from '#domain/job-run';
import { START } from '#domain/position';
import type { StoredMessage } from '#log/event-log';
import { copyRuns, updateRuns } from '#projections/job-runs/copy-runs';
import { foldRuns, groupByRun, type TouchedRun } from '#projections/job-runs/fold-runs';
import { PostgresJobRuns } from '#projections/job-runs/postgres-job-runs';
import { VIEW_SCHEMA } from '#projections/job-runs/postgres-schema';
import { SqliteJobRuns } from '#projections/job-runs/sqlite-job-runs';
import {
  commandContext,
  commandEnvironment,
  freshSource,
  memoryLog,
} from '#test/support/command-env';
import { runStart } from '#test/support/ended-runs';
import { freshDatabase } from '#test/support/fresh-database';
import { somePostgres } from '#test/support/store-storages';

const TABLE = `${VIEW_SCHEMA}.job_run`;

let db: Postgres;
beforeEach(async () => {
  db = somePostgres(await freshDatabase());
});
afterEach(async () => await db.close());

/** Starts so many runs and gives their events. */
async function started(count: number): Promise<readonly StoredMessage[]> {
  const log = memoryLog('JOBS');
  const source = freshSource(log, 'job-run', jobRunEvolution);
  const commands = { env: commandEnvironment(), log, source };
  for (let i = 0; i < count; i += 1)
    await startJobRun(commands, commandContext(), {
      run: runStart({ id: `run-${i}` }),
      status: 'running',
    });
  const batch: StoredMessage[] = [];
  const { signal } = new AbortController();
  for await (const part of log.follow({ after: START, batchMax: count, signal })) {
    batch.push(...part);
    if (batch.length >= count) break;
  }
  return batch;
}

/** Gives runs with so many characters of state each. */
async function runsOf(count: number, length: number): Promise<readonly TouchedRun[]> {
  const state = { text: 'x'.repeat(length) };
  const runs = foldRuns(groupByRun(await started(count)).events, new Map());
  return runs.map((run) => withState(run, state));
}

function withState(run: TouchedRun, state: unknown): TouchedRun {
  return { ...run, aggregate: { ...run.aggregate, state } };
}

async function storedLengths(): Promise<readonly unknown[]> {
  return await db.query(
    `SELECT count(*)::int AS count, min(length(state ->> 'text')) AS least, max(length(state ->> 'text')) AS most
     FROM ${TABLE}`,
  );
}

/** Works in a transaction, and gives how many statements it took and the lengths of what was copied. */
async function watched(
  work: (client: PoolClient) => Promise<void>,
): Promise<{ readonly statements: number; readonly chunks: readonly number[] }> {
  const chunks: number[] = [];
  let statements = 0;
  await db.transaction(async (client) => {
    const query = (...asked: Parameters<PoolClient['query']>): unknown => {
      statements += 1;
      const [stream] = asked as readonly unknown[];
      if (stream instanceof Writable) {
        const write = stream.write.bind(stream);
        stream.write = (chunk: string) => {
          chunks.push(chunk.length);
          return write(chunk);
        };
      }
      return client.query(...asked);
    };
    await work(Object.create(client, { query: { value: query } }));
  });
  return { statements, chunks };
}

describe('PostgresJobRuns', () => {
  it('adds large runs one by one, and small ones many at a time', async () => {
    await new PostgresJobRuns(db).open();
    const [large, small] = [await runsOf(20, 1_000_000), await runsOf(250, 10)];
    const sent = await watched(async (client) => await copyRuns(client, TABLE, large));
    expect(await storedLengths()).toEqual([{ count: 20, least: 1_000_000, most: 1_000_000 }]);
    expect(sent.chunks).toHaveLength(20);
    await new PostgresJobRuns(db).clear();
    const { chunks } = await watched(async (client) => await copyRuns(client, TABLE, small));
    expect(await storedLengths()).toEqual([{ count: 250, least: 10, most: 10 }]);
    expect(chunks.length).toBeLessThan(10);
  });

  it('replaces large runs in several statements, and small ones in one', async () => {
    await new PostgresJobRuns(db).open();
    for (const { length, statements } of [
      { length: 1_000_000, statements: 3 },
      { length: 10, statements: 1 },
    ]) {
      const runs = await runsOf(20, length);
      await new PostgresJobRuns(db).clear();
      await db.transaction(async (client) => await copyRuns(client, TABLE, await runsOf(20, 1)));
      const sent = await watched(async (client) => await updateRuns(client, TABLE, runs));
      expect(await storedLengths()).toEqual([{ count: 20, least: length, most: length }]);
      expect(sent.statements).toBe(statements);
    }
  });

  it('adds nothing of a batch with a run that cannot be written, and goes on', async () => {
    await new PostgresJobRuns(db).open();
    const fault = new RangeError('Invalid string length');
    const [first, second] = await runsOf(2, 100_000);
    if (first === undefined || second === undefined) throw new Error('no runs');
    const toJSON = (): never => {
      throw fault;
    };
    const bad = withState(second, { toJSON });
    const work = db.transaction(async (client) => await copyRuns(client, TABLE, [first, bad]));
    await expect(work).rejects.toBe(fault);
    expect(await storedLengths()).toMatchObject([{ count: 0 }]);
    await db.transaction(async (client) => await copyRuns(client, TABLE, [first, second]));
    expect(await storedLengths()).toMatchObject([{ count: 2 }]);
  });

  it('has the digest of another backend, and reads a hundred rows at a time for it', async () => {
    const batch = await started(250);
    const [view, other] = [new PostgresJobRuns(db), new SqliteJobRuns(':memory:')];
    await view.apply(batch, await view.open());
    await other.apply(batch, await other.open());
    const counts: number[] = [];
    const transaction = db.transaction.bind(db);
    db.transaction = async (work) =>
      await transaction(async (client) => {
        const query = client.query.bind(client);
        const counting = async (sql: string) => {
          const result = await query(sql);
          counts.push(result.rows.length);
          return result;
        };
        return await work(Object.create(client, { query: { value: counting } }));
      });
    expect(await view.digest()).toEqual(await other.digest());
    expect(counts.toSorted((a, b) => b - a).slice(0, 3)).toEqual([100, 100, 50]);
    await other.close();
  });

  it('is cleared while batches are applied, and neither waits for ever', async () => {
    const batch = await started(40);
    const [one, two] = [new PostgresJobRuns(db), new PostgresJobRuns(db)];
    await one.open();
    for (let round = 0; round < 40; round += 1) {
      const checkpoint = await two.open();
      const rest = batch.filter(({ position }) => position > checkpoint.position);
      await Promise.all([rest.length > 0 ? one.apply(rest, checkpoint) : undefined, two.clear()]);
    }
    await two.clear();
    expect(await two.open()).toMatchObject({ position: START });
    expect(await storedLengths()).toMatchObject([{ count: 0 }]);
  });
});
