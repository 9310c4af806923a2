import type { Database, Statement } from 'better-sqlite3';
import type { AggregateSource, LoadedAggregate } from '#domain/aggregate';
import type { CommandId } from '#domain/event';
import type { Revision } from '#domain/position';
import { parseScope, type Scope, sameScope } from '#domain/scope';
import {
  type WebhookEvent,
  type WebhookId,
  type WebhookState,
  webhookEvolution,
} from '#domain/webhook';
import { FoldedAggregates } from '#projections/catalog/folded-aggregates';

/** What webhooks need beside their events: which scope an id belongs to. Rows are only ever added. */
export const WEBHOOK_TABLES = `
CREATE TABLE webhook (
  position INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  aggregate INTEGER NOT NULL
) STRICT;
`;

/** A webhook with its scope and whoever has created it. */
export interface FoundWebhook {
  readonly id: WebhookId;
  readonly scope: Scope;
  readonly createdBy: string;
  /** The position at which it was created. */
  readonly position: number;
  /** The position of its newest event. */
  readonly revision: Revision;
  readonly webhook: Exclude<WebhookState, undefined>;
}

export interface WebhookPage {
  readonly limit: number;
  /** Only those created before: where the page before ended. */
  readonly before?: number;
}

interface WebhookRow {
  readonly position: number;
  readonly id: WebhookId;
  readonly aggregate: number;
  readonly tenant: string;
  readonly environment: string;
}

const COLUMNS = 'w.position, w.id, w.aggregate, tenant, environment';
// The end of a webhook is its last event: the small index holds the newest of each aggregate, the large one the others.
const NOT_DELETED = `NOT EXISTS (
  SELECT 1 FROM revision r WHERE r.type = 'WebhookDeleted' AND r.position IN (
    SELECT position FROM recent_of i WHERE i.aggregate = w.aggregate
    UNION ALL SELECT position FROM revision_of i WHERE i.aggregate = w.aggregate))`;

/** Questions about webhooks: which a scope has, which there are at all, and what decisions know. */
export class WebhookQueries implements AggregateSource<WebhookState> {
  readonly #byId: Statement<[string]>;
  readonly #list: Statement;
  readonly #all: Statement;
  readonly #count: Statement;
  readonly #aggregates: FoldedAggregates<WebhookState, WebhookEvent>;

  constructor(db: Database) {
    const from = 'FROM webhook w JOIN aggregate ON aggregate.id = w.aggregate';
    this.#byId = db.prepare(`SELECT ${COLUMNS} ${from} WHERE w.id = ?`);
    this.#list = db.prepare(`
      SELECT ${COLUMNS} ${from} WHERE tenant = @tenant AND environment = @environment
        AND kind = 'webhook' AND (@before IS NULL OR w.position < @before) AND ${NOT_DELETED}
      ORDER BY w.position DESC LIMIT @limit`);
    this.#all = db.prepare(`SELECT ${COLUMNS} ${from} WHERE ${NOT_DELETED} ORDER BY w.position`);
    this.#count = db.prepare(`SELECT count(*) FROM webhook w WHERE ${NOT_DELETED}`).pluck();
    this.#aggregates = new FoldedAggregates(db, webhookEvolution);
  }

  /** Finds a webhook of a scope that was not deleted. */
  find(scope: Scope, id: WebhookId): FoundWebhook | undefined {
    const row = this.#rowOf(scope, id);
    const found = row && this.#found(row);
    return found?.webhook.deletedAt === undefined ? found : undefined;
  }

  /** Lists the webhooks of a scope, the newest first. */
  list({ tenant, environment }: Scope, { limit, before }: WebhookPage): readonly FoundWebhook[] {
    const rows = this.#list.all({ tenant, environment, limit, before: before ?? null });
    return this.#foundOf(rows as WebhookRow[]);
  }

  /** Lists the webhooks of all scopes, the oldest first. */
  all(): readonly FoundWebhook[] {
    return this.#foundOf(this.#all.all() as WebhookRow[]);
  }

  /** Counts the webhooks of all scopes. */
  count(): number {
    return Number(this.#count.get());
  }

  async load(
    scope: Scope,
    id: string,
    commandId: CommandId,
  ): Promise<LoadedAggregate<WebhookState>> {
    return this.#aggregates.load(this.#rowOf(scope, id)?.aggregate, commandId);
  }

  #rowOf(scope: Scope, id: string): WebhookRow | undefined {
    const row = this.#byId.get(id) as WebhookRow | undefined;
    const isOurs = row && sameScope(parseScope(row.tenant, row.environment), scope);
    return isOurs === true ? row : undefined;
  }

  #foundOf(rows: readonly WebhookRow[]): readonly FoundWebhook[] {
    return rows.flatMap((row) => this.#found(row) ?? []);
  }

  #found({ id, aggregate, position, tenant, environment }: WebhookRow): FoundWebhook | undefined {
    const events = this.#aggregates.eventsOf(aggregate);
    const [webhook, created, last] = [this.#aggregates.fold(events), events[0], events.at(-1)];
    if (webhook === undefined || created === undefined || last === undefined) return undefined;
    const scope = parseScope(tenant, environment);
    return { id, scope, createdBy: created.actor, position, revision: last.position, webhook };
  }
}
