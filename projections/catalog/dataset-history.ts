import type { Database, Statement } from 'better-sqlite3';
import type { Manifest } from '#domain/dataset';
import type { DatasetName } from '#domain/dataset-name';
import type { CommandId, EventHash, EventId } from '#domain/event';
import type { Position } from '#domain/position';
import type { Scope } from '#domain/scope';

/** One event of a dataset: who did what when, and how the dataset stood after it. */
export interface DatasetChange {
  readonly position: Position;
  /** The type of the event. */
  readonly type: string;
  /** When it was decided, as the node says: RFC 3339. */
  readonly time: string;
  /** When the broker stored it, milliseconds since 1970. */
  readonly recordedAtMs: number;
  readonly actor: string;
  readonly commandId: CommandId;
  readonly eventId: EventId;
  readonly hash: EventHash;
  readonly manifest: Manifest;
  /** Why it was withdrawn, where somebody has said. */
  readonly reason: string | undefined;
}

/** In which order a history is shown. */
export type HistoryOrder = 'oldest' | 'newest';

/** Which events of a dataset a page shows. */
export interface DatasetHistoryPage {
  readonly name: DatasetName;
  readonly asOf: Position;
  readonly order: HistoryOrder;
  /** The position of the last entry of the page before. */
  readonly after: Position | undefined;
  readonly limit: number;
}

/** A page of a history. */
export interface FoundHistory {
  readonly changes: readonly DatasetChange[];
  /** Whether there are more behind it. */
  readonly hasMore: boolean;
}

type Row = Omit<DatasetChange, 'manifest' | 'reason'> & { readonly data: string };

// Each event holds a whole manifest, which has up to some megabytes: parsing so much takes some hundredths of a second.
const DATA_LENGTH_MAX = 4_194_304;

/** The events of datasets, each with what it left behind. */
export class DatasetHistory {
  readonly #find: Statement;
  readonly #pages: Readonly<Record<HistoryOrder, Statement>>;

  constructor(db: Database) {
    this.#find = db
      .prepare(`
        SELECT id FROM aggregate
        WHERE tenant = @tenant AND environment = @environment AND kind = 'dataset' AND name = @name`)
      .pluck();
    this.#pages = {
      oldest: db.prepare(pageOf('position > @after', 'ASC')),
      newest: db.prepare(pageOf('(@after = 0 OR position < @after)', 'DESC')),
    };
  }

  /**
   * Gives events of one dataset. A page of large manifests may be shorter than its limit: `hasMore` says whether it is the
   * last one. A dataset that was not there yet has no events.
   */
  page({ tenant, environment }: Scope, wanted: DatasetHistoryPage): FoundHistory {
    const { name, asOf, order, after = 0, limit } = wanted;
    const aggregate = this.#find.get({ tenant, environment, name }) as number | undefined;
    if (aggregate === undefined) return { changes: [], hasMore: false };
    const asked = { aggregate, asOf, after, limit: limit + 1 };
    const changes: DatasetChange[] = [];
    let length = 0;
    for (const row of this.#pages[order].iterate(asked) as IterableIterator<Row>) {
      length += row.data.length;
      const isFull = changes.length === limit || (changes.length > 0 && length > DATA_LENGTH_MAX);
      if (isFull) return { changes, hasMore: true };
      changes.push(toChange(row));
    }
    return { changes, hasMore: false };
  }
}

// The positions first, from both indexes in their order: so many rows are read as are shown.
function pageOf(behind: string, order: 'ASC' | 'DESC'): string {
  const positions = (table: string): string =>
    `SELECT position FROM ${table} WHERE aggregate = @aggregate AND position <= @asOf AND ${behind}`;
  return `
    SELECT position, type, time, recorded_at AS recordedAtMs, actor, command_id AS commandId,
      event_id AS eventId, hash, data
    FROM (${positions('revision_of')} UNION ALL ${positions('recent_of')}
      ORDER BY position ${order} LIMIT @limit) JOIN revision USING (position)
    ORDER BY position ${order}`;
}

function toChange({ data, ...row }: Row): DatasetChange {
  const { manifest, reason } = JSON.parse(data) as { manifest: Manifest; reason?: string };
  return { ...row, manifest, reason };
}
