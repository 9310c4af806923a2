import type { Database, Statement } from 'better-sqlite3';
import type { RememberedCommand } from '#domain/aggregate';

/** Finds commands that an aggregate has answered before. */
export class RememberedCommands {
  readonly #find: Statement<[number, number, number, string]>;

  constructor(db: Database) {
    this.#find = db.prepare(`
      SELECT position AS revision, request_fingerprint AS requestFingerprint
      FROM revision WHERE position IN (
        SELECT position FROM recent_of WHERE aggregate = ?
        UNION ALL SELECT position FROM revision_of WHERE aggregate = ?
        ORDER BY position DESC LIMIT ?)
      AND command_id = ?`);
  }

  /** Looks among the last commands of an aggregate. */
  find(aggregate: number, commandId: string, lastMax: number): RememberedCommand | undefined {
    return this.#find.get(aggregate, aggregate, lastMax, commandId) as
      | RememberedCommand
      | undefined;
  }
}
