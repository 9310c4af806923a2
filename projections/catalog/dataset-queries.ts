import type { Database, Statement } from 'better-sqlite3';
import { type AggregateSource, COMMANDS_REMEMBERED_MAX, emptyAggregate } from '#domain/aggregate';
import type { DatasetState, DatasetStatus, Manifest } from '#domain/dataset';
import type { DatasetName } from '#domain/dataset-name';
import type { EventHash } from '#domain/event';
import type { Position, Revision } from '#domain/position';
import type { Scope } from '#domain/scope';
import { RememberedCommands } from '#projections/catalog/remembered-commands';
import { newestRevision } from '#projections/catalog/schema';

/** A dataset as it stood at some position. */
export interface DatasetRow {
  readonly manifest: Manifest;
  /** The position of its last event. */
  readonly revision: Revision;
}

export interface DatasetPage {
  /** Names behind this one. */
  readonly after: string;
  readonly limit: number;
  readonly asOf: Position;
  readonly status?: DatasetStatus;
}

interface Row {
  readonly name: string;
  readonly position: number;
  readonly data: string;
  readonly hash: string;
  readonly aggregate: number;
}

const COLUMNS = 'aggregate.name, revision.position, data, hash, aggregate.id AS aggregate';

/** Questions about datasets. */
export class DatasetQueries implements AggregateSource<DatasetState> {
  readonly #one: Statement<[number, number, string, string, string]>;
  readonly #page: Statement<
    [number, number, string, string, string, string | null, string | null, number]
  >;
  readonly #lastChange: Statement<[string, string]>;
  readonly #remembered: RememberedCommands;

  constructor(db: Database) {
    this.#one = db.prepare(`
      SELECT ${COLUMNS} FROM aggregate JOIN revision ON revision.position = ${newestRevision('?')}
      WHERE tenant = ? AND environment = ? AND kind = 'dataset' AND name = ?`);
    this.#page = db.prepare(`
      SELECT ${COLUMNS} FROM aggregate JOIN revision ON revision.position = ${newestRevision('?')}
      WHERE tenant = ? AND environment = ? AND kind = 'dataset' AND name > ?
        AND (? IS NULL OR data ->> '$.manifest.status' = ?)
      ORDER BY name LIMIT ?`);
    this.#lastChange = db
      .prepare(`
        SELECT position FROM scope_head
        WHERE tenant = ? AND environment = ? AND kind = 'dataset'`)
      .pluck();
    this.#remembered = new RememberedCommands(db);
  }

  /** Finds one dataset as of a position. */
  find(scope: Scope, name: DatasetName, asOf: Position): DatasetRow | undefined {
    const row = this.#one.get(asOf, asOf, scope.tenant, scope.environment, name) as Row | undefined;
    return row === undefined ? undefined : toDataset(row);
  }

  /** Lists datasets in the order of their names. */
  list(scope: Scope, { after, limit, asOf, status }: DatasetPage): readonly DatasetRow[] {
    const { tenant, environment } = scope;
    const wanted = status ?? null;
    const rows = this.#page.all(asOf, asOf, tenant, environment, after, wanted, wanted, limit);
    return (rows as Row[]).map(toDataset);
  }

  /** Gives the position of the newest change to any dataset of a scope; 0 for none. */
  lastChange(scope: Scope): number {
    return Number(this.#lastChange.get(scope.tenant, scope.environment) ?? 0);
  }

  async load(scope: Scope, id: string, commandId: string) {
    const everything = Number.MAX_SAFE_INTEGER;
    const row = this.#one.get(everything, everything, scope.tenant, scope.environment, id) as
      | Row
      | undefined;
    if (row === undefined) {
      return { aggregate: emptyAggregate<DatasetState>(undefined), remembered: undefined };
    }
    const { manifest, revision } = toDataset(row);
    return {
      aggregate: { state: manifest, revision, hash: row.hash as EventHash },
      remembered: this.#remembered.find(row.aggregate, commandId, COMMANDS_REMEMBERED_MAX),
    };
  }
}

function toDataset(row: Row): DatasetRow {
  const { manifest } = JSON.parse(row.data) as { manifest: Manifest };
  return { manifest, revision: row.position as Revision };
}
