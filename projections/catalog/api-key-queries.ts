import type { Database, Statement } from 'better-sqlite3';
import type { AggregateSource, LoadedAggregate } from '#domain/aggregate';
import {
  type ApiKeyEvent,
  type ApiKeyId,
  type ApiKeyState,
  apiKeyEvolution,
} from '#domain/api-key';
import type { CommandId } from '#domain/event';
import { parseScope, type Scope, sameScope } from '#domain/scope';
import { FoldedAggregates } from '#projections/catalog/folded-aggregates';

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

const COLUMNS = 'k.position, k.id, k.aggregate, tenant, environment';

/** Questions about API keys: whose an id is, which a scope has, and what decisions know. */
export class ApiKeyQueries implements AggregateSource<ApiKeyState> {
  readonly #byId: Statement<[string]>;
  readonly #list: Statement;
  readonly #aggregates: FoldedAggregates<ApiKeyState, ApiKeyEvent>;

  constructor(db: Database) {
    const keys = `SELECT ${COLUMNS} FROM api_key k JOIN aggregate ON aggregate.id = k.aggregate`;
    this.#byId = db.prepare(`${keys} WHERE k.id = ?`);
    this.#list = db.prepare(`
      ${keys} WHERE tenant = @tenant AND environment = @environment AND kind = 'api-key'
        AND (@before IS NULL OR k.position < @before)
      ORDER BY k.position DESC LIMIT @limit`);
    this.#aggregates = new FoldedAggregates(db, apiKeyEvolution);
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
    const isOurs = row && sameScope(parseScope(row.tenant, row.environment), scope);
    return this.#aggregates.load(isOurs === true ? row?.aggregate : undefined, commandId);
  }

  #found({ id, aggregate, tenant, environment }: KeyRow): FoundApiKey | undefined {
    const events = this.#aggregates.eventsOf(aggregate);
    const key = this.#aggregates.fold(events);
    const [issued] = events;
    if (key === undefined || issued === undefined) return undefined;
    return { id, scope: parseScope(tenant, environment), issuedBy: issued.actor, key };
  }
}
