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
  /** Names up to this one. Default: all. */
  readonly upTo?: string;
  readonly limit: number;
  readonly asOf: Position;
  readonly status?: DatasetStatus;
  /** What the name holds, without regard to case. */
  readonly text?: string;
}

/** Which names a look at the next ones of a scope goes through. */
export interface NameSlice {
  readonly after: string;
  /** How many names it goes through at most. */
  readonly namesMax: number;
  /** The newest dataset that counts: see `newestBy`. */
  readonly newest: number;
  readonly text: string;
}

/** What a look at some names has found. */
export interface NamesFound {
  readonly scanned: number;
  /** The last name that was looked at; empty behind the end. */
  readonly last: string;
  readonly total: number;
  readonly matching: number;
}

/** How many datasets a scope had up to an aggregate. */
export interface CountedDatasets {
  readonly newest: number;
  readonly total: number;
}

// Aggregates that are looked at to bring a count up to date: some milliseconds.
const ADDED_MAX = 20_000;
// Scopes whose counts are kept.
const TOTALS_MAX = 1_000;

interface Row {
  readonly name: string;
  readonly position: number;
  readonly data: string;
  readonly hash: string;
  readonly aggregate: number;
}

const COLUMNS = 'aggregate.name, revision.position, data, hash, aggregate.id AS aggregate';

// What has happened last says what the status is, but for this one event; the rest of a row lies on pages of its own.
const STATUS_OF = `CASE type
  WHEN 'DatasetRegistered' THEN 'registered'
  WHEN 'DatasetPublished' THEN 'published'
  WHEN 'DatasetWithdrawn' THEN 'withdrawn'
  ELSE data ->> '$.manifest.status' END`;

const IN_SCOPE = "tenant = @tenant AND environment = @environment AND kind = 'dataset'";

/** Questions about datasets. */
export class DatasetQueries implements AggregateSource<DatasetState> {
  readonly #one: Statement<[number, number, string, string, string]>;
  readonly #page: Statement;
  readonly #names: Statement;
  readonly #added: Statement;
  readonly #firstOf: Statement<[number, number]>;
  readonly #newest: Statement<[]>;
  readonly #lastChange: Statement<[string, string]>;
  readonly #remembered: RememberedCommands;
  readonly #totals = new Map<string, CountedDatasets>();

  constructor(db: Database) {
    this.#one = db.prepare(`
      SELECT ${COLUMNS} FROM aggregate JOIN revision ON revision.position = ${newestRevision('?')}
      WHERE tenant = ? AND environment = ? AND kind = 'dataset' AND name = ?`);
    // Names are ASCII, which is what lower() knows. A search by instr knows no wildcards.
    this.#page = db.prepare(`
      SELECT ${COLUMNS} FROM aggregate JOIN revision ON revision.position = ${newestRevision('@asOf')}
      WHERE ${IN_SCOPE} AND name > @after AND (@upTo IS NULL OR name <= @upTo)
        AND (@text IS NULL OR instr(lower(name), lower(@text)) > 0)
        AND (@status IS NULL OR @status = ${STATUS_OF})
      ORDER BY name LIMIT @limit`);
    this.#names = db.prepare(`
      SELECT count(*) AS scanned, ifnull(max(name), '') AS last, count(*) FILTER (WHERE id <= @newest) AS total,
        count(*) FILTER (WHERE id <= @newest AND instr(lower(name), lower(@text)) > 0) AS matching
      FROM (SELECT id, name FROM aggregate WHERE ${IN_SCOPE} AND name > @after
        ORDER BY name LIMIT @namesMax)`);
    // By their ids, whatever the planner thinks of it: those between two are few.
    this.#added = db
      .prepare(`
        SELECT count(*) FROM aggregate NOT INDEXED
        WHERE id > @after AND id <= @newest AND ${IN_SCOPE}`)
      .pluck();
    this.#firstOf = db
      .prepare(`
        SELECT ifnull((SELECT min(position) FROM revision_of WHERE aggregate = ?),
          (SELECT min(position) FROM recent_of WHERE aggregate = ?))`)
      .pluck();
    this.#newest = db.prepare('SELECT ifnull(max(id), 0) FROM aggregate').pluck();
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
  list({ tenant, environment }: Scope, page: DatasetPage): readonly DatasetRow[] {
    const { after, limit, asOf, upTo = null, status = null, text = null } = page;
    const wanted = { tenant, environment, after, limit, asOf, upTo, status, text };
    return (this.#page.all(wanted) as Row[]).map(toDataset);
  }

  /** Looks at the next names of a scope, and counts those that hold a text. Reads no dataset. */
  names({ tenant, environment }: Scope, slice: NameSlice): NamesFound {
    return this.#names.get({ tenant, environment, ...slice }) as NamesFound;
  }

  /** Tells how many datasets a scope had, where that was counted not long before or after: `undefined` says count them. */
  total({ tenant, environment }: Scope, newest: number): number | undefined {
    const key = `${tenant}/${environment}`;
    const counted = this.#totals.get(key);
    if (counted === undefined || Math.abs(counted.newest - newest) > ADDED_MAX) return undefined;
    const [after, upTo] = [Math.min(counted.newest, newest), Math.max(counted.newest, newest)];
    const added = Number(this.#added.get({ tenant, environment, after, newest: upTo }));
    if (newest < counted.newest) return counted.total - added;
    const total = counted.total + added;
    this.#totals.set(key, { newest, total });
    return total;
  }

  /** Remembers how many datasets a scope had. */
  rememberTotal({ tenant, environment }: Scope, counted: CountedDatasets): void {
    if (this.#totals.size >= TOTALS_MAX) this.#totals.clear();
    this.#totals.set(`${tenant}/${environment}`, counted);
  }

  /**
   * Gives the id of the newest aggregate that was there at a position. Ids rise in the order of first events, so 20 look-ups
   * find one among a million.
   */
  newestBy(asOf: Position): number {
    let [low, high] = [0, Number(this.#newest.get())];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (Number(this.#firstOf.get(middle, middle)) <= asOf) low = middle;
      else high = middle - 1;
    }
    return low;
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
