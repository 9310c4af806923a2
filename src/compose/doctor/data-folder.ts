import { accessSync, constants, existsSync, statfsSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { type Finding, ok, problem, problemOf, warning } from '#cli/doctor/finding';
import { isDataFolder, openDataFolder } from '#clients/data-folder';
import type { Check } from '#compose/doctor/check';
import { quote } from '#domain/errors';

const CHECK = 'data folder';
const GIB = 1_073_741_824;

// Magic numbers of linux/magic.h and the like: locks there do not hold, or come and go with a server.
const NETWORK_FILE_SYSTEMS: ReadonlyMap<number, string> = new Map([
  [0x69_69, 'NFS'],
  [0x51_7b, 'SMB'],
  [0xff_53_4d_42, 'CIFS'],
  [0xfe_53_4d_42, 'SMB2'],
  [0x00_c3_64_00, 'CephFS'],
  [0x01_02_19_97, '9P'],
  [0x47_50_46_53, 'GPFS'],
]);

/** Looks at the folder of the node: whether it can be written and locked, has room, and lies on a disk of its own. */
export const checkDataFolder: Check = async ({ config }) => {
  const path = resolve(config.dataDir);
  const there = nearestExisting(path);
  const room = roomFinding(there, config.diskFreeBytesMin);
  return [useFinding(path, there), ...(room === undefined ? [] : [room]), ...network(there)];
};

function useFinding(path: string, there: string): Finding {
  if (!statSync(there).isDirectory())
    return problem(CHECK, `${quote(there)} is no folder`, 'set ATLAS_DATA_DIR to a folder');
  try {
    accessSync(there, constants.W_OK | constants.X_OK);
  } catch {
    const todo = `give it to the account of the registry (chown), or set ATLAS_DATA_DIR`;
    return problem(CHECK, `${quote(there)} cannot be written`, todo);
  }
  if (!isDataFolder(path))
    return ok(CHECK, `${quote(path)} ${there === path ? 'is new' : 'is made at the first start'}`);
  try {
    // For a moment: it is the lock that says whether somebody else has it.
    openDataFolder(path, 0).release();
    return ok(CHECK, `${quote(path)} can be written, and no process holds it`);
  } catch (error) {
    const holder = /: (process \d+) holds it/.exec(
      error instanceof Error ? error.message : '',
    )?.[1];
    // Whether that is a registry in order is found out at its address.
    if (holder !== undefined) return ok(CHECK, `${quote(path)} is held by ${holder}`);
    return problemOf(CHECK, error);
  }
}

function roomFinding(there: string, bytesMin: number): Finding | undefined {
  const { bavail, bsize } = statfsSync(there);
  const free = bavail * bsize;
  const is = `${(free / GIB).toFixed(1)} GiB are free`;
  if (free < bytesMin)
    return problem(
      'disk',
      is,
      'free space there, or set ATLAS_DATA_DIR or ATLAS_DISK_FREE_BYTES_MIN',
    );
  return free < GIB
    ? warning('disk', is, 'make room before it is full: then writes are refused')
    : ok('disk', is);
}

function network(there: string): readonly Finding[] {
  const kind = networkFileSystem(statfsSync(there).type);
  if (kind === undefined) return [];
  const todo =
    'set ATLAS_DATA_DIR to a disk of this machine; only ATLAS_STORE_FOLDER may lie on a network';
  return [problem(CHECK, `it lies on ${kind}, where the locks of SQLite do not hold`, todo)];
}

/** Names a file system that other machines may write to. */
export function networkFileSystem(type: number): string | undefined {
  return NETWORK_FILE_SYSTEMS.get(type >>> 0);
}

function nearestExisting(path: string): string {
  return existsSync(path) ? path : nearestExisting(dirname(path));
}
