import type { Database, Statement } from 'better-sqlite3';
import { type ActionProfileContent, actionProfileEvolution } from '#domain/action-profile';
import { versionOrderKey } from '#domain/contract-name';
import type { Defined, Definition, JobStageChange } from '#domain/definition';
import type { DomainEvent } from '#domain/event';
import { jobDefinitionEvolution, profilesOf } from '#domain/job-definition';
import type { Position } from '#domain/position';

/** One event of an action profile or a job definition, and where it belongs. */
export interface DefinitionRowsOf {
  readonly event: DomainEvent;
  readonly position: Position;
  readonly aggregate: number;
}

type Described = Definition & Pick<ActionProfileContent, 'name' | 'tags'>;

/** Keeps what is asked of definitions beside their events. Belongs to the catalog's writer and its transaction. */
export class DefinitionRows {
  readonly #version: Statement;
  readonly #stage: Statement;
  readonly #tag: Statement;
  readonly #action: Statement;
  readonly #use: Statement;

  constructor(db: Database) {
    this.#version = db.prepare('INSERT INTO definition_version VALUES (?, ?, ?, ?, ?, ?, ?, ?)');
    this.#stage = db.prepare('INSERT INTO definition_stage VALUES (?, ?, ?, ?)');
    this.#tag = db.prepare('INSERT INTO definition_tag VALUES (?, ?)');
    this.#action = db.prepare('INSERT OR IGNORE INTO profile_action VALUES (?, ?)');
    this.#use = db.prepare('INSERT INTO definition_use VALUES (?, ?, ?, ?, ?, ?)');
  }

  /** Adds the rows of one event of an action profile. @throws CORRUPT_EVENT for an unknown type */
  addProfile(at: DefinitionRowsOf): void {
    const event = actionProfileEvolution.parse(at.event);
    switch (event.type) {
      case 'ActionProfileDefined':
        this.#addVersion(event.data, at);
        // A profile may do one thing twice; asked is only whether it does it.
        for (const { type } of event.data.definition.actions) this.#action.run(at.position, type);
        return;
      case 'ActionProfileStageChanged':
        this.#addStage(event.data, at);
        return;
      default:
        event satisfies never;
    }
  }

  /** Adds the rows of one event of a job definition. @throws CORRUPT_EVENT for an unknown type */
  addJob(at: DefinitionRowsOf): void {
    const event = jobDefinitionEvolution.parse(at.event);
    switch (event.type) {
      case 'JobDefined': {
        this.#addVersion(event.data, at);
        const { definition } = event.data;
        const key = versionOrderKey(definition.version);
        const { contract } = definition;
        const uses = [
          ...profilesOf(definition).map(({ id, version }) => ['action-profile', id, version]),
          ...(contract === undefined ? [] : [['contract', contract.name, contract.version]]),
        ];
        for (const use of uses) this.#use.run(at.position, ...use, at.aggregate, key);
        return;
      }
      case 'JobStageChanged':
        this.#addStage(event.data, at);
        return;
      default:
        event satisfies never;
    }
  }

  #addVersion(
    { definition, author }: Defined<Described>,
    { position, aggregate }: DefinitionRowsOf,
  ): void {
    const { version, name, fingerprint, tags } = definition;
    const key = versionOrderKey(version);
    const isRelease = version.includes('-') ? 0 : 1;
    this.#version.run(position, aggregate, key, version, isRelease, name, fingerprint, author);
    this.#stage.run(position, aggregate, key, 'draft');
    for (const tag of tags) this.#tag.run(position, tag);
  }

  #addStage({ version, to }: JobStageChange, { position, aggregate }: DefinitionRowsOf): void {
    this.#stage.run(position, aggregate, versionOrderKey(version), to);
  }
}
