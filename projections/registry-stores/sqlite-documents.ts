import type { Database } from 'better-sqlite3';
import { type Position, toPosition } from '#domain/position';
import type { Scope } from '#domain/scope';
import type { Checkpoint, ProjectionDigest } from '#projections/projection';
import type {
  DocumentBackend,
  DocumentChange,
  DocumentFilter,
  DocumentKey,
  DocumentPage,
  StoredDocument,
} from '#projections/registry-stores/document-backend';
import {
  columnsOf,
  type DocumentRow,
  shownDocuments,
  toDocument,
} from '#projections/registry-stores/document-columns';
import { DocumentDigest } from '#projections/registry-stores/document-digest';
import {
  type CountRow,
  countStatement,
  DOCUMENT_COLUMNS,
  type DocumentDialect,
  type DocumentStatement,
  highestStatement,
  pageStatement,
  rarestFirst,
} from '#projections/registry-stores/document-sql';
import { STORE_FILE_SCHEMA } from '#projections/registry-stores/sqlite-document-schema';
import type { Shown } from '#projections/shown';
import {
  isDamaged,
  openViewFile,
  readViewFile,
  removeViewFile,
} from '#projections/sqlite-view-file';

const DIALECT: DocumentDialect = {
  mark: '?',
  schema: '',
  joinsMax: 0,
  // Only CROSS keeps the order of the two: otherwise every document of the kind may be read.
  lookUp: (_, table, condition) => `CROSS JOIN ${table} ON ${condition}`,
};
const KEY = 'tenant = ? AND environment = ? AND kind = ? AND name = ? AND order_key = ?';

/** Documents in a local SQLite file of their own. One process at a time may project into it. */
export class SqliteDocuments implements DocumentBackend {
  readonly #path: string;
  #db: Database | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  async open(): Promise<Checkpoint> {
    try {
      return this.#checkpoint();
    } catch (error) {
      if (!isDamaged(error)) throw error;
      await this.clear();
      return this.#checkpoint();
    }
  }

  async read(keys: readonly DocumentKey[]): Promise<Shown<readonly StoredDocument[]>> {
    const db = this.#open();
    const find = db.prepare(`SELECT 0 AS shown, ${DOCUMENT_COLUMNS} FROM document WHERE ${KEY}`);
    return db.transaction(() => {
      const rows = keys.flatMap((key) => find.all(...keyValues(key)) as DocumentRow[]);
      return { ...shownDocuments(rows), position: this.#checkpoint().position };
    })();
  }

  async list(scope: Scope, page: DocumentPage): Promise<Shown<readonly StoredDocument[]>> {
    if (page.all.length < 2) return this.#ask(pageStatement(DIALECT, scope, page));
    const counts = this.#rows(countStatement(DIALECT, scope, page)) as CountRow[];
    const all = rarestFirst(page.all, counts);
    return this.#ask(pageStatement(DIALECT, scope, { ...page, all }));
  }

  async highest(scope: Scope, filter: DocumentFilter): Promise<Shown<StoredDocument | undefined>> {
    const { position, found } = this.#ask(highestStatement(DIALECT, scope, filter));
    return { position, found: found[0] };
  }

  async put({ documents, from, to }: DocumentChange): Promise<Position> {
    const db = this.#open();
    const move = db.prepare(
      'UPDATE checkpoint SET position = ?, stream_created = ? WHERE position = ?',
    );
    return db.transaction(() => {
      if (move.run(to.position, to.streamCreated ?? null, from).changes === 0)
        return this.#checkpoint().position;
      replace(db, documents);
      return to.position;
    })();
  }

  async clear(): Promise<void> {
    this.#db?.close();
    this.#db = undefined;
    removeViewFile(this.#path);
  }

  async digest(): Promise<ProjectionDigest> {
    return digestOf(this.#open());
  }

  async close(): Promise<void> {
    this.#db?.close();
    this.#db = undefined;
  }

  #open(): Database {
    this.#db ??= openViewFile(this.#path, STORE_FILE_SCHEMA);
    return this.#db;
  }

  #checkpoint(): Checkpoint {
    const row = this.#open().prepare('SELECT position, stream_created FROM checkpoint').get() as {
      position: number;
      stream_created: string | null;
    };
    return { position: toPosition(row.position), streamCreated: row.stream_created ?? undefined };
  }

  #ask(statement: DocumentStatement): Shown<readonly StoredDocument[]> {
    return shownDocuments(this.#rows(statement) as DocumentRow[]);
  }

  #rows({ sql, values }: DocumentStatement): unknown[] {
    const numbered = Object.fromEntries(values.map((value, index) => [index + 1, value]));
    return this.#open().prepare(sql).all(numbered);
  }
}

/** Reads the digest of a file that another process may be writing. */
export function digestOfDocumentFile(path: string): ProjectionDigest {
  return readViewFile(path, STORE_FILE_SCHEMA, digestOf);
}

function digestOf(db: Database): ProjectionDigest {
  return db.transaction(() => {
    const position = db.prepare('SELECT position FROM checkpoint').pluck().get();
    const digest = new DocumentDigest();
    const rows = db.prepare(
      `SELECT 0 AS shown, ${DOCUMENT_COLUMNS} FROM document ORDER BY tenant, environment, kind, name, order_key`,
    );
    for (const row of rows.iterate() as Iterable<DocumentRow>) {
      const document = toDocument(row);
      if (document !== undefined) digest.addStored(document);
    }
    return { position: toPosition(Number(position)), digest: digest.value() };
  })();
}

/** Puts documents in the place of what is there, with their terms. */
function replace(db: Database, documents: readonly StoredDocument[]): void {
  const forget = db.prepare(
    `DELETE FROM document_term WHERE tenant = ? AND environment = ? AND kind = ? AND name = ? AND order_key = ?
       AND term IN (SELECT value FROM json_each((SELECT terms FROM document WHERE ${KEY})))`,
  );
  const write = db.prepare(
    `INSERT OR REPLACE INTO document (${DOCUMENT_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const add = db.prepare('INSERT INTO document_term VALUES (?, ?, ?, ?, ?, ?, ?)');
  for (const document of documents) {
    const { scope, kind, name, orderKey, rank, terms } = document;
    forget.run(...keyValues(document), ...keyValues(document));
    write.run(...columnsOf(document));
    for (const term of terms)
      add.run(scope.tenant, scope.environment, kind, term, name, orderKey, rank);
  }
}

function keyValues({ scope, kind, name, orderKey }: DocumentKey): readonly string[] {
  return [scope.tenant, scope.environment, kind, name, orderKey];
}
