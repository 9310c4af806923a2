import type { Database } from 'better-sqlite3';
import { apiKeyEvolution } from '#domain/api-key';
import { datasetEvolution } from '#domain/dataset';
import { quote, RegistryError } from '#domain/errors';
import type { EventMetadata } from '#domain/event';
import { type Position, toPosition } from '#domain/position';
import { webhookEvolution } from '#domain/webhook';
import { bodyText, decodeData, decodeEnvelope } from '#log/codec';
import type { StoredMessage } from '#log/event-log';
import { type AggregateId, parseSubject } from '#log/subjects';
import { ContractRows } from '#projections/catalog/contract-rows';
import { DefinitionRows } from '#projections/catalog/definition-rows';
import { CATALOG_SCHEMA } from '#projections/catalog/schema';
import { prepareWriter, REVISION_COLUMNS, ROWS_MAX } from '#projections/catalog/writer-statements';
import type { Checkpoint } from '#projections/projection';
import {
  isConstraint,
  isDamaged,
  openViewFile,
  removeViewFile,
} from '#projections/sqlite-view-file';

// Aggregates whose id and last hash are kept in memory: about 200 bytes each.
const HEADS_MAX = 200_000;
// Revisions in the small index: half a megabyte of it.
const RECENT_MAX = 50_000;

type Envelope = ReturnType<typeof decodeEnvelope>;

interface Head {
  readonly aggregate: number;
  readonly kind: AggregateId['kind'];
  readonly id: string;
  /** `atlas.<tenant>.<environment>.<kind>`. */
  readonly prefix: string;
  hash: string | undefined;
}

interface CheckpointRow {
  readonly position: number;
  readonly stream_created: string | null;
}

interface HeadRow {
  readonly id: number;
  readonly hash: string | null;
}

/** Applies events to the catalog's file. One writer per file; it belongs to the thread that made it. */
export class CatalogWriter {
  readonly #path: string;
  #db: Database;
  #sql: ReturnType<typeof prepareWriter>;
  #contracts: ContractRows;
  #definitions: DefinitionRows;
  readonly #heads = new Map<string, Head>();
  // The values of rows that are not inserted yet.
  #rows: unknown[] = [];
  // The same for the small index: aggregate and position in turn.
  #indexRows: number[] = [];
  // The newest event of each scope and kind in this transaction.
  readonly #touched = new Map<string, Position>();
  // How many revisions are in the small index.
  #recent: number;

  constructor(path: string) {
    this.#path = path;
    this.#db = openViewFile(path, CATALOG_SCHEMA);
    this.#sql = prepareWriter(this.#db);
    this.#contracts = new ContractRows(this.#db);
    this.#definitions = new DefinitionRows(this.#db);
    this.#recent = this.#countRecent();
  }

  /** Says where the file stands; begins it anew when it turns out to be damaged. */
  checkpoint(): Checkpoint {
    const row = this.#checkpointRow();
    return {
      position: toPosition(row.position),
      streamCreated: row.stream_created ?? undefined,
    };
  }

  /**
   * Applies contiguous events and the checkpoint in one transaction. The batch may be iterated twice.
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
        this.#insertRows();
        this.#growIndex();
        for (const [prefix, newest] of this.#touched)
          this.#sql.moveScope.run(...prefix.split('.').slice(1), newest);
        this.#touched.clear();
        this.#sql.move.run(position, streamCreated ?? null);
        return position;
      })();
    } catch (error) {
      // What was remembered of aggregates was rolled back with the rest.
      this.#heads.clear();
      this.#rows = [];
      this.#indexRows = [];
      this.#touched.clear();
      if (isDamaged(error)) this.reset();
      else this.#recent = this.#countRecent();
      if (!isConstraint(error)) throw error;
      // The schema checks bodies without parsing them here; this says which one it was.
      for (const message of batch) decodeData(message);
      throw impossible(before, error);
    }
  }

  /** Adds the small index to the large one when it is no longer small. */
  #growIndex(): void {
    if (this.#recent < RECENT_MAX) return;
    this.#sql.mergeIndex.run();
    this.#sql.emptyRecent.run();
    this.#recent = 0;
  }

  /** Throws everything away and begins with an empty file. */
  reset(): void {
    this.#db.close();
    removeViewFile(this.#path);
    this.#db = openViewFile(this.#path, CATALOG_SCHEMA);
    this.#sql = prepareWriter(this.#db);
    this.#contracts = new ContractRows(this.#db);
    this.#definitions = new DefinitionRows(this.#db);
    this.#heads.clear();
    this.#recent = 0;
  }

  #countRecent(): number {
    return Number(this.#sql.countRecent.pluck().get());
  }

  #checkpointRow(): CheckpointRow {
    try {
      return this.#sql.checkpoint.get() as CheckpointRow;
    } catch (error) {
      if (!isDamaged(error)) throw error;
      this.reset();
      return { position: 0, stream_created: null };
    }
  }

  close(): void {
    this.#db.close();
  }

  #applyOne(message: StoredMessage): void {
    const envelope = decodeEnvelope(message);
    const { type, metadata, hash } = envelope;
    const head = this.#headOf(message.subject, metadata.previousHash === undefined);
    if (head.hash !== metadata.previousHash) throw brokenChain(message, metadata, head.hash);
    const data = bodyText(message);
    this.#project(head, message, envelope);
    this.#rows.push(
      message.position,
      head.aggregate,
      type,
      metadata.time,
      message.recordedAtMs,
      metadata.actor,
      metadata.commandId,
      metadata.requestFingerprint,
      hash,
      metadata.id,
      data,
    );
    this.#indexRows.push(head.aggregate, message.position);
    if (this.#rows.length === ROWS_MAX * REVISION_COLUMNS) this.#insertRows();
    head.hash = hash;
    this.#touched.set(head.prefix, message.position);
  }

  /** Adds what has come together: many rows by one statement cost less than many statements. */
  #insertRows(): void {
    const [rows, indexRows] = [this.#rows, this.#indexRows];
    this.#rows = [];
    this.#indexRows = [];
    this.#recent += indexRows.length / 2;
    if (rows.length === ROWS_MAX * REVISION_COLUMNS) {
      this.#sql.insertMany.run(rows);
      this.#sql.indexMany.run(indexRows);
      return;
    }
    for (let at = 0; at < rows.length; at += REVISION_COLUMNS)
      this.#sql.insert.run(rows.slice(at, at + REVISION_COLUMNS));
    for (let at = 0; at < indexRows.length; at += 2)
      this.#sql.index.run(indexRows[at], indexRows[at + 1]);
  }

  /** Checks the event, and keeps what lists need beside it. */
  #project(head: Head, message: StoredMessage, { type, metadata }: Envelope): void {
    const { position } = message;
    const at = { position, aggregate: head.aggregate, actor: metadata.actor };
    switch (head.kind) {
      case 'dataset':
        // Its data is only read here to be checked, and that is for the schema to do: parsing costs 1.4 µs.
        datasetEvolution.parse({ type, data: {} });
        return;
      case 'contract':
        this.#contracts.addContract({ ...at, event: { type, data: decodeData(message) } });
        return;
      case 'contract-policy':
        this.#contracts.addPolicy({ ...at, event: { type, data: decodeData(message) } });
        return;
      case 'action-profile':
        this.#definitions.addProfile({ ...at, event: { type, data: decodeData(message) } });
        return;
      case 'job-definition':
        this.#definitions.addJob({ ...at, event: { type, data: decodeData(message) } });
        return;
      case 'api-key':
        apiKeyEvolution.parse({ type, data: {} });
        if (type === 'ApiKeyIssued') this.#sql.insertApiKey.run(position, head.id, head.aggregate);
        return;
      case 'webhook':
        webhookEvolution.parse({ type, data: {} });
        if (type === 'WebhookCreated')
          this.#sql.insertWebhook.run(position, head.id, head.aggregate);
        return;
      case 'job-run':
      case 'run-request':
      case 'lineage-run':
      case 'lineage-document':
        throw new RegistryError(
          'CORRUPT_EVENT',
          `Cannot apply event ${message.position}: a ${head.kind} is in the stream of the catalog`,
        );
      default:
        head.kind satisfies never;
    }
  }

  #headOf(subject: string, isFirst: boolean): Head {
    const kept = this.#heads.get(subject);
    if (kept !== undefined) return kept;
    const { scope, kind, id } = parseSubject(subject);
    const key = [scope.tenant, scope.environment, kind, id];
    // Where there is one already, the first event cannot be inserted and the projection halts.
    const row = isFirst ? undefined : (this.#sql.findAggregate.get(key) as HeadRow | undefined);
    const aggregate = row?.id ?? Number(this.#sql.insertAggregate.run(key).lastInsertRowid);
    const prefix = subject.slice(0, subject.lastIndexOf('.'));
    const head: Head = { aggregate, kind, id, prefix, hash: row?.hash ?? undefined };
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

function brokenChain(
  { position, subject }: StoredMessage,
  metadata: EventMetadata,
  have: string | undefined,
): RegistryError {
  return new RegistryError(
    'CORRUPT_EVENT',
    `Cannot apply event ${position} on ${quote(subject)}: it follows hash "${metadata.previousHash ?? 'none'}" (want "${have ?? 'none'}": an event was changed, removed or inserted)`,
    { details: { position, subject } },
  );
}
