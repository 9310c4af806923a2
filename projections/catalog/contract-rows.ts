import type { Database, Statement } from 'better-sqlite3';
import { contractEvolution, type Publication, type StageChange } from '#domain/contract';
import { versionOrderKey } from '#domain/contract-name';
import { contractPolicyEvolution } from '#domain/contract-policy';
import type { DomainEvent } from '#domain/event';
import type { Position } from '#domain/position';
import { searchText } from '#projections/catalog/contract-tables';

/** One event of a contract or of a policy, and where it belongs. */
export interface ContractRowsOf {
  readonly event: DomainEvent;
  readonly position: Position;
  readonly aggregate: number;
  readonly actor: string;
}

/** Keeps what is asked of contracts beside their events. Belongs to the catalog's writer and its transaction. */
export class ContractRows {
  readonly #version: Statement;
  readonly #stage: Statement;
  readonly #mode: Statement;
  readonly #label: Statement;
  readonly #reference: Statement;

  constructor(db: Database) {
    this.#version = db.prepare(
      `INSERT INTO contract_version VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    this.#stage = db.prepare('INSERT INTO contract_stage VALUES (?, ?, ?, ?)');
    this.#mode = db.prepare('INSERT INTO compatibility_mode VALUES (?, ?, ?)');
    this.#label = db.prepare('INSERT INTO contract_label VALUES (?, ?, ?)');
    this.#reference = db.prepare('INSERT INTO contract_reference VALUES (?, ?, ?, ?, ?, ?)');
  }

  /** Adds the rows of one event of a contract. @throws CORRUPT_EVENT for an unknown type */
  addContract(at: ContractRowsOf): void {
    const event = contractEvolution.parse(at.event);
    switch (event.type) {
      case 'ContractPublished':
        this.#addVersion(event.data, at);
        return;
      case 'ContractStageChanged':
        this.#addStage(event.data, at);
        return;
      case 'CompatibilityModeSet':
        this.#mode.run(at.position, at.aggregate, event.data.mode);
        return;
      default:
        event satisfies never;
    }
  }

  /** Adds the row of one event of a policy. @throws CORRUPT_EVENT for an unknown type */
  addPolicy({ event, position, aggregate }: ContractRowsOf): void {
    const { mode } = contractPolicyEvolution.parse(event).data;
    this.#mode.run(position, aggregate, mode);
  }

  #addVersion(publication: Publication, { position, aggregate, actor }: ContractRowsOf): void {
    const { bundle, gate, promotion, publisher = actor, stage = 'approved' } = publication;
    const { version, description, fingerprint, labels = {}, references = [] } = bundle;
    const key = versionOrderKey(version);
    this.#version.run(
      position,
      aggregate,
      key,
      version,
      version.includes('-') ? 0 : 1,
      description ?? null,
      fingerprint,
      publisher,
      promotion?.publisher ?? null,
      gate?.level ?? null,
      searchText(bundle),
    );
    this.#stage.run(position, aggregate, key, stage);
    for (const [label, value] of Object.entries(labels)) this.#label.run(position, label, value);
    for (const { uri, name, version: to } of references)
      this.#reference.run(position, uri, aggregate, key, name, to);
  }

  #addStage({ version, to }: StageChange, { position, aggregate }: ContractRowsOf): void {
    this.#stage.run(position, aggregate, versionOrderKey(version), to);
  }
}
