import type { Database, Statement } from 'better-sqlite3';
import {
  type AggregateSource,
  COMMANDS_REMEMBERED_MAX,
  emptyAggregate,
  type LoadedAggregate,
} from '#domain/aggregate';
import { type ContractState, contractEvolution, type PublishedVersion } from '#domain/contract';
import type { CompatibilityMode } from '#domain/contract-gate';
import type { ContractName } from '#domain/contract-name';
import {
  CONTRACT_POLICY_ID,
  type ContractPolicyState,
  contractPolicyEvolution,
} from '#domain/contract-policy';
import type { CommandId, EventHash, Kind } from '#domain/event';
import { NEWEST, type Position, type Revision } from '#domain/position';
import type { Scope } from '#domain/scope';
import { STAGE_OF } from '#projections/catalog/contract-tables';
import { RememberedCommands } from '#projections/catalog/remembered-commands';
import { newestRevision } from '#projections/catalog/schema';

interface Head {
  readonly aggregate: number;
  readonly revision: Revision;
  readonly hash: EventHash;
}

interface ModeQuestion {
  readonly kind: Kind;
  readonly name: string;
  readonly asOf: Position;
}

type VersionRow = Omit<PublishedVersion, 'alsoPublishedBy' | 'bundle'> & {
  readonly alsoPublishedBy: string | null;
};

/** What decisions about contracts and their policies know. */
export class ContractStates implements AggregateSource<ContractState> {
  readonly #head: Statement;
  readonly #versions: Statement;
  readonly #mode: Statement;
  readonly #remembered: RememberedCommands;
  /** The policies of scopes, each with the id `CONTRACT_POLICY_ID`. */
  readonly policies: AggregateSource<ContractPolicyState>;

  constructor(db: Database) {
    this.#head = db.prepare(`
      SELECT aggregate.id AS aggregate, revision.position AS revision, hash FROM aggregate
      JOIN revision ON revision.position = ${newestRevision()}
      WHERE tenant = ? AND environment = ? AND kind = ? AND name = ?`);
    // Without the content: thousands of versions load in milliseconds.
    this.#versions = db.prepare(`
      SELECT version, fingerprint, publisher, also_published_by AS alsoPublishedBy,
        time AS publishedAt, ${STAGE_OF} AS stage
      FROM contract_version v JOIN revision ON revision.position = v.position
      WHERE v.aggregate = @aggregate`);
    this.#mode = db
      .prepare(`
        SELECT mode FROM compatibility_mode m JOIN aggregate ON aggregate.id = m.aggregate
        WHERE tenant = @tenant AND environment = @environment AND kind = @kind AND name = @name
          AND m.position <= @asOf
        ORDER BY m.position DESC LIMIT 1`)
      .pluck();
    this.#remembered = new RememberedCommands(db);
    this.policies = { load: async (...at) => this.#loadPolicy(...at) };
  }

  async load(
    scope: Scope,
    id: string,
    commandId: CommandId,
  ): Promise<LoadedAggregate<ContractState>> {
    const head = this.#headOf(scope, 'contract', id);
    if (head === undefined) return unknownTo(contractEvolution.initial);
    const at = { aggregate: head.aggregate, asOf: NEWEST };
    const versions = (this.#versions.all(at) as VersionRow[]).map(toVersion);
    const mode = this.mode(scope, id as ContractName, NEWEST);
    const state = { versions: new Map(versions.map((one) => [one.version, one])), mode };
    return this.#loaded(state, head, commandId);
  }

  /** Gives the mode of a contract's own as of a position; `undefined` where it has none. */
  mode(scope: Scope, name: ContractName, asOf: Position): CompatibilityMode | undefined {
    return this.#modeOf(scope, { kind: 'contract', name, asOf });
  }

  /** Gives the mode that a scope has set for its contracts as of a position; `undefined` where it has none. */
  defaultMode(scope: Scope, asOf: Position): CompatibilityMode | undefined {
    return this.#modeOf(scope, { kind: 'contract-policy', name: CONTRACT_POLICY_ID, asOf });
  }

  #loadPolicy(
    scope: Scope,
    id: string,
    commandId: CommandId,
  ): LoadedAggregate<ContractPolicyState> {
    const head = this.#headOf(scope, 'contract-policy', id);
    if (head === undefined) return unknownTo(contractPolicyEvolution.initial);
    return this.#loaded({ defaultMode: this.defaultMode(scope, NEWEST) }, head, commandId);
  }

  #loaded<S>(
    state: S,
    { aggregate, revision, hash }: Head,
    commandId: CommandId,
  ): LoadedAggregate<S> {
    const remembered = this.#remembered.find(aggregate, commandId, COMMANDS_REMEMBERED_MAX);
    return { aggregate: { state, revision, hash }, remembered };
  }

  #headOf({ tenant, environment }: Scope, kind: Kind, id: string): Head | undefined {
    return this.#head.get(tenant, environment, kind, id) as Head | undefined;
  }

  #modeOf({ tenant, environment }: Scope, question: ModeQuestion): CompatibilityMode | undefined {
    const mode = this.#mode.get({ tenant, environment, ...question }) as CompatibilityMode | null;
    return mode ?? undefined;
  }
}

function toVersion({ alsoPublishedBy, ...row }: VersionRow): PublishedVersion {
  return alsoPublishedBy === null ? row : { ...row, alsoPublishedBy };
}

function unknownTo<S>(initial: S): LoadedAggregate<S> {
  return { aggregate: emptyAggregate(initial), remembered: undefined };
}
