import type { Database, Statement } from 'better-sqlite3';
import type { Promotion, Publication } from '#domain/contract';
import type { ContractBundle } from '#domain/contract-bundle';
import type { RecordedGate } from '#domain/contract-gate';
import { type ContractName, type ContractVersion, versionOrderKey } from '#domain/contract-name';
import type { ContractStage } from '#domain/contract-stage';
import type { Position } from '#domain/position';
import type { Scope } from '#domain/scope';
import { ContractLists } from '#projections/catalog/contract-lists';
import { ContractStates } from '#projections/catalog/contract-states';
import { STAGE_OF } from '#projections/catalog/contract-tables';

/** One published version with its content, and its stage as of a position. */
export interface ContractRow {
  readonly bundle: ContractBundle;
  readonly createdAt: string;
  /** Of the event that published it. */
  readonly position: Position;
  readonly publisher: string;
  /** What the gate said; absent where none has judged it. */
  readonly gate: RecordedGate | undefined;
  readonly promotion: Promotion | undefined;
  readonly stage: ContractStage;
  /** The step that brought it there: the publication itself, or a change of stage. */
  readonly staged: StageStep;
  /** Its last deprecation, kept when it is retired; `undefined` where it has none or was approved again. */
  readonly deprecated: StageStep | undefined;
}

/** How a version came into its stage. */
export interface StageStep {
  readonly position: Position;
  readonly time: string;
  readonly actor: string;
  readonly notes?: string;
  readonly successor?: string;
  /** RFC 3339, UTC. */
  readonly sunset?: string;
}

interface FoundRow {
  readonly position: Position;
  readonly time: string;
  readonly data: string;
  readonly publisher: string;
  readonly stage: ContractStage;
  readonly stagedAt: Position;
  readonly stagedTime: string;
  readonly stagedBy: string;
  readonly stagedData: string | null;
  readonly deprecatedAt: Position | null;
  readonly deprecatedTime: string | null;
  readonly deprecatedBy: string | null;
  readonly deprecatedData: string | null;
}

/** Questions about contracts. */
export class ContractQueries extends ContractLists {
  /** What decisions know, and the modes. */
  readonly states: ContractStates;
  readonly #one: Statement;
  readonly #latest: Statement;

  constructor(db: Database) {
    super(db);
    this.states = new ContractStates(db);
    this.#one = db.prepare(`
      SELECT v.position, r.time, r.data, v.publisher, s.stage, s.position AS stagedAt,
        sr.time AS stagedTime, sr.actor AS stagedBy,
        CASE WHEN s.position = v.position THEN NULL ELSE sr.data END AS stagedData,
        d.position AS deprecatedAt, dr.time AS deprecatedTime, dr.actor AS deprecatedBy,
        CASE WHEN d.position = v.position THEN NULL ELSE dr.data END AS deprecatedData
      FROM aggregate JOIN contract_version v ON v.aggregate = aggregate.id
      JOIN revision r ON r.position = v.position
      JOIN contract_stage s ON s.position = (
        SELECT max(x.position) FROM contract_stage x
        WHERE x.aggregate = v.aggregate AND x.order_key = v.order_key AND x.position <= @asOf)
      JOIN revision sr ON sr.position = s.position
      LEFT JOIN contract_stage d ON s.stage <> 'approved' AND d.position = (
        SELECT max(x.position) FROM contract_stage x
        WHERE x.aggregate = v.aggregate AND x.order_key = v.order_key AND x.position <= @asOf
          AND x.stage = 'deprecated')
      LEFT JOIN revision dr ON dr.position = d.position
      WHERE tenant = @tenant AND environment = @environment AND kind = 'contract'
        AND name = @name AND v.order_key = @orderKey AND v.position <= @asOf`);
    // Only what is sorted: with the content every version of the contract would be read.
    this.#latest = db
      .prepare(`
        SELECT v.version FROM aggregate JOIN contract_version v ON v.aggregate = aggregate.id
        WHERE tenant = @tenant AND environment = @environment AND kind = 'contract'
          AND name = @name AND v.position <= @asOf AND ${STAGE_OF} = 'approved'
        ORDER BY v.is_release DESC, v.order_key DESC LIMIT 1`)
      .pluck();
  }

  /** Finds one version as of a position. */
  find(
    { tenant, environment }: Scope,
    id: { readonly name: ContractName; readonly version: ContractVersion },
    asOf: Position,
  ): ContractRow | undefined {
    const orderKey = versionOrderKey(id.version);
    const row = this.#one.get({ tenant, environment, name: id.name, orderKey, asOf });
    return row === undefined ? undefined : toContract(row as FoundRow);
  }

  /** Finds the highest approved version as of a position. A pre-release counts only where no release is approved. */
  latest(scope: Scope, name: ContractName, asOf: Position): ContractRow | undefined {
    const { tenant, environment } = scope;
    const version = this.#latest.get({ tenant, environment, name, asOf }) as
      | ContractVersion
      | undefined;
    return version === undefined ? undefined : this.find(scope, { name, version }, asOf);
  }
}

function toContract(row: FoundRow): ContractRow {
  const { bundle, gate, promotion } = JSON.parse(row.data) as Publication;
  return {
    bundle,
    createdAt: row.time,
    position: row.position,
    publisher: row.publisher,
    gate,
    promotion,
    stage: row.stage,
    staged: toStep({
      position: row.stagedAt,
      time: row.stagedTime,
      actor: row.stagedBy,
      data: row.stagedData,
    }),
    deprecated: deprecationOf(row),
  };
}

function deprecationOf(row: FoundRow): StageStep | undefined {
  const { deprecatedAt: position, deprecatedTime: time, deprecatedBy: actor } = row;
  if (position === null || time === null || actor === null) return undefined;
  return toStep({ position, time, actor, data: row.deprecatedData });
}

/** A publication is a step without anything beside it: its data is left out. */
function toStep({
  data,
  ...step
}: Pick<StageStep, 'position' | 'time' | 'actor'> & { readonly data: string | null }): StageStep {
  if (data === null) return step;
  const { notes, successor, sunset } = JSON.parse(data) as Partial<StageStep>;
  return {
    ...step,
    ...(notes === undefined ? {} : { notes }),
    ...(successor === undefined ? {} : { successor }),
    ...(sunset === undefined ? {} : { sunset }),
  };
}
