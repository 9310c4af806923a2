import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { freePorts } from '#flow/free-ports';
import { eventually } from '#test/support/wait';

/** A Postgres server that a test started. */
export interface TestPostgres extends AsyncDisposable {
  /** URL of the maintenance database. */
  readonly url: string;
  pause(): void;
  resume(): void;
  /** Kills the whole server with SIGKILL. */
  kill(): Promise<void>;
  /** Starts it again on the same data and port. */
  restart(): Promise<void>;
}

const HOME = '/usr/lib/postgresql';

/** Finds Debian's Postgres. */
function binaries(): string {
  const versions = existsSync(HOME) ? readdirSync(HOME) : [];
  const newest = versions.toSorted((a, b) => Number(b) - Number(a))[0];
  if (newest === undefined) {
    throw new Error(
      'Cannot start Postgres: it is not installed (want "make setup-tests", or apt-get install postgresql)',
    );
  }
  return join(HOME, newest, 'bin');
}

/** Postgres refuses to run as root: then its own account is used. */
function account(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const number = (flag: string): number =>
    Number(execFileSync('id', [flag, 'postgres']).toString());
  return { uid: number('-u'), gid: number('-g') };
}

/** Starts a server in a temporary folder. Without fsync: what is tested with it is thrown away. */
export async function startPostgres(): Promise<TestPostgres> {
  const bin = binaries();
  const owner = account();
  const folder = mkdtempSync(join(tmpdir(), 'atlas-postgres-'));
  const [data, password, passwordFile] = [
    join(folder, 'data'),
    randomBytes(12).toString('hex'),
    join(folder, 'pw'),
  ];
  writeFileSync(passwordFile, password);
  if (owner !== undefined) {
    chownSync(folder, owner.uid, owner.gid);
    chownSync(passwordFile, owner.uid, owner.gid);
  }
  const as = owner === undefined ? {} : owner;
  const init = [
    '-D',
    data,
    '-U',
    'atlas',
    '--auth=scram-sha-256',
    `--pwfile=${passwordFile}`,
    '-E',
    'UTF8',
    '--no-sync',
  ];
  execFileSync(join(bin, 'initdb'), init, { ...as, stdio: 'ignore', cwd: folder });
  const [port = 0] = await freePorts(1);
  const settings = {
    fsync: 'off',
    listen_addresses: '127.0.0.1',
    port,
    unix_socket_directories: '',
    max_connections: 100,
  };
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const start = (): ChildProcess =>
    spawn(join(bin, 'postgres'), ['-D', data, ...flags], { ...as, stdio: 'ignore', cwd: folder });
  let server = start();
  const url = `postgres://atlas:${password}@127.0.0.1:${port}/postgres`;
  const ready = (): Promise<unknown> =>
    eventually('Postgres to answer', () => query(url, 'SELECT 1'));
  await ready();
  const ended = (): Promise<void> =>
    new Promise((resolve) => {
      if (server.exitCode !== null || server.signalCode !== null) resolve();
      else server.once('exit', () => resolve());
    });
  return {
    url,
    pause: () => signalAll(server, 'SIGSTOP'),
    resume: () => signalAll(server, 'SIGCONT'),
    async kill() {
      signalAll(server, 'SIGKILL');
      await ended();
    },
    async restart() {
      server = start();
      await ready();
    },
    async [Symbol.asyncDispose]() {
      signalAll(server, 'SIGCONT');
      server.kill('SIGQUIT');
      await ended();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Signals the server and the processes that it made: a stopped parent alone would go on answering. */
function signalAll(server: ChildProcess, signal: NodeJS.Signals): void {
  if (server.pid === undefined || server.exitCode !== null) return;
  let children: string[] = [];
  try {
    children = execFileSync('pgrep', ['-P', String(server.pid)])
      .toString()
      .trim()
      .split('\n');
  } catch {
    children = [];
  }
  for (const pid of [server.pid, ...children.map(Number)]) {
    try {
      process.kill(pid, signal);
    } catch {
      // It has ended by itself.
    }
  }
}

/** Runs one statement over a connection of its own. */
export async function query(url: string, sql: string): Promise<boolean> {
  await rowsOf(url, sql);
  return true;
}

/** Runs one statement over a connection of its own and gives its rows. */
export async function rowsOf(
  url: string,
  sql: string,
): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}
