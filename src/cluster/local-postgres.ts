import { execFileSync } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TetheredOptions } from '#cluster/tethered-process';
import { quote, RegistryError } from '#domain/errors';

export interface LocalPostgresOptions {
  /** Where its data lies. Made at the first start. */
  readonly folder: string;
  readonly port: number;
  readonly password: string;
  readonly logPath: string;
}

const HOME = '/usr/lib/postgresql';
// Every node has some ten connections.
const CONNECTIONS_MAX = 300;

/** Finds the programs of the newest Postgres that Debian's packages have installed. @throws CANNOT_START */
function programs(): string {
  const versions = existsSync(HOME) ? readdirSync(HOME) : [];
  const newest = versions.toSorted((a, b) => Number(b) - Number(a))[0];
  if (newest !== undefined) return join(HOME, newest, 'bin');
  throw new RegistryError(
    'CANNOT_START',
    `Cannot start Postgres: there is none in ${quote(HOME)} (want apt-get install postgresql, or --database-url of one that runs)`,
  );
}

/** Prepares a Postgres in a folder of its own, and says how it is started. @throws CANNOT_START */
export function localPostgres(options: LocalPostgresOptions): TetheredOptions {
  const { folder, port, logPath } = options;
  const bin = programs();
  const owner = account();
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (owner !== undefined) chownSync(folder, owner.uid, owner.gid);
  const data = join(folder, 'data');
  if (!existsSync(join(data, 'PG_VERSION'))) initialise(bin, data, { ...options, owner });
  const settings = {
    listen_addresses: '127.0.0.1',
    port,
    unix_socket_directories: '',
    max_connections: CONNECTIONS_MAX,
  };
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const args = ['-D', data, ...flags];
  const command = join(bin, 'postgres');
  return { command, args, env: {}, cwd: folder, logPath, endSignal: 'INT', owner };
}

/** The URL of the database in it. */
export function postgresUrl(port: number, password: string): string {
  return `postgres://atlas:${password}@127.0.0.1:${port}/postgres`;
}

function initialise(
  bin: string,
  data: string,
  { folder, password, owner }: LocalPostgresOptions & { readonly owner: TetheredOptions['owner'] },
): void {
  const passwordFile = join(folder, 'password');
  writeFileSync(passwordFile, password, { mode: 0o600 });
  if (owner !== undefined) chownSync(passwordFile, owner.uid, owner.gid);
  const flags = ['-U', 'atlas', '--auth=scram-sha-256', `--pwfile=${passwordFile}`, '-E', 'UTF8'];
  try {
    execFileSync(join(bin, 'initdb'), ['-D', data, ...flags], {
      ...owner,
      cwd: folder,
      stdio: 'pipe',
    });
  } catch (cause) {
    // What it has begun it would take for data of its own.
    rmSync(data, { recursive: true, force: true });
    const is = cause instanceof Error ? (cause.message.split('\n')[1] ?? cause.message) : '';
    throw new RegistryError(
      'CANNOT_START',
      `Cannot prepare Postgres in ${quote(folder)}: ${is} (want a folder that the account postgres can reach: choose another with --data)`,
      { cause },
    );
  } finally {
    rmSync(passwordFile, { force: true });
  }
}

/** Postgres refuses to run as root: then the account of its package is used. */
function account(): { readonly uid: number; readonly gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const number = (flag: string): number =>
    Number(execFileSync('id', [flag, 'postgres']).toString());
  return { uid: number('-u'), gid: number('-g') };
}
