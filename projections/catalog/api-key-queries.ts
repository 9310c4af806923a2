import type { Database, Statement } from 'better-sqlite3';
import {
  type AggregateSource,
  COMMANDS_REMEMBERED_MAX,
  emptyAggregate,
  type LoadedAggregate,
} from '#domain/aggregate';
import {
  type ApiKeyEvent,
  type ApiKeyId,
  type ApiKeyState,
  apiKeyEvolution,
} from '#domain/api-key';
import type { CommandId, EventHash } from '#domain/event';
import type { Revision } from '#domain/position';
import { parseScope, type Scope, sameScope } from '#domain/scope';
import { RememberedCommands } from '#projections/catalog/remembered-commands';

/** What keys need beside their events: which scope an id belongs to. Rows are only ever added. */
export const API_KEY_TABLES = `
CREATE TABLE api_key (
  position INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  aggregate INTEGER NOT NULL
) STRICT;
`;

/** A key with its scope and whoever has issued it. */
export interface FoundApiKey {
  readonly id: ApiKeyId;
  readonly scope: Scope;
  readonly issuedBy: string;
  readonly key: Exclude<ApiKeyState, undefined>;
}

export interface ApiKeyPage {
  readonly limit: number;
  /** Only those issued before: where the page before ended. */
  readonly before?: number;
}

interface KeyRow {
  readonly position: number;
  readonly id: ApiKeyId;
  readonly aggregate: number;
  readonly tenant: string;
  readonly environment: string;
}

interface EventRow {
  readonly position: Revision;
  readonly type: string;
  readonly time: string;
  readonly actor: string;
  readonly hash: EventHash;
  readonly data: string;
}

const COLUMNS = 'k.position, k.id, k.aggregate, tenant, environment';

/** Questions about API keys: whose an id is, which a scope has, and what decisions know. */
export class ApiKeyQueries implements AggregateSource<ApiKeyState> {
  readonly #byId: Statement<[string]>;
  readonly #list: Statement;
  readonly #events: Statement<[number, number]>;
  readonly #remembered: RememberedCommands;

  constructor(db: Database) {
    const keys = `SELECT ${COLUMNS} FROM api_key k JOIN aggregate ON aggregate.id = k.aggregate`;
    this.#byId = db.prepare(`${keys} WHERE k.id = ?`);
    this.#list = db.prepare(`
      ${keys} WHERE tenant = @tenant AND environment = @environment AND kind = 'api-key'
        AND (@before IS NULL OR k.position < @before)
      ORDER BY k.position DESC LIMIT @limit`);
    this.#events = db.prepare(`
      SELECT position, type, time, actor, hash, data FROM revision WHERE position IN (
        SELECT position FROM recent_of WHERE aggregate = ?
        UNION ALL SELECT position FROM revision_of WHERE aggregate = ?)
      ORDER BY position`);
    this.#remembered = new RememberedCommands(db);
  }

  /** Finds a key by its id, whatever scope it belongs to. */
  find(id: ApiKeyId): FoundApiKey | undefined {
    const row = this.#byId.get(id) as KeyRow | undefined;
    return row && this.#found(row);
  }

  /** Lists the keys of a scope, the newest first, with the position of each. */
  list(
    { tenant, environment }: Scope,
    { limit, before }: ApiKeyPage,
  ): readonly (FoundApiKey & { readonly position: number })[] {
    const rows = this.#list.all({ tenant, environment, limit, before: before ?? null });
    return (rows as KeyRow[]).flatMap((row) => {
      const found = this.#found(row);
      return found === undefined ? [] : [Object.assign(found, { position: row.position })];
    });
  }

  async load(
    scope: Scope,
    id: string,
    commandId: CommandId,
  ): Promise<LoadedAggregate<ApiKeyState>> {
    const row = this.#byId.get(id) as KeyRow | undefined;
    if (row === undefined || !sameScope(parseScope(row.tenant, row.environment), scope))
      return { aggregate: emptyAggregate(apiKeyEvolution.initial), remembered: undefined };
    const events = this.#eventsOf(row.aggregate);
    const last = events.at(-1);
    const aggregate =
      last === undefined
        ? emptyAggregate(apiKeyEvolution.initial)
        : { state: fold(events), revision: last.position, hash: last.hash };
    const remembered = this.#remembered.find(row.aggregate, commandId, COMMANDS_REMEMBERED_MAX);
    return { aggregate, remembered };
  }

  #found({ id, aggregate, tenant, environment }: KeyRow): FoundApiKey | undefined {
    const events = this.#eventsOf(aggregate);
    const key = fold(events);
    const [issued] = events;
    if (key === undefined || issued === undefined) return undefined;
    return { id, scope: parseScope(tenant, environment), issuedBy: issued.actor, key };
  }

  #eventsOf(aggregate: number): readonly EventRow[] {
    return this.#events.all(aggregate, aggregate) as EventRow[];
  }
}

function fold(events: readonly EventRow[]): ApiKeyState {
  let state: ApiKeyState = apiKeyEvolution.initial;
  for (const { type, data, time } of events) {
    const event: ApiKeyEvent = apiKeyEvolution.parse({ type, data: JSON.parse(data) });
    state = apiKeyEvolution.evolve(state, event, time);
  }
  return state;
}
