import type { Database } from 'better-sqlite3';
import { type Position, toPosition } from '#domain/position';
import type { StoredMessage } from '#log/event-log';
import { digestOfValues } from '#projections/contract-kv/bucket-digest';
import { contractWrites } from '#projections/contract-kv/contract-value';
import type { Checkpoint, Projection, ProjectionDigest } from '#projections/projection';
import { openViewFile, removeViewFile, type ViewSchema } from '#projections/sqlite-view-file';

const SCHEMA: ViewSchema = {
  version: 1,
  ddl: `
CREATE TABLE checkpoint (position INTEGER NOT NULL, stream_created TEXT) STRICT;
CREATE TABLE contract_value (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID, STRICT;
INSERT INTO checkpoint VALUES (0, NULL)`,
};

/** What the bucket of contracts is to hold, in a SQLite file: made to be compared with the bucket, not to be read. */
export class ContractValues implements Projection {
  readonly name = 'contracts-kv';
  readonly #path: string;
  readonly #valueBytesMax: number;
  #db: Database | undefined;

  constructor(path: string, valueBytesMax: number) {
    this.#path = path;
    this.#valueBytesMax = valueBytesMax;
  }

  async open(): Promise<Checkpoint> {
    const row = this.#open().prepare('SELECT position, stream_created FROM checkpoint').get() as {
      position: number;
      stream_created: string | null;
    };
    return { position: toPosition(row.position), streamCreated: row.stream_created ?? undefined };
  }

  async apply(batch: readonly StoredMessage[], before: Checkpoint): Promise<Position> {
    const db = this.#open();
    const position = batch.at(-1)?.position ?? before.position;
    // As in the bucket, whoever comes first stays.
    const add = db.prepare('INSERT OR IGNORE INTO contract_value VALUES (?, ?)');
    const move = db.prepare('UPDATE checkpoint SET position = ?, stream_created = ?');
    db.transaction(() => {
      for (const { key, value } of batch.flatMap((one) => contractWrites(one, this.#valueBytesMax)))
        add.run(key, value);
      move.run(position, before.streamCreated ?? null);
    })();
    return position;
  }

  async clear(): Promise<void> {
    await this.close();
    removeViewFile(this.#path);
  }

  async digest(): Promise<ProjectionDigest> {
    const { position } = await this.open();
    const rows = this.#open().prepare('SELECT key, value FROM contract_value ORDER BY key').raw();
    return { position, digest: digestOfValues(rows.iterate() as Iterable<[string, string]>) };
  }

  async close(): Promise<void> {
    this.#db?.close();
    this.#db = undefined;
  }

  #open(): Database {
    this.#db ??= openViewFile(this.#path, SCHEMA);
    return this.#db;
  }
}
