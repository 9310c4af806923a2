import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Postgres } from '#clients/postgres';
import { newId } from '#flow/new-id';
import { PostgresJobRuns } from '#projections/job-runs/postgres-job-runs';
import { VIEW_SCHEMA } from '#projections/job-runs/postgres-schema';
import { SqliteJobRuns } from '#projections/job-runs/sqlite-job-runs';
import { runDocument } from '#test/lineage/lineage-events';
import { openLog, startTestNats, type TestNats } from '#test/support/nats';
import { query, startPostgres, type TestPostgres } from '#test/support/postgres';
import { digestAfter } from '#test/support/projection-conformance';
import { startTestRegistry, type TestRegistry } from '#test/support/registry';
import { forSeeds, type Seeded } from '#test/support/seed';
import { tempFolder } from '#test/support/temp';
import { eventually } from '#test/support/wait';

const IDS = 40;

describe('job runs in a Postgres that fails under load', () => {
  let nats: TestNats;
  let postgres: TestPostgres;
  let node: TestRegistry;
  beforeAll(async () => {
    nats = await startTestNats({ provision: false });
    postgres = await startPostgres();
    await start();
  });
  afterAll(async () => {
    postgres.resume();
    await node[Symbol.asyncDispose]();
    await postgres[Symbol.asyncDispose]();
    await nats[Symbol.asyncDispose]();
  });

  const start = async (): Promise<void> => {
    node = await startTestRegistry({
      NATS_URL: nats.server.url.replace('//', `//${nats.server.token}@`),
      DATABASE_URL: postgres.url,
      ATLAS_DATABASE_TIMEOUT_MS: '1000',
      ATLAS_DATABASE_CONNECT_TIMEOUT_MS: '500',
      ATLAS_VISIBLE_WAIT_MS: '50',
      ATLAS_LOG_LEVEL: 'silent',
    });
  };

  /** Sends what clients send, whatever is answered, until it is told to stop. */
  const load = async (random: Seeded, signal: AbortSignal): Promise<number> => {
    let answered = 0;
    while (!signal.aborted) {
      const operations = Array.from({ length: 20 }, () => {
        const id = `run-${random.int(IDS)}`;
        const status = random.pick(['succeeded', 'failed', 'cancelled']);
        return random.pick<object>([
          { op: 'start', id, job: 'load', timeout_ms: 60_000 },
          { op: 'progress', id, progress: { done: random.int(100) } },
          { op: 'finish', id, status },
        ]);
      });
      const events = Array.from({ length: 20 }, () =>
        runDocument({
          run: { runId: `00000000-0000-4000-8000-0000000000${10 + random.int(IDS)}` },
          eventType: random.pick(['START', 'RUNNING', 'COMPLETE', 'FAIL']),
          eventTime: `2026-01-31T12:00:${10 + random.int(50)}Z`,
        }),
      );
      const key = { 'Idempotency-Key': newId() };
      const answers = await Promise.all([
        node.api.post('/registry/job-runs/batch', { operations }, key),
        node.api.post('/api/v1/lineage/batch', events),
      ]);
      answered += answers.filter(({ status }) => status === 200).length;
    }
    return answered;
  };

  /** Compares the view in Postgres with one that is made anew from the log. */
  const expectTheFold = async (): Promise<void> => {
    const broker = await nats.connect();
    const log = openLog(broker, { stream: 'JOBS' });
    const { last } = await log.head();
    expect(last).toBeGreaterThan(0);
    const db = new Postgres({
      url: postgres.url,
      connectionsMax: 1,
      connectTimeoutMs: 5_000,
      statementTimeoutMs: 30_000,
    });
    const view = new PostgresJobRuns(db);
    await eventually('the view to reach the end of the log', async () => {
      const { position } = await view.open();
      return position >= last;
    });
    using folder = tempFolder();
    const storage = {
      open: () => new SqliteJobRuns(join(folder.path, 'fold.sqlite')),
      [Symbol.asyncDispose]: async () => undefined,
    };
    expect(await view.digest()).toEqual(await digestAfter(storage, [log], 500));
    await db.close();
    await broker.close();
  };

  const faults = {
    'is killed and comes back': async () => {
      await postgres.kill();
      await delay(300);
      await postgres.restart();
    },
    'is frozen for longer than a statement may take': async () => {
      postgres.pause();
      await delay(2_500);
      postgres.resume();
    },
    'is emptied': async () => {
      await query(postgres.url, `DROP SCHEMA ${VIEW_SCHEMA} CASCADE`);
    },
  };

  it.each(Object.entries(faults))('holds the fold of the log after it %s', async (_, fault) => {
    await forSeeds(2, async (random) => {
      const stop = new AbortController();
      const loaded = load(random, stop.signal);
      await delay(200 + random.int(300));
      await fault();
      await delay(200 + random.int(300));
      stop.abort();
      expect(await loaded).toBeGreaterThan(0);
      await expectTheFold();
    });
  });

  it('holds it after it was emptied while nothing was written', async () => {
    await expectTheFold();
    await query(postgres.url, `DROP SCHEMA ${VIEW_SCHEMA} CASCADE`);
    await expectTheFold();
  });

  it('holds it after the whole node began anew on an emptied Postgres', async () => {
    await node[Symbol.asyncDispose]();
    await query(postgres.url, `DROP SCHEMA ${VIEW_SCHEMA} CASCADE`);
    await start();
    await expectTheFold();
  });
});
