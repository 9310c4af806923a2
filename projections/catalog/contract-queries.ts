import type { Database, Statement } from 'better-sqlite3';
import { type AggregateSource, COMMANDS_REMEMBERED_MAX, emptyAggregate } from '#domain/aggregate';
import type { ContractBundle, ContractState, PublishedVersion } from '#domain/contract';
import { type ContractName, type ContractVersion, versionOrderKey } from '#domain/contract-name';
import type { EventHash } from '#domain/event';
import type { Position, Revision } from '#domain/position';
import type { Scope } from '#domain/scope';
import { RememberedCommands } from '#projections/catalog/remembered-commands';
import { newestRevision } from '#projections/catalog/schema';

/** One published version with its content. */
export interface ContractRow {
  readonly bundle: ContractBundle;
  readonly createdAt: string;
  readonly position: Position;
}

/** One published version as lists show it. */
export interface ContractSummary {
  readonly name: ContractName;
  readonly version: ContractVersion;
  readonly description: string | undefined;
  readonly createdAt: string;
}

/** The last row of a page: the next one begins behind it. */
export interface ContractCursor {
  readonly name: string;
  readonly orderKey: string;
}

export interface ContractPage {
  readonly after: ContractCursor | undefined;
  readonly limit: number;
  readonly asOf: Position;
}

interface SummaryRow {
  readonly name: string;
  readonly version: string;
  readonly description: string | null;
  readonly time: string;
}

/** Questions about contracts. */
export class ContractQueries implements AggregateSource<ContractState> {
  readonly #one: Statement<[string, string, string, string, number]>;
  readonly #page: Statement<[string, string, number, string, string, string, number]>;
  readonly #head: Statement<[string, string, string]>;
  readonly #versions: Statement<[number]>;
  readonly #remembered: RememberedCommands;

  constructor(db: Database) {
    const from = `FROM aggregate JOIN contract_version v ON v.aggregate = aggregate.id
      JOIN revision ON revision.position = v.position
      WHERE tenant = ? AND environment = ? AND kind = 'contract'`;
    this.#one = db.prepare(
      `SELECT revision.position, time, data ${from} AND name = ? AND order_key = ? AND v.position <= ?`,
    );
    this.#page = db.prepare(`
      SELECT name, version, description, time ${from} AND v.position <= ?
        AND (name > ? OR (name = ? AND order_key > ?))
      ORDER BY name, order_key LIMIT ?`);
    this.#head = db.prepare(`
      SELECT aggregate.id AS aggregate, revision.position, hash FROM aggregate
      JOIN revision ON revision.position = ${newestRevision()}
      WHERE tenant = ? AND environment = ? AND kind = 'contract' AND name = ?`);
    this.#versions = db.prepare(`
      SELECT version, fingerprint, time AS publishedAt FROM contract_version v
      JOIN revision ON revision.position = v.position WHERE v.aggregate = ?`);
    this.#remembered = new RememberedCommands(db);
  }

  /** Finds one version as of a position. */
  find(
    scope: Scope,
    id: { readonly name: ContractName; readonly version: ContractVersion },
    asOf: Position,
  ): ContractRow | undefined {
    const { tenant, environment } = scope;
    const key = versionOrderKey(id.version);
    const row = this.#one.get(tenant, environment, id.name, key, asOf) as
      | { position: Position; time: string; data: string }
      | undefined;
    if (row === undefined) return undefined;
    const { bundle } = JSON.parse(row.data) as { bundle: ContractBundle };
    return { bundle, createdAt: row.time, position: row.position };
  }

  /** Lists versions in the order of names, and of versions within a name. */
  list(scope: Scope, { after, limit, asOf }: ContractPage): readonly ContractSummary[] {
    const { tenant, environment } = scope;
    const [name, key] = [after?.name ?? '', after?.orderKey ?? ''];
    const rows = this.#page.all(tenant, environment, asOf, name, name, key, limit) as SummaryRow[];
    return rows.map((row) => ({
      name: row.name as ContractName,
      version: row.version as ContractVersion,
      description: row.description ?? undefined,
      createdAt: row.time,
    }));
  }

  async load(scope: Scope, id: string, commandId: string) {
    const head = this.#head.get(scope.tenant, scope.environment, id) as
      | { aggregate: number; position: Revision; hash: EventHash }
      | undefined;
    if (head === undefined) {
      return { aggregate: emptyAggregate<ContractState>(new Map()), remembered: undefined };
    }
    const { aggregate, position: revision, hash } = head;
    const versions = this.#versions.all(aggregate) as PublishedVersion[];
    const state: ContractState = new Map(versions.map((v) => [v.version, v]));
    return {
      aggregate: { state, revision, hash },
      remembered: this.#remembered.find(aggregate, commandId, COMMANDS_REMEMBERED_MAX),
    };
  }
}
