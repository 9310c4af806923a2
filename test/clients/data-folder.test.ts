import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync, statfsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDataFolder } from '#clients/data-folder';
import { isRegistryError } from '#domain/errors';
import { forSeeds } from '#test/support/seed';
import { type TempFolder, tempFolder } from '#test/support/temp';

const MODULE = join(import.meta.dirname, '../../dist/src/clients/data-folder.js');

/** Takes the folder, says what came of it, and holds it until standard input ends; then it exits without release. */
const HOLDER = `
const { openDataFolder } = await import(${JSON.stringify(MODULE)});
try {
  openDataFolder(process.argv[1], 0);
  process.stdout.write('held\\n');
} catch (error) {
  process.stdout.write(error.code + ' ' + error.message + '\\n');
}
process.stdin.resume();
process.stdin.on('end', () => process.exit(0));
`;

interface Holder {
  readonly child: ChildProcess;
  /** The first line that it said. */
  readonly said: Promise<string>;
  readonly ended: Promise<unknown>;
}

let folder: TempFolder;
let path: string;
const holders: Holder[] = [];

beforeEach(() => {
  folder = tempFolder();
  path = join(folder.path, 'a', 'data');
});
afterEach(async () => {
  for (const { child, ended } of holders.splice(0)) {
    child.kill('SIGKILL');
    await ended;
  }
  folder[Symbol.dispose]();
});

/** Another process that tries to take the folder. */
function otherProcess(): Holder {
  const args = ['--input-type=module', '-e', HOLDER, path];
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const said = new Promise<string>((resolve) => {
    child.stdout.once('data', (chunk) => resolve(String(chunk).trim()));
  });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const holder = { child, said, ended };
  holders.push(holder);
  return holder;
}

function refusal(freeBytesMin = 0): string {
  try {
    openDataFolder(path, freeBytesMin).release();
  } catch (error) {
    if (isRegistryError(error, 'CANNOT_START')) return error.message;
    throw error;
  }
  return 'it was taken';
}

describe('openDataFolder()', () => {
  it('makes the folder and those inside for their owner alone', () => {
    const data = openDataFolder(path, 0);
    expect(data.path).toBe(path);
    expect(data.folder('nats')).toBe(join(path, 'nats'));
    expect(data.folder('nats')).toBe(join(path, 'nats'));
    for (const made of [path, join(path, 'nats')]) expect(statSync(made).mode & 0o077).toBe(0);
    data.release();
  });

  it('refuses a folder that another process holds, in one line that names the process', async () => {
    const other = otherProcess();
    expect(await other.said).toBe('held');
    expect(refusal()).toBe(
      `Cannot use data folder "${path}": process ${other.child.pid} holds it (want a folder of its own: stop that process, or set ATLAS_DATA_DIR)`,
    );
  });

  it('refuses a second holder in the same process too, and the first keeps it', () => {
    const data = openDataFolder(path, 0);
    expect(refusal()).toMatch(new RegExp(`process ${process.pid} holds it`));
    expect(refusal()).toMatch(/holds it/);
    data.release();
    expect(refusal()).toBe('it was taken');
  });

  it('is free again after release()', async () => {
    openDataFolder(path, 0).release();
    expect(await otherProcess().said).toBe('held');
  });

  it('is free again when its holder has exited', async () => {
    const other = otherProcess();
    await other.said;
    other.child.stdin?.end();
    expect(await other.ended).toBe(0);
    expect(refusal()).toBe('it was taken');
  });

  it('is free again at once when its holder was killed: no stale lock', async () => {
    for (let i = 0; i < 5; i += 1) {
      const other = otherProcess();
      expect(await other.said).toBe('held');
      other.child.kill('SIGKILL');
      await other.ended;
    }
    expect(refusal()).toBe('it was taken');
    expect(existsSync(join(path, 'lock.sqlite'))).toBe(true);
  });

  it('is still held while its holder is stopped', async () => {
    const other = otherProcess();
    await other.said;
    other.child.kill('SIGSTOP');
    expect(refusal()).toMatch(/holds it/);
  });

  it('has one holder when several processes want it at once; every other is refused clearly', async () => {
    await forSeeds(3, async (random) => {
      const racers = Array.from({ length: 2 + random.int(4) }, otherProcess);
      const said = await Promise.all(racers.map((racer) => racer.said));
      expect(said.filter((line) => line === 'held')).toHaveLength(1);
      for (const line of said.filter((other) => other !== 'held')) {
        expect(line).toMatch(/^CANNOT_START Cannot use data folder .*: process \S* ?holds it/);
      }
      const holder = racers[said.indexOf('held')];
      expect(readFileSync(join(path, 'owner'), 'utf8').trim()).toBe(String(holder?.child.pid));
      for (const { child, ended } of racers) {
        child.kill('SIGKILL');
        await ended;
      }
    });
  });

  it('refuses a disk with less free space than wanted, and leaves the folder free', () => {
    const { bavail, bsize } = statfsSync(folder.path);
    expect(refusal(bavail * bsize * 2)).toMatch(
      /^Cannot use data folder ".*": its disk is full, \d+ bytes are free \(want at least \d+: free space there, or set ATLAS_DATA_DIR or ATLAS_DISK_FREE_BYTES_MIN\)$/,
    );
    expect(refusal(1)).toBe('it was taken');
  });

  it('takes a relative path from where the process stands', () => {
    const data = openDataFolder(join(folder.path, 'x', '..', 'y'), 0);
    expect(data.path).toBe(join(folder.path, 'y'));
    data.release();
  });
});
