import type { Database, Statement } from 'better-sqlite3';
import { contractEvolution } from '#domain/contract';
import { versionOrderKey } from '#domain/contract-name';
import { datasetEvolution } from '#domain/dataset';
import { quote, RegistryError } from '#domain/errors';
import type { RecordedEvent } from '#domain/event';
import { type Position, toPosition } from '#domain/position';
import { decodeEvent } from '#log/codec';
import type { StoredMessage } from '#log/event-log';
import { type AggregateId, parseSubject } from '#log/subjects';
import { CATALOG_SCHEMA } from '#projections/catalog/schema';
import type { Checkpoint } from '#projections/projection';
import {
  isConstraint,
  isDamaged,
  openViewFile,
  removeViewFile,
} from '#projections/sqlite-view-file';

// Aggregates whose id and last hash are kept in memory: about 200 bytes each.
const HEADS_MAX = 200_000;

interface Head {
  readonly aggregate: number;
  readonly kind: AggregateId['kind'];
  hash: string | undefined;
}

/** Applies events to the catalog's file. One writer per file; it belongs to the thread that made it. */
export class CatalogWriter {
  readonly #path: string;
  #db: Database;
  #sql: ReturnType<typeof prepare>;
  readonly #heads = new Map<string, Head>();

  constructor(path: string) {
    this.#path = path;
    this.#db = openViewFile(path, CATALOG_SCHEMA);
    this.#sql = prepare(this.#db);
  }

  /** Says where the file stands; opens it anew when it turned out to be damaged. */
  checkpoint(): Checkpoint {
    const row = this.#sql.checkpoint.get() as { position: number; stream_created: string | null };
    return {
      position: toPosition(row.position),
      streamCreated: row.stream_created ?? undefined,
    };
  }

  /**
   * Applies contiguous events and the checkpoint in one transaction.
   * @throws CORRUPT_EVENT when an event cannot be read or does not follow the one before it; then nothing is applied
   */
  apply(batch: Iterable<StoredMessage>, streamCreated: string | undefined): Position {
    const before = this.checkpoint().position;
    // Not in the middle of a batch: what it has added is not indexed yet, so only the memory knows the last hash.
    if (this.#heads.size > HEADS_MAX) this.#heads.clear();
    try {
      return this.#db.transaction(() => {
        let position = before;
        for (const message of batch) {
          this.#applyOne(message);
          position = message.position;
        }
        this.#sql.index.run(before, position);
        this.#sql.moveScopes.run(before, position);
        this.#sql.move.run(position, streamCreated ?? null);
        return position;
      })();
    } catch (error) {
      // What was remembered of aggregates was rolled back with the rest.
      this.#heads.clear();
      if (isDamaged(error)) this.reset();
      throw isConstraint(error) ? impossible(before, error) : error;
    }
  }

  /** Throws everything away and begins with an empty file. */
  reset(): void {
    this.#db.close();
    removeViewFile(this.#path);
    this.#db = openViewFile(this.#path, CATALOG_SCHEMA);
    this.#sql = prepare(this.#db);
    this.#heads.clear();
  }

  close(): void {
    this.#db.close();
  }

  #applyOne(message: StoredMessage): void {
    const recorded = decodeEvent(message);
    const { metadata, event, position } = recorded;
    const head = this.#headOf(recorded.subject);
    if (head.hash !== metadata.previousHash) throw brokenChain(recorded, head.hash);
    this.#sql.insert.run(
      position,
      head.aggregate,
      event.type,
      metadata.time,
      recorded.recordedAtMs,
      metadata.actor,
      metadata.commandId,
      metadata.requestFingerprint,
      recorded.hash,
      Buffer.from(message.data.buffer, message.data.byteOffset, message.data.length).toString(),
    );
    this.#project(head, recorded);
    head.hash = recorded.hash;
  }

  /** Keeps what lists need beside the event itself. */
  #project(head: Head, { event, position }: RecordedEvent): void {
    switch (head.kind) {
      case 'dataset':
        datasetEvolution.parse(event);
        return;
      case 'contract': {
        const { version, description, fingerprint } = contractEvolution.parse(event).data.bundle;
        const key = versionOrderKey(version);
        const row = [head.aggregate, key, version, position, description ?? null, fingerprint];
        this.#sql.insertVersion.run(...row);
        return;
      }
      case 'job-run':
        throw new RegistryError(
          'CORRUPT_EVENT',
          `Cannot apply event ${position}: a job run is in the stream of the catalog`,
        );
      default:
        head.kind satisfies never;
    }
  }

  #headOf(subject: string): Head {
    const kept = this.#heads.get(subject);
    if (kept !== undefined) return kept;
    const { scope, kind, id } = parseSubject(subject);
    const key = [scope.tenant, scope.environment, kind, id];
    const row = this.#sql.findAggregate.get(...key) as
      | { id: number; hash: string | null }
      | undefined;
    const aggregate = row?.id ?? Number(this.#sql.insertAggregate.run(...key).lastInsertRowid);
    const head: Head = { aggregate, kind, hash: row?.hash ?? undefined };
    this.#heads.set(subject, head);
    return head;
  }
}

// The rules of the log make duplicates impossible, so one is damage and not worth another attempt.
function impossible(after: Position, cause: unknown): RegistryError {
  return new RegistryError(
    'CORRUPT_EVENT',
    `Cannot apply the events behind ${after}: ${cause instanceof Error ? cause.message : String(cause)}`,
    { cause, details: { after } },
  );
}

function brokenChain(recorded: RecordedEvent, have: string | undefined): RegistryError {
  const { position, subject, metadata } = recorded;
  return new RegistryError(
    'CORRUPT_EVENT',
    `Cannot apply event ${position} on ${quote(subject)}: it follows hash "${metadata.previousHash ?? 'none'}" (want "${have ?? 'none'}": an event was changed, removed or inserted)`,
    { details: { position, subject } },
  );
}

function prepare(
  db: Database,
): Record<
  | 'checkpoint'
  | 'move'
  | 'moveScopes'
  | 'index'
  | 'insert'
  | 'insertVersion'
  | 'findAggregate'
  | 'insertAggregate',
  Statement
> {
  return {
    checkpoint: db.prepare('SELECT position, stream_created FROM checkpoint'),
    move: db.prepare('UPDATE checkpoint SET position = ?, stream_created = ?'),
    index: db.prepare(`
      INSERT INTO revision_of SELECT aggregate, position FROM revision
      WHERE position > ? AND position <= ? ORDER BY aggregate, position`),
    moveScopes: db.prepare(`
      INSERT OR REPLACE INTO scope_head
      SELECT tenant, environment, kind, max(position) FROM revision JOIN aggregate ON aggregate.id = aggregate
      WHERE position > ? AND position <= ? GROUP BY tenant, environment, kind`),
    insert: db.prepare('INSERT INTO revision VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)'),
    insertVersion: db.prepare('INSERT INTO contract_version VALUES (?, ?, ?, ?, ?, ?)'),
    findAggregate: db.prepare(`
      SELECT id, (SELECT hash FROM revision WHERE position =
        (SELECT max(position) FROM revision_of WHERE revision_of.aggregate = aggregate.id)) AS hash
      FROM aggregate WHERE tenant = ? AND environment = ? AND kind = ? AND name = ?`),
    insertAggregate: db.prepare(
      'INSERT INTO aggregate (tenant, environment, kind, name) VALUES (?, ?, ?, ?)',
    ),
  };
}
