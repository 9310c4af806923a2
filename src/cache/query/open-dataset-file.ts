import Database from 'better-sqlite3';
import { readSchema } from '#cache/query/dataset-schema';
import { checkFileHeader, unusable } from '#cache/query/file-header';
import type { DatasetSchema } from '#cache/query/table-schema';

export interface OpenDatasetOptions {
  /** Pages of the file that a handle keeps, KiB. Default 8,192. Every open handle may take as much. */
  readonly cacheKib?: number;
  /**
   * How much of a file is read through memory mapping, bytes. Default 0, none: where a mapped file is cut off while it is
   * open, the system ends the whole process (SIGBUS).
   */
  readonly mmapBytes?: number;
  /** Longest JSON of a page. Default 8 MiB. Pages of larger rows have fewer of them. */
  readonly pageBytesMax?: number;
}

/**
 * A prepared statement that gives one row: `text` its only column, `row` an array of two, `page` one with the keys of the next
 * page too.
 */
export interface RowStatement {
  readonly shape: 'page' | 'row' | 'text';
  readonly statement: Database.Statement;
}

const CACHE_KIB = 8_192;
const PAGE_BYTES_MAX = 8 * 1_024 * 1_024;
const STATEMENTS_MAX = 128;

/**
 * The SQL function that long scans call now and then. It does nothing but enter JavaScript: a thread that is being ended
 * stops there. Without it a thread ends when SQLite has its row: 3.7 s for 30 million steps, with it 2 ms.
 */
export const GO_ON = 'atlas_go_on';

/**
 * The SQL function that counts the bytes of large rows and throws `PageTooLarge` when they are too many. Rows of fewer bytes
 * than `ROW_BYTES_SMALL` need not be counted: 500 of them have 8 MB.
 */
export const ROOM = 'atlas_room';
export const ROW_BYTES_SMALL = 16_384;

/** Ends a statement whose page has become too large. */
export class PageTooLarge extends Error {
  override readonly name = 'PageTooLarge';
}

/** What is wrong with this process or machine rather than with a file. */
const OWN_FAULTS = /^SQLITE_(NOMEM|CANTOPEN|BUSY|LOCKED|FULL|MISUSE)/;

/** A dataset file that is open for reading. */
export class OpenDatasetFile {
  readonly path: string;
  readonly db: Database.Database;
  /** Longest JSON of a page, bytes. */
  readonly pageBytesMax: number;
  readonly #statements = new Map<string, RowStatement>();
  #schema: DatasetSchema | undefined;
  #largeBytes = 0;
  #lastSql: string | undefined;
  #last: RowStatement | undefined;

  constructor(path: string, db: Database.Database, pageBytesMax: number) {
    this.path = path;
    this.db = db;
    this.pageBytesMax = pageBytesMax;
    db.function(GO_ON, { directOnly: true }, () => 1);
    db.function(ROOM, { directOnly: true }, (bytes: unknown) => this.#count(Number(bytes)));
  }

  /** What is in the file, read once. @throws DATASET_UNUSABLE when it cannot be read */
  get schema(): DatasetSchema {
    this.#schema ??= this.#read(() => readSchema(this.db));
    return this.#schema;
  }

  /** Prepares a statement, or gives the one prepared before: the 128 that were used last are kept. */
  statement(sql: string): RowStatement {
    if (sql === this.#lastSql && this.#last !== undefined) return this.#last;
    const kept = this.#statements.get(sql);
    const found = kept ?? this.#prepare(sql);
    if (kept !== undefined) this.#statements.delete(sql);
    this.#statements.set(sql, found);
    const [oldest] = this.#statements.keys();
    if (this.#statements.size > STATEMENTS_MAX && oldest !== undefined)
      this.#statements.delete(oldest);
    this.#lastSql = sql;
    this.#last = found;
    return found;
  }

  /** Begins a new page: no large row is counted yet. */
  beginPage(): void {
    this.#largeBytes = 0;
  }

  /** Closes the file. Nothing of it can be used afterwards. */
  close(): void {
    this.#statements.clear();
    this.#last = undefined;
    this.db.close();
  }

  #count(bytes: number): 1 {
    this.#largeBytes += bytes;
    if (this.#largeBytes > this.pageBytesMax)
      throw new PageTooLarge('Cannot go on with page: its rows are too large');
    return 1;
  }

  #prepare(sql: string): RowStatement {
    const statement = this.db.prepare(sql);
    const { length } = statement.columns();
    // An array for one value would cost as much as the rest of the call's way through JavaScript.
    return length === 1
      ? { shape: 'text', statement: statement.pluck() }
      : { shape: length === 2 ? 'row' : 'page', statement: statement.raw().safeIntegers() };
  }

  #read<T>(work: () => T): T {
    try {
      return work();
    } catch (cause) {
      throw fromSqlite(this.path, cause);
    }
  }
}

/**
 * Opens a dataset file for reading.
 * @throws DATASET_UNUSABLE when it is missing, not a plain SQLite file, cut off, or SQLite cannot read its schema
 */
export function openDatasetFile(path: string, options: OpenDatasetOptions = {}): OpenDatasetFile {
  checkFileHeader(path);
  const { cacheKib = CACHE_KIB, mmapBytes = 0, pageBytesMax = PAGE_BYTES_MAX } = options;
  let db: Database.Database | undefined;
  try {
    db = new Database(path, { readonly: true, fileMustExist: true });
    setPragmas(db, { cacheKib, mmapBytes });
    // Reads the schema, which opening does not.
    db.prepare('SELECT count(*) FROM sqlite_schema').get();
    return new OpenDatasetFile(path, db, pageBytesMax);
  } catch (cause) {
    db?.close();
    throw fromSqlite(path, cause);
  }
}

/** Turns what SQLite throws into the error that says the file is at fault; gives everything else back as it is. */
export function fromSqlite(path: string, error: unknown): unknown {
  if (!(error instanceof Database.SqliteError) || OWN_FAULTS.test(error.code)) return error;
  const isDamaged = /^SQLITE_(CORRUPT|NOTADB|IOERR_SHORT_READ)/.test(error.code);
  return unusable(path, `SQLite says "${error.message}" (${error.code})`, {
    cause: error,
    isDamaged,
  });
}

/**
 * Sets what a handle that only reads needs. `journal_mode` is not among it: a handle that cannot write cannot change it, the
 * statement is ignored. Schemas are a stranger's: SQLite calls none of their functions that could do harm, and better-sqlite3
 * keeps its defensive mode on unless it is told otherwise.
 */
function setPragmas(
  db: Database.Database,
  options: Required<Omit<OpenDatasetOptions, 'pageBytesMax'>>,
): void {
  db.unsafeMode(false);
  db.pragma('trusted_schema = OFF');
  db.pragma('cell_size_check = ON');
  // One lock for the life of the handle, not one for each statement: 2.5 to 5 times the look-ups.
  db.pragma('locking_mode = EXCLUSIVE');
  db.pragma('query_only = ON');
  db.pragma('synchronous = OFF');
  db.pragma('temp_store = MEMORY');
  db.pragma(`cache_size = -${wholeNumber('cacheKib', options.cacheKib)}`);
  db.pragma(`mmap_size = ${wholeNumber('mmapBytes', options.mmapBytes)}`);
}

function wholeNumber(name: string, value: number): number {
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw new RangeError(`Cannot set ${name} to "${value}": it is not a whole number from 0`);
}
