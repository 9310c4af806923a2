import type { Database, Statement } from 'better-sqlite3';
import {
  type AggregateSource,
  COMMANDS_REMEMBERED_MAX,
  emptyAggregate,
  type LoadedAggregate,
} from '#domain/aggregate';
import type { DefinedVersion, Definition, DefinitionState } from '#domain/definition';
import type { CommandId, EventHash } from '#domain/event';
import type { Revision } from '#domain/position';
import type { Scope } from '#domain/scope';
import type { DefinitionKind } from '#projections/catalog/definition-lists';
import { DEFINITION_STAGE_OF } from '#projections/catalog/definition-tables';
import { RememberedCommands } from '#projections/catalog/remembered-commands';
import { newestRevision } from '#projections/catalog/schema';

interface Head {
  readonly aggregate: number;
  readonly revision: Revision;
  readonly hash: EventHash;
}

/** What decisions about the definitions of one kind know. */
export class DefinitionStates<D extends Definition> implements AggregateSource<DefinitionState<D>> {
  readonly #kind: DefinitionKind;
  readonly #head: Statement;
  readonly #versions: Statement;
  readonly #remembered: RememberedCommands;

  constructor(db: Database, kind: DefinitionKind) {
    this.#kind = kind;
    this.#head = db.prepare(`
      SELECT aggregate.id AS aggregate, revision.position AS revision, hash FROM aggregate
      JOIN revision ON revision.position = ${newestRevision()}
      WHERE tenant = ? AND environment = ? AND kind = ? AND name = ?`);
    // Without the content: thousands of versions load in milliseconds.
    this.#versions = db.prepare(`
      SELECT version, fingerprint, author, time AS definedAt, ${DEFINITION_STAGE_OF} AS stage
      FROM definition_version v JOIN revision ON revision.position = v.position
      WHERE v.aggregate = @aggregate`);
    this.#remembered = new RememberedCommands(db);
  }

  async load(
    { tenant, environment }: Scope,
    id: string,
    commandId: CommandId,
  ): Promise<LoadedAggregate<DefinitionState<D>>> {
    const head = this.#head.get(tenant, environment, this.#kind, id) as Head | undefined;
    if (head === undefined)
      return { aggregate: emptyAggregate({ versions: new Map() }), remembered: undefined };
    const { aggregate, revision, hash } = head;
    const at = { aggregate, asOf: Number.MAX_SAFE_INTEGER };
    const versions = this.#versions.all(at) as DefinedVersion<D>[];
    const state = { versions: new Map(versions.map((one) => [one.version, one])) };
    const remembered = this.#remembered.find(aggregate, commandId, COMMANDS_REMEMBERED_MAX);
    return { aggregate: { state, revision, hash }, remembered };
  }
}
