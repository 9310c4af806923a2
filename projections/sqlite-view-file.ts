import { rmSync } from 'node:fs';
import Database from 'better-sqlite3';

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

/** Tells whether an error means that the file itself is damaged. */
export function isDamaged(error: unknown): boolean {
  return error instanceof Database.SqliteError && /^SQLITE_(CORRUPT|NOTADB)/.test(error.code);
}

/** Tells whether an error means that a row breaks a rule of the schema. */
export function isConstraint(error: unknown): boolean {
  return error instanceof Database.SqliteError && error.code.startsWith('SQLITE_CONSTRAINT');
}
