import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RegistryError } from '#domain/errors';
import { START } from '#domain/position';
import { systemClock } from '#flow/clock';
import { newId } from '#flow/new-id';
import { Projector } from '#projections/projector';
import type { SnapshotFiles, SnapshotView } from '#projections/view-snapshots/snapshot-port';
import { memoryLog } from '#test/support/command-env';
import { datasetSubject, someEvent } from '#test/support/events';
import { writeRegistryHistory } from '#test/support/history';
import { writeJobHistory } from '#test/support/run-history';
import { seeded } from '#test/support/seed';
import { openView, type SnapshotBed, snapshotBed } from '#test/support/snapshot-bed';
import { eventually } from '#test/support/wait';

let bed: SnapshotBed;
beforeEach(() => {
  bed = snapshotBed();
});
afterEach(() => bed[Symbol.dispose]());

async function logOf(view: SnapshotView, events: number, seed = 5) {
  const log = memoryLog(view === 'job-runs' ? 'JOBS' : 'REGISTRY');
  const write = view === 'job-runs' ? writeJobHistory : writeRegistryHistory;
  await write(log, events, seeded(seed));
  return log;
}

describe('a snapshot of a view', () => {
  it.each(['catalog', 'registry-stores', 'job-runs'] as const)(
    'gives a new node the view of %s that a rebuild from position 1 gives, and only the tail is applied',
    async (view) => {
      const log = await logOf(view, 120);
      await bed.keep(bed.fileOf('a', view, log));
      const { position } = await bed.take(bed.fileOf('a', view, log));
      const write = view === 'job-runs' ? writeJobHistory : writeRegistryHistory;
      await write(log, 30, seeded(6));
      const { last } = await log.head();
      const started = await bed.keep(bed.fileOf('b', view, log));
      expect(started.events).toMatchObject([{ type: 'restored', view, position }]);
      expect(started.applied).toBe(last - position);
      const rebuilt = await bed.keep(bed.fileOf('c', view, log), {
        file: { ...bed.fileOf('c', view, memoryLog()) },
      });
      expect(rebuilt.applied).toBe(last);
      expect(started).toMatchObject({ position: last, digest: rebuilt.digest });
    },
  );

  it('says in its index the digest that a rebuild to its position comes to', async () => {
    const log = await logOf('catalog', 80);
    const kept = await bed.keep(bed.fileOf('a', 'catalog', log));
    await bed.take(bed.fileOf('a', 'catalog', log));
    const bytes = await bed.files.read(
      `snapshots/catalog/${bed.newestStem('catalog')}.json`,
      1_000_000,
    );
    const { index } = JSON.parse(Buffer.from(bytes ?? []).toString('utf8'));
    expect(index).toMatchObject({ position: kept.position, digest: kept.digest });
  });

  it('is not looked for where the view is there', async () => {
    const log = await logOf('catalog', 40);
    const file = bed.fileOf('a', 'catalog', log);
    await bed.keep(file);
    await bed.take(file);
    await writeRegistryHistory(log, 5, seeded(7));
    expect((await bed.keep(file)).events).toEqual([]);
  });

  it('takes the place of a view of another schema version, and of one that is no database', async () => {
    const log = await logOf('catalog', 40);
    await bed.keep(bed.fileOf('a', 'catalog', log));
    await bed.take(bed.fileOf('a', 'catalog', log));
    const other = bed.fileOf('b', 'catalog', log);
    await bed.keep({ ...other, schema: { ...other.schema, version: 999 } });
    const database = (await import('better-sqlite3')).default;
    const db = new database(other.path);
    db.pragma('user_version = 6');
    db.close();
    expect((await bed.keep(other)).events).toMatchObject([{ type: 'restored' }]);
    const junk = bed.fileOf('c', 'catalog', log);
    writeFileSync(junk.path, 'this is no database at all'.repeat(100));
    expect((await bed.keep(junk)).events).toMatchObject([{ type: 'restored' }]);
  });

  it('leaves nothing behind on the disk of the node but the view', async () => {
    const log = await logOf('catalog', 40);
    const file = bed.fileOf('a', 'catalog', log);
    await bed.keep(file);
    await bed.take(file);
    const fresh = bed.fileOf('b', 'catalog', log);
    await bed.keep(fresh);
    const left = readdirSync(join(fresh.path, '..')).filter((name) => !/-(wal|shm)$/.test(name));
    expect(left).toEqual(['catalog.sqlite']);
    expect(readdirSync(join(fresh.path, '..', '..', 'copies'))).toEqual([]);
  });

  it('is waited for no longer than the bound, then the view is built from position 1', async () => {
    const log = await logOf('catalog', 40);
    const file = bed.fileOf('a', 'catalog', log);
    await bed.keep(file);
    await bed.take(file);
    const never: SnapshotFiles = {
      ...wrapped(bed.files),
      read: () => new Promise(() => undefined),
    };
    const started = await bed.keep(bed.fileOf('b', 'catalog', log), { files: never, waitMs: 100 });
    expect(started.events).toMatchObject([{ type: 'ignored', why: /longer than 100 ms/ }]);
    expect(started.applied).toBe(started.position);
  });

  it('is done without while the store is away: one warning, then position 1', async () => {
    const log = await logOf('catalog', 40);
    const away = async (): Promise<never> => {
      throw new RegistryError('STORE_UNAVAILABLE', 'Cannot list: it is away');
    };
    const started = await bed.keep(bed.fileOf('b', 'catalog', log), {
      files: { ...wrapped(bed.files), list: away, read: away },
    });
    expect(started.events).toMatchObject([{ type: 'ignored', why: 'Cannot list: it is away' }]);
    expect(started.applied).toBe(started.position);
  });

  it('is taken while 10,000 events are being applied, and neither that nor the event loop waits for it', async () => {
    const log = memoryLog();
    for (let i = 0; i < 10_000; i += 1)
      await log.append(
        datasetSubject(`early/${newId()}`),
        START,
        someEvent({ type: 'DatasetRegistered' }),
      );
    const file = bed.fileOf('a', 'catalog', log);
    await bed.keep(file);
    const projection = openView(file);
    const projector = new Projector({ projection, log, clock: systemClock, batchMax: 100 });
    projector.start();
    await eventually('to be live', () => projector.caughtUp);
    const delays = monitorEventLoopDelay({ resolution: 5 });
    delays.enable();
    let isTaken = false;
    const taking = bed.take(file).finally(() => {
      isTaken = true;
    });
    let slowestMs = 0;
    let during = 0;
    for (let i = 0; i < 10_000; i += 1) {
      await log.append(
        datasetSubject(`late/${newId()}`),
        START,
        someEvent({ type: 'DatasetRegistered' }),
      );
      if (i % 100 !== 99) continue;
      const began = performance.now();
      await projector.reached((10_001 + i) as never, 20_000);
      slowestMs = Math.max(slowestMs, performance.now() - began);
      if (!isTaken) during += 1;
    }
    const { position } = await taking;
    delays.disable();
    await projector.stop();
    console.log(
      `while a snapshot was taken ${during * 100} events were applied; slowest hundred ${slowestMs.toFixed(0)} ms, event loop late by ${(delays.max / 1e6).toFixed(0)} ms at most`,
    );
    expect(position).toBeGreaterThanOrEqual(10_000);
    expect(during).toBeGreaterThan(0);
    // Far above what was measured: a copy on the main thread would stop both for as long as it takes.
    expect(slowestMs).toBeLessThan(2_000);
    const from = await bed.keep(bed.fileOf('b', 'catalog', log));
    expect(from.events).toMatchObject([{ type: 'restored', position }]);
    expect(from.digest).toBe((await bed.keep(file)).digest);
  });
});

function wrapped(files: SnapshotFiles): SnapshotFiles {
  return {
    replace: (path, bytes) => files.replace(path, bytes),
    read: (path, bytesMax) => files.read(path, bytesMax),
    list: (folder) => files.list(folder),
    remove: (path) => files.remove(path),
  };
}
