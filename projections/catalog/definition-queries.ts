import type { Database, Statement } from 'better-sqlite3';
import { type ContractVersion, versionOrderKey } from '#domain/contract-name';
import type { Defined, Definition } from '#domain/definition';
import type { JobStage } from '#domain/job-stage';
import type { Position } from '#domain/position';
import type { Scope } from '#domain/scope';
import { type DefinitionKind, DefinitionLists } from '#projections/catalog/definition-lists';
import { DefinitionStates } from '#projections/catalog/definition-states';
import { DEFINITION_STAGE_OF } from '#projections/catalog/definition-tables';

/** One version with its content, and its stage as of a position. */
export interface DefinitionRow<D extends Definition> {
  readonly definition: D;
  readonly createdAt: string;
  /** Of the event that defined it. */
  readonly position: Position;
  readonly author: string;
  readonly stage: JobStage;
  /** The step that brought it there: the definition itself, or a change of stage. */
  readonly staged: JobStageStep;
}

/** How a version came into its stage. */
export interface JobStageStep {
  readonly position: Position;
  readonly time: string;
  readonly actor: string;
  readonly notes?: string;
}

interface FoundRow {
  readonly position: Position;
  readonly time: string;
  readonly data: string;
  readonly author: string;
  readonly stage: JobStage;
  readonly stagedAt: Position;
  readonly stagedTime: string;
  readonly stagedBy: string;
  readonly notes: string | null;
}

/** Questions about the definitions of one kind. */
export class DefinitionQueries<D extends Definition> extends DefinitionLists {
  /** What decisions know. */
  readonly states: DefinitionStates<D>;
  readonly #kind: DefinitionKind;
  readonly #one: Statement;
  readonly #latest: Statement;

  constructor(db: Database, kind: DefinitionKind) {
    super(db, kind);
    this.#kind = kind;
    this.states = new DefinitionStates(db, kind);
    this.#one = db.prepare(`
      SELECT v.position, r.time, r.data, v.author, s.stage, s.position AS stagedAt,
        sr.time AS stagedTime, sr.actor AS stagedBy,
        CASE WHEN s.position = v.position THEN NULL ELSE sr.data ->> '$.notes' END AS notes
      FROM aggregate JOIN definition_version v ON v.aggregate = aggregate.id
      JOIN revision r ON r.position = v.position
      JOIN definition_stage s ON s.position = (
        SELECT max(x.position) FROM definition_stage x
        WHERE x.aggregate = v.aggregate AND x.order_key = v.order_key AND x.position <= @asOf)
      JOIN revision sr ON sr.position = s.position
      WHERE tenant = @tenant AND environment = @environment AND kind = @kind
        AND name = @id AND v.order_key = @orderKey AND v.position <= @asOf`);
    this.#latest = db
      .prepare(`
        SELECT v.version FROM aggregate JOIN definition_version v ON v.aggregate = aggregate.id
        WHERE tenant = @tenant AND environment = @environment AND kind = @kind
          AND name = @id AND v.position <= @asOf AND ${DEFINITION_STAGE_OF} = 'active'
        ORDER BY v.is_release DESC, v.order_key DESC LIMIT 1`)
      .pluck();
  }

  /** Finds one version as of a position; of `latest` the highest active one, see `latestVersion`. */
  find(
    scope: Scope,
    wanted: { readonly id: D['id']; readonly version: ContractVersion | 'latest' },
    asOf: Position,
  ): DefinitionRow<D> | undefined {
    const { id } = wanted;
    const version =
      wanted.version === 'latest' ? this.latestVersion(scope, id, asOf) : wanted.version;
    if (version === undefined) return undefined;
    const { tenant, environment } = scope;
    const orderKey = versionOrderKey(version);
    const at = { tenant, environment, kind: this.#kind, id, orderKey, asOf };
    const row = this.#one.get(at) as FoundRow | undefined;
    return row === undefined ? undefined : toDefinition(row);
  }

  /** Gives the highest active version as of a position. A pre-release counts only where no release is active. */
  latestVersion(
    { tenant, environment }: Scope,
    id: D['id'],
    asOf: Position,
  ): ContractVersion | undefined {
    const at = { tenant, environment, kind: this.#kind, id, asOf };
    return this.#latest.get(at) as ContractVersion | undefined;
  }
}

function toDefinition<D extends Definition>(row: FoundRow): DefinitionRow<D> {
  const { definition } = JSON.parse(row.data) as Defined<D>;
  return {
    definition,
    createdAt: row.time,
    position: row.position,
    author: row.author,
    stage: row.stage,
    staged: {
      position: row.stagedAt,
      time: row.stagedTime,
      actor: row.stagedBy,
      ...(row.notes === null ? {} : { notes: row.notes }),
    },
  };
}
