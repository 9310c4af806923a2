import { closeSync, copyFileSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import { quote, RegistryError } from '#domain/errors';

/** How the file of a view looks. */
export interface ViewSchema {
  /** Kept as `user_version`. Another number, and the file is thrown away and built again from the log. */
  readonly version: number;
  /** The statements that make an empty view. */
  readonly ddl: string;
}

/**
 * Opens the file of a view for writing. A file of another version, or one that SQLite cannot read, is replaced by an
 * empty one: everything in it comes from the log.
 */
export function openViewFile(path: string, schema: ViewSchema): Database.Database {
  try {
    const db = openOrCreate(path, schema);
    if (db !== undefined) return db;
  } catch (error) {
    if (!isDamaged(error)) throw error;
  }
  removeViewFile(path);
  const db = openOrCreate(path, schema);
  if (db === undefined) throw new Error(`Cannot create the file of a view at ${path}`);
  return db;
}

/** Reads the file of a view that another process may be writing. @throws VIEW_UNAVAILABLE for another version */
export function readViewFile<T>(
  path: string,
  { version }: ViewSchema,
  read: (db: Database.Database) => T,
): T {
  const db = new Database(path, { readonly: true, fileMustExist: true });
  try {
    const found = db.pragma('user_version', { simple: true });
    if (found === version) return read(db);
    throw new RegistryError(
      'VIEW_UNAVAILABLE',
      `Cannot read view ${quote(path)}: its version is ${String(found)} (want ${version}: read it with the release that keeps it)`,
    );
  } finally {
    db.close();
  }
}

/** Gives `undefined` for a file of another version. */
function openOrCreate(path: string, { version, ddl }: ViewSchema): Database.Database | undefined {
  const db = new Database(path);
  try {
    // With WAL and NORMAL a power cut takes back transactions, checkpoint and all, and damages nothing.
    db.pragma('journal_mode = WAL');
    db.pragma('synchronous = NORMAL');
    db.pragma('cache_size = -16384');
    const found = db.pragma('user_version', { simple: true });
    if (found === 0) db.transaction(() => db.exec(`${ddl}; PRAGMA user_version = ${version}`))();
    if (found === 0 || found === version) return db;
  } catch (error) {
    db.close();
    throw error;
  }
  db.close();
  return undefined;
}

/** Removes the file of a view and what SQLite keeps beside it. */
export function removeViewFile(path: string): void {
  for (const suffix of ['', '-wal', '-shm']) rmSync(`${path}${suffix}`, { force: true });
}

/**
 * Puts a file that was built elsewhere in the place of the file of a view, whole or not at all. Neither may be open.
 */
export function replaceViewFile(path: string, built: string): void {
  // What SQLite keeps beside a file must not be taken for a part of the next one.
  for (const file of [path, built]) foldIn(file);
  const beside = `${path}.new`;
  copyFileSync(built, beside);
  flush(beside);
  renameSync(beside, path);
  flush(dirname(path));
}

function foldIn(path: string): void {
  const db = new Database(path, { fileMustExist: true });
  try {
    db.pragma('journal_mode = DELETE');
  } finally {
    db.close();
  }
}

function flush(path: string): void {
  const file = openSync(path, 'r');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** Tells whether an error means that the file itself is damaged. */
export function isDamaged(error: unknown): boolean {
  return error instanceof Database.SqliteError && /^SQLITE_(CORRUPT|NOTADB)/.test(error.code);
}

/** Tells whether an error means that a row breaks a rule of the schema. */
export function isConstraint(error: unknown): boolean {
  return error instanceof Database.SqliteError && error.code.startsWith('SQLITE_CONSTRAINT');
}
