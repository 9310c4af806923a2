import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type BackupSide,
  backUp,
  backupFolder,
  eventsOf,
  filesIn,
  openBackupSide,
  restoreInto,
} from '#test/support/backup-bed';
import type { BackupTask } from '#test/support/backup-child';
import { runCommand } from '#test/support/run-command';
import { seeded } from '#test/support/seed';
import { eventually } from '#test/support/wait';

const CHILD = join(import.meta.dirname, '../../dist/test/support/backup-child.js');

let from: BackupSide;
beforeAll(async () => {
  from = await openBackupSide();
  await from.write(30, 1);
});
afterAll(async () => from[Symbol.asyncDispose]());

/** Backs up in a process of its own, and gives the signal that ended it. */
async function backedUp(task: Omit<BackupTask, 'nats' | 'store'>): Promise<string | undefined> {
  const { url, token } = from.nats.server;
  const all: BackupTask = { ...task, nats: { url, token }, store: join(from.folder, 'store') };
  const child = spawn(process.execPath, [CHILD, JSON.stringify(all)], { stdio: 'inherit' });
  return await new Promise((resolve) => {
    child.on('close', (code, signal) => resolve(code === 0 ? undefined : String(signal ?? code)));
  });
}

async function expectRestored(path: string, index?: string): Promise<void> {
  const into = await openBackupSide();
  try {
    const run = await restoreInto(into, path, index === undefined ? {} : { index });
    expect(run, run.text).toMatchObject({ outcome: 'succeeded' });
    if (index === undefined)
      for (const stream of ['REGISTRY', 'JOBS'] as const)
        expect(await eventsOf(into.logs[stream])).toEqual(await eventsOf(from.logs[stream]));
  } finally {
    await into[Symbol.asyncDispose]();
  }
}

describe('drill backup that is killed', () => {
  it('around any of its writes leaves the backup before it whole, and the next one goes on', async () => {
    using folder = backupFolder();
    expect((await backUp(from, folder.path)).outcome).toBe('succeeded');
    await from.write(8, 2);
    const before = filesIn(folder.path);
    let kills = 0;
    for (let killAtStep = 0; killAtStep < 200; killAtStep += 1) {
      const ended = await backedUp({ folder: folder.path, killAtStep });
      if (ended === undefined) break;
      expect(ended).toBe('SIGKILL');
      kills += 1;
      const files = filesIn(folder.path).filter((path) => !path.startsWith('tmp/'));
      expect(files).toEqual(expect.arrayContaining([...before]));
      // Behind the write of the index the backup is there; then the next one adds another.
      if (files.includes('indexes/000000000002.json')) break;
    }
    expect(kills).toBeGreaterThan(4);
    await expectRestored(folder.path, '1');
    expect((await backUp(from, folder.path)).outcome).toBe('succeeded');
    await expectRestored(folder.path);
    const index = filesIn(folder.path).filter((path) => path.startsWith('indexes/'));
    expect(index.length).toBeGreaterThan(1);
  });

  it('leaves nothing behind that the next backup does not remove', async () => {
    using folder = backupFolder();
    expect(await backedUp({ folder: folder.path, killAtStep: 3 })).toBe('SIGKILL');
    expect(filesIn(folder.path).some((path) => path.startsWith('files/'))).toBe(true);
    await from.write(4, 3);
    const { outcome } = await backUp(from, folder.path);
    expect(outcome).toBe('succeeded');
    using clean = backupFolder();
    await backUp(from, clean.path);
    expect(filesIn(folder.path)).toEqual(filesIn(clean.path));
  });
});

describe('drill restore that is killed', () => {
  it('goes on where it ended, and ends with the same log', async () => {
    const random = seeded(4);
    await from.write(1_200, 5);
    using folder = backupFolder();
    expect((await backUp(from, folder.path)).outcome).toBe('succeeded');
    const { last } = await from.logs.REGISTRY.head();
    const into = await openBackupSide();
    try {
      const to = ['--into-broker', '--scratch', into.folder];
      const args = ['drill', 'restore', '--from', folder.path, ...to];
      const killedAt: number[] = [];
      for (let kill = 0; kill < 3; kill += 1) {
        const command = runCommand(args, into.env);
        const at = (killedAt.at(-1) ?? 0) + 1 + random.int(200);
        await eventually('some events to be restored', async () => {
          const head = await into.logs.REGISTRY.head();
          return command.ended() || head.last >= Math.min(at, last) ? head.last : undefined;
        });
        command.child.kill('SIGKILL');
        await command.exit;
        killedAt.push((await into.logs.REGISTRY.head()).last);
      }
      expect(killedAt[0]).toBeGreaterThan(0);
      const run = await restoreInto(into, folder.path);
      expect(run, run.text).toMatchObject({ outcome: 'succeeded' });
      expect(run.text).toMatch(/REGISTRY goes on behind \d+/);
      for (const stream of ['REGISTRY', 'JOBS'] as const)
        expect(await eventsOf(into.logs[stream])).toEqual(await eventsOf(from.logs[stream]));
    } finally {
      await into[Symbol.asyncDispose]();
    }
  });
});
