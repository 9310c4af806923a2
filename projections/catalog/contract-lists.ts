import type { Database, Statement } from 'better-sqlite3';
import type { ContractLabels } from '#domain/contract-bundle';
import type { ChangeLevel, RecordedGate } from '#domain/contract-gate';
import type { ContractName, ContractVersion } from '#domain/contract-name';
import type { ContractStage } from '#domain/contract-stage';
import type { Sha256 } from '#domain/digest';
import type { Position } from '#domain/position';
import type { Scope } from '#domain/scope';
import { foldCase, LABELS_OF, STAGE_OF } from '#projections/catalog/contract-tables';

/** One published version as lists show it. */
export interface ContractSummary {
  readonly name: ContractName;
  readonly version: ContractVersion;
  readonly description: string | undefined;
  readonly createdAt: string;
  readonly fingerprint: Sha256;
  readonly stage: ContractStage;
  readonly publisher: string;
  /** How much it changed; absent where no gate has judged it. */
  readonly level: ChangeLevel | undefined;
  readonly labels: ContractLabels;
  readonly position: Position;
}

/** The last row of a page: the next one begins behind it. */
export interface ContractCursor {
  readonly name: string;
  readonly orderKey: string;
}

/** Which versions a page shows. Filters that are absent let everything pass; the others all have to hold. */
export interface ContractPage {
  readonly after: ContractCursor | undefined;
  readonly limit: number;
  readonly asOf: Position;
  readonly namePrefix?: string;
  readonly label?: { readonly key: string; readonly value: string };
  readonly stage?: ContractStage;
  /** What name, description or a label `key=value` holds, without regard to case. */
  readonly text?: string;
}

/** Who refers to a contract, and by which URI. */
export interface Dependant {
  readonly name: ContractName;
  readonly version: ContractVersion;
  readonly stage: ContractStage;
  readonly uri: string;
  /** The version that it refers to. */
  readonly refersTo: ContractVersion;
}

export interface DependantCursor extends ContractCursor {
  readonly uri: string;
}

export interface DependantPage {
  readonly name: ContractName;
  /** Absent: whatever version is referred to. */
  readonly version?: ContractVersion;
  readonly after: DependantCursor | undefined;
  readonly limit: number;
  readonly asOf: Position;
}

/** A version with what the gate has said of it. */
export interface HistoryEntry extends ContractSummary {
  readonly gate: RecordedGate | undefined;
}

/** Which versions of one contract a history shows, newest first. */
export interface HistoryPage {
  readonly name: ContractName;
  /** The order key of the last entry of the page before. */
  readonly before?: string;
  readonly limit: number;
  readonly asOf: Position;
}

interface SummaryRow {
  readonly name: string;
  readonly version: string;
  readonly description: string | null;
  readonly time: string;
  readonly fingerprint: string;
  readonly stage: string;
  readonly publisher: string;
  readonly level: string | null;
  readonly labels: string;
  readonly position: number;
}

const COLUMNS = `name, v.version, v.description, time, v.fingerprint, ${STAGE_OF} AS stage,
  v.publisher, v.level, ${LABELS_OF} AS labels, v.position`;
const FROM = `FROM aggregate JOIN contract_version v ON v.aggregate = aggregate.id
  JOIN revision ON revision.position = v.position
  WHERE tenant = @tenant AND environment = @environment AND kind = 'contract'
    AND v.position <= @asOf`;

/** Lists of contracts, each as of a position. */
export class ContractLists {
  readonly #page: Statement;
  readonly #versions: Statement;
  readonly #history: Statement;
  readonly #dependants: Statement;

  constructor(db: Database) {
    // A name has no character above "z", so "~" ends the names with a prefix. A search by instr knows no wildcards.
    this.#page = db.prepare(`
      SELECT ${COLUMNS} ${FROM}
        AND (name > @name OR (name = @name AND v.order_key > @orderKey))
        AND (@prefix = '' OR (name >= @prefix AND name < @prefix || '~'))
        AND (@text IS NULL OR instr(v.search_text, @text) > 0)
        AND (@stage IS NULL OR @stage = ${STAGE_OF})
        AND (@labelKey IS NULL OR EXISTS (
          SELECT 1 FROM contract_label l
          WHERE l.position = v.position AND l.key = @labelKey AND l.value = @labelValue))
      ORDER BY name, v.order_key LIMIT @limit`);
    this.#versions = db.prepare(`SELECT ${COLUMNS} ${FROM} AND name = @name ORDER BY v.order_key`);
    this.#history = db.prepare(`
      SELECT ${COLUMNS}, data -> '$.gate' AS gate ${FROM} AND name = @name
        AND (@before IS NULL OR v.order_key < @before)
      ORDER BY v.order_key DESC LIMIT @limit`);
    this.#dependants = db.prepare(`
      SELECT aggregate.name, v.version, ${STAGE_OF} AS stage, r.uri, r.to_version AS refersTo
      FROM contract_reference r JOIN aggregate ON aggregate.id = r.aggregate
      JOIN contract_version v ON v.position = r.position
      WHERE r.to_name = @name AND (@version IS NULL OR r.to_version = @version)
        AND tenant = @tenant AND environment = @environment AND r.position <= @asOf
        AND (aggregate.name, r.order_key, r.uri) > (@afterName, @afterKey, @afterUri)
      ORDER BY aggregate.name, r.order_key, r.uri LIMIT @limit`);
  }

  /** Lists versions in the order of names, and of versions within a name. */
  list({ tenant, environment }: Scope, page: ContractPage): readonly ContractSummary[] {
    const { after, limit, asOf, namePrefix, label, stage, text } = page;
    const rows = this.#page.all({
      tenant,
      environment,
      asOf,
      limit,
      name: after?.name ?? '',
      orderKey: after?.orderKey ?? '',
      prefix: namePrefix ?? '',
      text: text === undefined ? null : foldCase(text),
      stage: stage ?? null,
      labelKey: label?.key ?? null,
      labelValue: label?.value ?? null,
    });
    return (rows as SummaryRow[]).map(toSummary);
  }

  /** Gives every version of one contract in version order. */
  versions(
    { tenant, environment }: Scope,
    name: ContractName,
    asOf: Position,
  ): readonly ContractSummary[] {
    const rows = this.#versions.all({ tenant, environment, name, asOf });
    return (rows as SummaryRow[]).map(toSummary);
  }

  /** Gives versions of one contract with what the gate said of each, the highest first. */
  history({ tenant, environment }: Scope, page: HistoryPage): readonly HistoryEntry[] {
    const { name, before = null, limit, asOf } = page;
    const rows = this.#history.all({ tenant, environment, name, before, limit, asOf });
    return (rows as (SummaryRow & { readonly gate: string | null })[]).map((row) => {
      const gate = row.gate === null ? undefined : (JSON.parse(row.gate) as RecordedGate);
      return Object.assign(toSummary(row), { gate });
    });
  }

  /** Lists who refers to a contract, by name, version and URI. */
  dependants({ tenant, environment }: Scope, page: DependantPage): readonly Dependant[] {
    const { name, version, after, limit, asOf } = page;
    return this.#dependants.all({
      tenant,
      environment,
      name,
      version: version ?? null,
      afterName: after?.name ?? '',
      afterKey: after?.orderKey ?? '',
      afterUri: after?.uri ?? '',
      limit,
      asOf,
    }) as Dependant[];
  }
}

function toSummary(row: SummaryRow): ContractSummary {
  const { name, version, description, time, fingerprint, stage, publisher, level } = row;
  return {
    name: name as ContractName,
    version: version as ContractVersion,
    description: description ?? undefined,
    createdAt: time,
    fingerprint: fingerprint as Sha256,
    stage: stage as ContractStage,
    publisher,
    level: (level ?? undefined) as ChangeLevel | undefined,
    labels: JSON.parse(row.labels) as ContractLabels,
    position: row.position as Position,
  };
}
