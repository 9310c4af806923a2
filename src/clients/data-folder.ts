import { existsSync, mkdirSync, readFileSync, statfsSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import Database from 'better-sqlite3';
import { quote, RegistryError } from '#domain/errors';

/** A folder that belongs to this process alone. */
export interface DataFolder {
  readonly path: string;
  /** Makes a folder inside, readable by its owner only, and gives its path. */
  folder(name: string): string;
  release(): void;
}

const LOCK_FILE = 'lock.sqlite';

/** Tells whether a folder has ever been opened as a data folder. */
export function isDataFolder(path: string): boolean {
  return existsSync(join(path, LOCK_FILE));
}

/**
 * Creates a data folder if it is not there and locks it. The lock is one of SQLite, that is of the operating system: it
 * ends with the process, however that ends, and there is no stale lock file.
 * @throws CANNOT_START when the folder cannot be written, its disk is nearly full, or another process holds it
 */
export function openDataFolder(path: string, freeBytesMin: number): DataFolder {
  const root = resolve(path);
  const owner = join(root, 'owner');
  try {
    mkdirSync(root, { recursive: true, mode: 0o700 });
    checkFreeSpace(root, freeBytesMin);
  } catch (error) {
    if (error instanceof RegistryError) throw error;
    throw cannotUse(root, error);
  }
  const lock = lockOrExplain(root, owner);
  return {
    path: root,
    folder(name) {
      const inner = join(root, name);
      mkdirSync(inner, { recursive: true, mode: 0o700 });
      return inner;
    },
    release: () => {
      lock.close();
    },
  };
}

// A broker and databases that find their disk full while they start fail in many ways, none of them clear.
function checkFreeSpace(root: string, freeBytesMin: number): void {
  const { bavail, bsize } = statfsSync(root);
  const free = bavail * bsize;
  if (free >= freeBytesMin) return;
  throw new RegistryError(
    'CANNOT_START',
    `Cannot use data folder ${quote(root)}: its disk is full, ${free} bytes are free (want at least ${freeBytesMin}: free space there, or set ATLAS_DATA_DIR or ATLAS_DISK_FREE_BYTES_MIN)`,
    { details: { free, freeBytesMin } },
  );
}

function lockOrExplain(root: string, owner: string): Database.Database {
  let lock: Database.Database | undefined;
  try {
    lock = new Database(join(root, LOCK_FILE), { timeout: 0 });
    lock.pragma('journal_mode = MEMORY');
    lock.exec('BEGIN EXCLUSIVE');
    writeFileSync(owner, `${process.pid}\n`);
    return lock;
  } catch (error) {
    lock?.close();
    if (error instanceof Database.SqliteError && error.code === 'SQLITE_BUSY') {
      throw new RegistryError(
        'CANNOT_START',
        `Cannot use data folder ${quote(root)}: process ${readOwner(owner)} holds it (want a folder of its own: stop that process, or set ATLAS_DATA_DIR)`,
      );
    }
    throw cannotUse(root, error);
  }
}

function readOwner(owner: string): string {
  try {
    return readFileSync(owner, 'utf8').trim();
  } catch {
    return 'unknown';
  }
}

function cannotUse(root: string, error: unknown): RegistryError {
  const reason = error instanceof Error ? error.message : String(error);
  const hint = /ENOSPC|SQLITE_FULL|disk is full|no space/i.test(`${reason} ${codeOf(error)}`)
    ? 'free space on that disk'
    : 'a folder that can be written: check its owner, or set ATLAS_DATA_DIR';
  return new RegistryError(
    'CANNOT_START',
    `Cannot use data folder ${quote(root)}: ${reason} (want ${hint})`,
    {
      cause: error,
    },
  );
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}
