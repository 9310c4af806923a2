import { afterEach, describe, expect, it } from 'vitest';
import { RESTORE } from '#compose/drills/restore';
import { START } from '#domain/position';
import { provisionStreams } from '#log/provision';
import {
  type BackupFolder,
  type BackupSide,
  backUp,
  backupFolder,
  eventsOf,
  filesIn,
  openBackupSide,
  restoreInto,
} from '#test/support/backup-bed';
import { runDrillWith } from '#test/support/drill-bed';
import { datasetSubject, someEvent } from '#test/support/events';

const opened: (AsyncDisposable | Disposable)[] = [];
afterEach(async () => {
  for (const one of opened.splice(0).toReversed())
    if (Symbol.asyncDispose in one) await one[Symbol.asyncDispose]();
    else one[Symbol.dispose]();
});

async function side(options?: { readonly provision?: boolean }): Promise<BackupSide> {
  const made = await openBackupSide(options);
  opened.push(made);
  return made;
}

function place(): BackupFolder {
  const made = backupFolder();
  opened.push(made);
  return made;
}

describe('drill backup and drill restore', () => {
  it('bring both streams back event by event, with positions, times and large bodies', async () => {
    const [from, into, { path, keyFile: key }] = [await side(), await side(), place()];
    await from.write(120, 1);
    const backup = await backUp(from, path, { key });
    expect(backup, backup.text).toMatchObject({ outcome: 'succeeded' });
    expect(filesIn(path).filter((name) => name.endsWith('.body')).length).toBeGreaterThan(1);
    const restore = await restoreInto(into, path, { key });
    expect(restore, restore.text).toMatchObject({ outcome: 'succeeded' });
    for (const stream of ['REGISTRY', 'JOBS'] as const)
      expect(await eventsOf(into.logs[stream])).toEqual(await eventsOf(from.logs[stream]));
  });

  it('make the streams where there are none, and write on behind what was restored', async () => {
    const [from, into, { path }] = [await side(), await side({ provision: false }), place()];
    await from.write(20, 2);
    await backUp(from, path);
    expect((await restoreInto(into, path)).outcome).toBe('succeeded');
    const { last } = await from.logs.REGISTRY.head();
    const appended = await into.logs.REGISTRY.append(datasetSubject('new'), START, someEvent());
    expect(appended).toEqual({ kind: 'appended', position: last + 1 });
  });

  it('restore what was restored with the times of the first broker', async () => {
    const [first, second, third] = [await side(), await side(), await side()];
    const [one, two] = [place().path, place().path];
    await first.write(15, 3);
    await backUp(first, one);
    await restoreInto(second, one);
    expect((await backUp(second, two)).outcome).toBe('succeeded');
    expect((await restoreInto(third, two)).outcome).toBe('succeeded');
    expect(await eventsOf(third.logs.JOBS)).toEqual(await eventsOf(first.logs.JOBS));
  });

  it('restore into a broker of their own by default, and leave that of the settings alone', async () => {
    const [from, other, { path }] = [await side(), await side(), place()];
    await from.write(20, 4);
    await backUp(from, path);
    const run = await runDrillWith(RESTORE, { env: other.env, flags: { from: path } });
    expect(run, run.text).toMatchObject({ outcome: 'succeeded' });
    expect(run.text).toContain('a temporary broker');
    expect(await other.filled()).toEqual([]);
  });

  it('refuse a broker that holds anything, and leave it as it is', async () => {
    const [from, into, { path }] = [await side(), await side(), place()];
    await from.write(20, 5);
    await backUp(from, path);
    await into.logs.JOBS.append(datasetSubject('x', 'job-run'), START, someEvent());
    const run = await restoreInto(into, path);
    expect(run.outcome).toBe('failed');
    expect(run.text).toMatch(/Cannot restore stream "JOBS": at position 1 it holds something else/);
    expect(await into.filled()).toEqual(['JOBS']);
    const again = await restoreInto(from, path);
    expect(again.text).toMatch(/Cannot restore stream "REGISTRY": at position 1/);
  });

  it('take a consistent part of a log that is written meanwhile', async () => {
    const [from, into, { path }] = [await side(), await side(), place()];
    await from.write(40, 6);
    const before = (await from.logs.REGISTRY.head()).last;
    const [backup] = await Promise.all([backUp(from, path), from.write(60, 7)]);
    expect(backup, backup.text).toMatchObject({ outcome: 'succeeded' });
    expect((await restoreInto(into, path)).outcome).toBe('succeeded');
    const [all, restored] = [
      await eventsOf(from.logs.REGISTRY),
      await eventsOf(into.logs.REGISTRY),
    ];
    expect(restored.length).toBeGreaterThanOrEqual(before);
    expect(restored).toEqual(all.slice(0, restored.length));
  });
});

describe('a second backup to the same place', () => {
  it('adds what has come since, and each backup can be restored', async () => {
    const [from, { path, keyFile: key }] = [await side(), place()];
    await from.write(30, 8);
    await backUp(from, path, { key });
    const first = await eventsOf(from.logs.REGISTRY);
    const filesOfFirst = filesIn(path);
    await from.write(30, 9);
    const second = await backUp(from, path, { key });
    expect(second.text).toContain('going on from 1');
    expect(filesIn(path)).toEqual(expect.arrayContaining([...filesOfFirst]));
    const [older, newer] = [await side(), await side()];
    expect((await restoreInto(older, path, { key, index: '1' })).outcome).toBe('succeeded');
    expect((await restoreInto(newer, path, { key })).outcome).toBe('succeeded');
    expect(await eventsOf(older.logs.REGISTRY)).toEqual(first);
    expect(await eventsOf(newer.logs.REGISTRY)).toEqual(await eventsOf(from.logs.REGISTRY));
  });

  it('adds nothing when nothing has come', async () => {
    const [from, { path }] = [await side(), place()];
    await from.write(10, 10);
    await backUp(from, path);
    const before = filesIn(path);
    expect((await backUp(from, path)).text).toContain('REGISTRY nothing new, JOBS nothing new');
    expect(filesIn(path).filter((name) => !before.includes(name))).toEqual([
      'indexes/000000000002.json',
    ]);
  });

  it('refuses a stream that was created anew, unless it is to begin anew', async () => {
    const [from, { path }] = [await side(), place()];
    await from.write(10, 11);
    await backUp(from, path);
    await from.broker.jsm.streams.delete('JOBS');
    await provisionStreams(from.broker.jsm, { replicas: 1 });
    const refused = await backUp(from, path);
    expect(refused.outcome).toBe('failed');
    expect(refused.text).toMatch(/Cannot go on with the backup of stream "JOBS": it was created/);
    expect((await backUp(from, path, { full: true })).outcome).toBe('succeeded');
    expect((await restoreInto(await side(), path)).outcome).toBe('succeeded');
  });
});
