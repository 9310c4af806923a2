import { readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CachedFile } from '#cache/cached-file';
import { GO_ON } from '#cache/query/open-dataset-file';
import type { Query } from '#cache/query/query';
import { QueryPool, type QueryPoolOptions } from '#cache/query/query-pool';
import { queryProgram } from '#cache/query/query-thread';
import { systemClock } from '#flow/clock';
import { writeSql } from '#test/cache/query/gene-files';
import { FakeClock, settled } from '#test/support/fake-clock';
import { type TempFolder, tempFolder } from '#test/support/temp';
import { eventually } from '#test/support/wait';

const ONE = query("SELECT json_object('v', v) FROM t");
const ENDLESS = query(
  `WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT count(*) FROM c WHERE (x & 1023) OR NOT ${GO_ON}()`,
);
const DEADLY = query("SELECT 'deadly'");
const TIMEOUT_MS = 800;

function query(sql: string): Query {
  return { sql, values: [], class: 'heavy' };
}

describe('QueryPool', () => {
  let temporary: TempFolder;
  let clock: FakeClock;
  const pools: QueryPool[] = [];
  beforeEach(() => {
    temporary = tempFolder();
    clock = new FakeClock();
  });
  afterEach(async () => {
    for (const pool of pools.splice(0)) await pool.close();
    temporary[Symbol.dispose]();
  });

  function poolOf(options: Partial<QueryPoolOptions> = {}): QueryPool {
    const files = { filesMax: 4 };
    const pool = new QueryPool({ clock, threads: 1, waitingMax: 100, files, ...options });
    pools.push(pool);
    return pool;
  }

  function fileWith(value: number): CachedFile {
    const path = join(temporary.path, `${value}.sqlite`);
    return writeSql(path, `CREATE TABLE t (v); INSERT INTO t VALUES (${value})`);
  }

  function run(
    pool: QueryPool,
    file: CachedFile,
    more: { query?: Query; signal?: AbortSignal } = {},
  ): ReturnType<QueryPool['run']> {
    return pool.run({ file, query: ONE, timeoutMs: TIMEOUT_MS, ...more });
  }

  /** The files of the test that this process has open, all its threads together. */
  function openPaths(): string[] {
    const paths = readdirSync('/proc/self/fd').map((fd) => {
      try {
        return readlinkSync(`/proc/self/fd/${fd}`);
      } catch {
        return '';
      }
    });
    return paths.filter((path) => path.startsWith(temporary.path));
  }

  /** The program of a thread that dies at a certain query, and is else the one of the product. */
  function dyingProgram(): string {
    const path = join(temporary.path, 'dying.mjs');
    writeFileSync(
      path,
      `import { parentPort } from 'node:worker_threads';
       const post = parentPort.postMessage.bind(parentPort);
       parentPort.postMessage = (answer) => {
         if (answer.page?.rows.includes('deadly')) process.exit(3);
         post(answer);
       };
       await import(${JSON.stringify(pathToFileURL(queryProgram()).href)});`,
    );
    return path;
  }

  it('run() gives each caller the page of its own query, in any number of threads', async () => {
    for (const threads of [1, 2, 4]) {
      const pool = poolOf({ threads, waitingMax: 200 });
      const files = Array.from({ length: 8 }, (_, i) => fileWith(threads * 10 + i));
      const asked = Array.from({ length: 200 }, (_, i) => files[i % 8] as CachedFile);
      const pages = await Promise.all(asked.map(async (file) => run(pool, file)));
      expect(pages.map(({ rows }) => rows)).toEqual(
        asked.map((_, i) => `[{"v":${threads * 10 + (i % 8)}}]`),
      );
      expect(pool.state).toEqual({ threads: expect.any(Number), waiting: 0, running: 0 });
      expect(pool.state.threads).toBeLessThanOrEqual(threads);
      await pool.close();
    }
  });

  it('a thread keeps so many files open and no more', async () => {
    const pool = poolOf({ files: { filesMax: 3 } });
    for (let i = 0; i < 10; i += 1) await run(pool, fileWith(i));
    expect(openPaths().length).toBe(3);
    expect(openPaths()).toContain(join(temporary.path, '9.sqlite'));
  });

  it('a thread that has a file open is asked for it before one that has not', async () => {
    const pool = poolOf({ threads: 3 });
    const files = [fileWith(1), fileWith(2), fileWith(3)];
    await Promise.all(files.map(async (file) => run(pool, file)));
    for (let i = 0; i < 30; i += 1) await run(pool, files[i % 3] as CachedFile);
    expect(openPaths().toSorted()).toEqual(files.map(({ path }) => path).toSorted());
  });

  it('run() refuses what would make the queue too long, and serves who waits already', async () => {
    const pool = poolOf({ waitingMax: 3 });
    const file = fileWith(1);
    const asked = Array.from({ length: 10 }, async () => run(pool, file));
    const outcomes = await Promise.allSettled(asked);
    const codes = outcomes.map((each) =>
      each.status === 'fulfilled' ? each.value.rows : (each.reason as { code: string }).code,
    );
    // Two are with the thread, three wait.
    expect(codes).toEqual([...Array(5).fill('[{"v":1}]'), ...Array(5).fill('BUSY')]);
  });

  it('a query that takes too long fails, its thread is replaced, and who waited behind it is served', async () => {
    const pool = poolOf();
    const file = fileWith(7);
    await run(pool, file);
    const endless = run(pool, file, { query: ENDLESS });
    const behind = [run(pool, file), run(pool, file)];
    endless.catch(() => undefined);
    await clock.advance(TIMEOUT_MS - 1);
    expect(pool.state).toEqual({ threads: 1, waiting: 1, running: 2 });
    await clock.advance(1);
    await expect(endless).rejects.toMatchObject({
      code: 'OVERLOADED',
      message: expect.stringMatching(/longer than 800 ms/),
      retryAfterSeconds: 1,
    });
    expect((await Promise.all(behind)).map(({ rows }) => rows)).toEqual(['[{"v":7}]', '[{"v":7}]']);
    expect(pool.state.threads).toBe(1);
    expect(openPaths()).toEqual([file.path]);
  });

  it('an answer that is here when its time is over counts: it was this thread that was late', async () => {
    const pool = poolOf();
    const file = fileWith(7);
    await run(pool, file);
    const asked = run(pool, file);
    const began = systemClock.monotonicMs();
    // The thread answers meanwhile, and nobody here can see it.
    while (systemClock.monotonicMs() - began < 200);
    void clock.advance(TIMEOUT_MS);
    expect((await asked).rows).toBe('[{"v":7}]');
    await settled();
    expect(pool.state.threads).toBe(1);
  });

  it('a thread that dies fails the query it had, and only that one', async () => {
    const pool = poolOf({ program: dyingProgram() });
    const file = fileWith(4);
    await run(pool, file);
    const deadly = run(pool, file, { query: DEADLY });
    const behind = [run(pool, file), run(pool, file), run(pool, file)];
    await expect(deadly).rejects.toMatchObject({
      code: 'OVERLOADED',
      message: expect.stringMatching(/exit code 3/),
    });
    expect((await Promise.all(behind)).map(({ rows }) => rows)).toEqual(Array(3).fill('[{"v":4}]'));
    expect(openPaths()).toEqual([file.path]);
  });

  it('threads that die again and again are replaced again and again', async () => {
    const pool = poolOf({ program: dyingProgram(), threads: 2 });
    const file = fileWith(4);
    const asked = Array.from({ length: 12 }, async (_, i) =>
      run(pool, file, i % 2 === 0 ? { query: DEADLY } : {}),
    );
    const outcomes = await Promise.allSettled(asked);
    expect(outcomes.map(({ status }) => status)).toEqual(
      asked.map((_, i) => (i % 2 === 0 ? 'rejected' : 'fulfilled')),
    );
  });

  it('a thread that cannot start fails its query with the reason', async () => {
    const pool = poolOf({ program: join(temporary.path, 'missing.mjs') });
    await expect(run(pool, fileWith(1))).rejects.toMatchObject({
      code: 'OVERLOADED',
      message: expect.stringMatching(/missing\.mjs/),
    });
  });

  it('a file that is broken fails its queries and nothing else', async () => {
    const pool = poolOf();
    const good = fileWith(1);
    const bad = { ...good, sha256: fileWith(2).sha256, path: join(temporary.path, 'bad') };
    writeFileSync(bad.path, 'x'.repeat(5_000));
    const [broken, fine] = await Promise.allSettled([run(pool, bad), run(pool, good)]);
    expect(broken).toMatchObject({
      reason: { code: 'DATASET_UNUSABLE', details: { isDamaged: false } },
    });
    expect(fine.status).toBe('fulfilled');
    await expect(run(pool, good, { query: query('SELECT nothing') })).rejects.toMatchObject({
      code: 'DATASET_UNUSABLE',
    });
  });

  it('a caller that has gone leaves the queue, and does not stop what runs', async () => {
    const pool = poolOf();
    const file = fileWith(1);
    await run(pool, file);
    const gone = new AbortController();
    const reason = new Error('gone');
    const running = run(pool, file, { query: ENDLESS, signal: gone.signal });
    const second = run(pool, file);
    const waiting = run(pool, file, { signal: gone.signal });
    expect(pool.state.waiting).toBe(1);
    gone.abort(reason);
    await expect(running).rejects.toBe(reason);
    await expect(waiting).rejects.toBe(reason);
    expect(pool.state).toEqual({ threads: 1, waiting: 0, running: 2 });
    await clock.advance(TIMEOUT_MS);
    expect((await second).rows).toBe('[{"v":1}]');
    await expect(run(pool, file, { signal: gone.signal })).rejects.toBe(reason);
  });

  it('forget() closes the file in every thread, and a later query opens it again', async () => {
    const pool = poolOf({ threads: 3 });
    const file = fileWith(1);
    await Promise.all(Array.from({ length: 30 }, async () => run(pool, file)));
    expect(openPaths().length).toBeGreaterThan(0);
    await pool.forget(file.sha256);
    expect(openPaths()).toEqual([]);
    rmSync(file.path);
    await expect(run(pool, file)).rejects.toMatchObject({ code: 'DATASET_UNUSABLE' });
    expect((await run(pool, { ...fileWith(2), sha256: file.sha256 })).rows).toBe('[{"v":2}]');
  });

  it('forget() waits for the query that uses the file, and ends when its thread does', async () => {
    const pool = poolOf();
    const file = fileWith(1);
    await run(pool, file);
    const endless = run(pool, file, { query: ENDLESS });
    endless.catch(() => undefined);
    let isForgotten = false;
    const forgotten = pool.forget(file.sha256).then(() => {
      isForgotten = true;
    });
    await settled();
    expect([isForgotten, openPaths()]).toEqual([false, [file.path]]);
    await clock.advance(TIMEOUT_MS);
    await forgotten;
    expect(openPaths()).toEqual([]);
    await expect(endless).rejects.toMatchObject({ code: 'OVERLOADED' });
  });

  it('close() fails what waits and runs, and leaves neither thread nor file nor timer', async () => {
    const pool = poolOf();
    const file = fileWith(1);
    await run(pool, file);
    const asked = Promise.allSettled(
      [ENDLESS, ONE, ONE, ONE].map(async (each) => run(pool, file, { query: each })),
    );
    await settled();
    await Promise.all([pool.close(), pool.close()]);
    const outcomes = await asked;
    expect(outcomes.map((each) => (each.status === 'rejected' ? each.reason : each))).toEqual([
      expect.objectContaining({ code: 'OVERLOADED' }),
      ...Array(3).fill(expect.objectContaining({ code: 'NOT_READY' })),
    ]);
    await expect(run(pool, file)).rejects.toMatchObject({ code: 'NOT_READY' });
    expect([openPaths(), clock.sleeping]).toEqual([[], 0]);
    await eventually('no thread is left', () => pool.state.threads === 0);
  });
});
