import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePorts } from '#flow/free-ports';
import type { TestCredentials } from '#test/support/s3/signature';
import { tempFolder } from '#test/support/temp';
import { eventually } from '#test/support/wait';

const BIN = '/usr/bin';
const run = promisify(execFile);

/** Ceph's server of S3, with everything behind it, in a temporary folder. */
export interface Radosgw extends AsyncDisposable {
  readonly endpoint: string;
  readonly credentials: TestCredentials;
  /** Resident memory of all of its processes. */
  residentBytes(): number;
}

/** Tells whether `install-radosgw.sh` has been run here. */
export function hasRadosgw(): boolean {
  return ['radosgw', 'radosgw-admin', 'ceph', 'ceph-mon', 'ceph-osd'].every((name) =>
    existsSync(join(BIN, name)),
  );
}

function randomCredentials(): TestCredentials {
  return {
    accessKeyId: `AKIA${randomBytes(8).toString('hex').toUpperCase()}`,
    secretAccessKey: randomBytes(20).toString('hex'),
  };
}

/** Starts one monitor, one object store in memory and one gateway, and makes a user. Takes about a second. */
export async function startRadosgw(credentials = randomCredentials()): Promise<Radosgw> {
  const folder = tempFolder();
  const children: ChildProcess[] = [];
  const [monPort = 0, port = 0] = await freePorts(2);
  const config = join(folder.path, 'ceph.conf');
  const call = async (name: string, ...args: string[]): Promise<void> => {
    await run(join(BIN, name), ['-c', config, ...args], { timeout: 60_000, cwd: folder.path });
  };
  const start = (name: string, ...args: string[]): void => {
    children.push(
      spawn(join(BIN, name), ['-c', config, ...args, '-f'], { stdio: 'ignore', cwd: folder.path }),
    );
  };
  const stop = async (): Promise<void> => {
    for (const child of children.toReversed()) await ended(child);
    folder[Symbol.dispose]();
  };
  const [fsid, osd] = [randomUUID(), randomUUID()];
  for (const name of ['mon', 'osd', 'rgw']) mkdirSync(join(folder.path, name));
  writeFileSync(config, settings({ folder: folder.path, fsid, monPort, port }));
  writeFileSync(join(folder.path, 'keyring'), '');
  const monmap = join(folder.path, 'monmap');
  const monAddress = `[v2:127.0.0.1:${monPort}]`;
  try {
    await run(join(BIN, 'monmaptool'), [
      '--create',
      '--addv',
      'a',
      monAddress,
      '--fsid',
      fsid,
      monmap,
    ]);
    await call('ceph-mon', '--mkfs', '-i', 'a', '--monmap', monmap);
    start('ceph-mon', '-i', 'a');
    await call('ceph', 'osd', 'new', osd);
    await call('ceph-osd', '-i', '0', '--mkfs', '--osd-uuid', osd);
    start('ceph-osd', '-i', '0');
    const keys = [
      '--access-key',
      credentials.accessKeyId,
      '--secret-key',
      credentials.secretAccessKey,
    ];
    await call('radosgw-admin', 'user', 'create', '--uid=atlas', '--display-name=atlas', ...keys);
    start('radosgw', '-n', 'client.rgw');
    const endpoint = `http://127.0.0.1:${port}`;
    await eventually('radosgw to answer', async () => (await fetch(endpoint)).ok, 60_000);
    const residentBytes = (): number => children.map(residentOf).reduce((a, b) => a + b, 0);
    return { endpoint, credentials, residentBytes, [Symbol.asyncDispose]: stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

interface Settings {
  readonly folder: string;
  readonly fsid: string;
  readonly monPort: number;
  readonly port: number;
}

/** The smallest cluster: one copy of all, kept in memory, no keys among its own processes, nothing waited for. */
function settings({ folder, fsid, monPort, port }: Settings): string {
  const lines = {
    fsid,
    'mon host': `v2:127.0.0.1:${monPort}`,
    'public addr': '127.0.0.1',
    'cluster addr': '127.0.0.1',
    'auth cluster required': 'none',
    'auth service required': 'none',
    'auth client required': 'none',
    // The gateway wants to encrypt, which needs keys; it waits for ever for what it cannot have.
    'ms mon client mode': 'crc',
    'run dir': folder,
    'admin socket': '',
    'log file': '',
    keyring: join(folder, 'keyring'),
    'mon data': join(folder, 'mon'),
    'mon data avail warn': 1,
    'mon data avail crit': 0,
    'mon allow pool size one': true,
    // The default of a second is waited for once a pool: 11 s until the first user is made, else 0.3 s.
    'paxos propose interval': 0.02,
    'paxos min wait': 0.01,
    'osd data': join(folder, 'osd'),
    'osd objectstore': 'memstore',
    'memstore device bytes': 4_294_967_296,
    'osd pool default size': 1,
    'osd pool default min size': 1,
    'osd pool default pg num': 1,
    'osd pool default pgp num': 1,
    'osd pool default pg autoscale mode': 'off',
    'osd crush chooseleaf type': 0,
    'rgw data': join(folder, 'rgw'),
    'rgw frontends': `beast endpoint=127.0.0.1:${port}`,
    'rgw rados pool pg num min': 1,
  };
  const text = Object.entries(lines).map(([name, value]) => `${name} = ${value}\n`);
  return `[global]\n${text.join('')}`;
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const exit = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await exit;
}

function residentOf({ pid }: ChildProcess): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) * 1_024;
}
