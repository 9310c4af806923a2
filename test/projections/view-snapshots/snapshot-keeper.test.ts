import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '#flow/clock';
import { listSnapshots } from '#projections/view-snapshots/retain-snapshots';
import { SnapshotKeeper } from '#projections/view-snapshots/snapshot-keeper';
import type { ViewFile } from '#projections/view-snapshots/snapshot-port';
import { memoryLog } from '#test/support/command-env';
import { FakeClock } from '#test/support/fake-clock';
import { writeRegistryHistory } from '#test/support/history';
import { seeded } from '#test/support/seed';
import { type SnapshotBed, snapshotBed } from '#test/support/snapshot-bed';
import { eventually } from '#test/support/wait';

let bed: SnapshotBed;
beforeEach(() => {
  bed = snapshotBed();
});
afterEach(() => bed[Symbol.dispose]());

const logOf = async (events: number) => {
  const log = memoryLog();
  await writeRegistryHistory(log, events, seeded(5));
  return log;
};

function keeperOf(
  file: ViewFile,
  changed: Partial<ConstructorParameters<typeof SnapshotKeeper>[0]> = {},
) {
  return new SnapshotKeeper({
    file,
    view: { position: 1 as never, caughtUp: true, isAway: false },
    files: bed.files,
    clock: systemClock,
    folder: join(file.path, '..'),
    eventsMax: 1,
    ageMsMax: 3_600_000,
    kept: 2,
    freeBytesMin: 0,
    pollMs: 10,
    onEvent: () => undefined,
    ...changed,
  });
}

describe('the keeper of snapshots', () => {
  it('takes the first at once, then one when the view is so many events on, or the newest is so old', async () => {
    const log = await logOf(30);
    const file = bed.fileOf('a', 'catalog', log);
    const { position } = await bed.keep(file);
    const clock = new FakeClock();
    const { signal } = new AbortController();
    const keeperAt = (at: number) =>
      keeperOf(file, {
        clock,
        eventsMax: 50,
        ageMsMax: 60_000,
        view: { position: at as never, caughtUp: true, isAway: false },
      });
    expect(await keeperAt(position).lookOnce(signal)).toBe(true);
    expect(await keeperAt(position + 49).lookOnce(signal)).toBe(false);
    expect(await keeperAt(position + 50).lookOnce(signal)).toBe(true);
    await clock.advance(60_000);
    expect(await keeperAt(position).lookOnce(signal)).toBe(false);
    expect(await keeperAt(position + 1).lookOnce(signal)).toBe(true);
  });

  it('keeps n of them; removed are the oldest, parts and all, and what a dead node has left', async () => {
    const log = await logOf(30);
    const file = bed.fileOf('a', 'catalog', log);
    const orphan = `p${'5'.padStart(16, '0')}-v7-${'a'.repeat(12)}-t${'1000'.padStart(14, '0')}-${'b'.repeat(12)}.00000.gz`;
    await bed.files.replace(`snapshots/catalog/${orphan}`, Buffer.from('x'));
    const stems: string[] = [];
    for (let round = 0; round < 5; round += 1) {
      await writeRegistryHistory(log, 5, seeded(10 + round));
      const { position } = await bed.keep(file);
      const keeper = keeperOf(file, { view: { position, caughtUp: true, isAway: false } });
      expect(await keeper.lookOnce(new AbortController().signal)).toBe(true);
      stems.push(bed.newestStem('catalog'));
    }
    const left = readdirSync(bed.stored('catalog')).map((name) => name.split('.')[0]);
    expect(new Set(left)).toEqual(new Set(stems.slice(-2)));
  });

  it('of several nodes at once leaves whole snapshots alone, whoever was first', async () => {
    const log = await logOf(60);
    const files = await Promise.all(
      ['a', 'b', 'c', 'd'].map(async (node) => {
        const file = bed.fileOf(node, 'catalog', log);
        await bed.keep(file);
        return file;
      }),
    );
    const { signal } = new AbortController();
    const taken = await Promise.all(files.map((file) => keeperOf(file).lookOnce(signal)));
    expect(taken).toContain(true);
    const names = await listSnapshots(bed.files, 'catalog');
    expect(names.length).toBeLessThanOrEqual(2);
    const started = await bed.keep(bed.fileOf('e', 'catalog', log));
    expect(started.events).toMatchObject([{ type: 'restored' }]);
    expect(started.applied).toBe(0);
  });

  it('takes none of a view that is still being built, or has halted', async () => {
    const log = await logOf(20);
    const file = bed.fileOf('a', 'catalog', log);
    const { position } = await bed.keep(file);
    const { signal } = new AbortController();
    for (const state of [
      { caughtUp: false, isAway: false },
      { caughtUp: true, isAway: true },
    ])
      expect(await keeperOf(file, { view: { position, ...state } }).lookOnce(signal)).toBe(false);
    expect(existsSync(bed.stored('catalog'))).toBe(false);
  });

  it('takes none where the disk has no room for the copy, and says so once', async () => {
    const log = await logOf(20);
    const file = bed.fileOf('a', 'catalog', log);
    await bed.keep(file);
    const told: unknown[] = [];
    const stop = new AbortController();
    const keeper = keeperOf(file, {
      freeBytesMin: Number.MAX_SAFE_INTEGER,
      onEvent: (event) => told.push(event),
    });
    const running = keeper.run(stop.signal);
    await eventually('to be told', () => told.length > 0);
    await systemClock.sleep(100);
    stop.abort();
    await running;
    expect(told).toMatchObject([{ type: 'not-taken', why: /bytes free/ }]);
    expect(existsSync(bed.stored('catalog'))).toBe(false);
  });
});
