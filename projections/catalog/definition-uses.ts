import type { Database, Statement } from 'better-sqlite3';
import type { ContractVersion } from '#domain/contract-name';
import type { JobStage } from '#domain/job-stage';
import type { Position } from '#domain/position';
import type { Scope } from '#domain/scope';
import { DEFINITION_STAGE_OF } from '#projections/catalog/definition-tables';

/** A version of a job definition that uses a contract or an action profile. */
export interface DefinitionUser {
  readonly id: string;
  readonly version: ContractVersion;
  readonly stage: JobStage;
  /** The version that it names. */
  readonly refersTo: ContractVersion | 'latest';
}

/** The last row of a page of users: the next one begins behind it. */
export interface DefinitionUserCursor {
  readonly id: string;
  /** See `versionOrderKey`. */
  readonly orderKey: string;
  readonly refersTo: string;
}

/** Whose users a page shows. */
export interface DefinitionUserPage {
  readonly kind: 'action-profile' | 'contract';
  /** The id of the profile or the name of the contract. */
  readonly name: string;
  /** Those that name one of these; absent: whatever version is named. */
  readonly versions?: readonly (ContractVersion | 'latest')[];
  readonly stage?: JobStage;
  readonly after: DefinitionUserCursor | undefined;
  readonly limit: number;
  readonly asOf: Position;
}

/** Answers which job definitions use what. */
export class DefinitionUses {
  readonly #users: Statement;

  constructor(db: Database) {
    this.#users = db.prepare(`
      SELECT aggregate.name AS id, v.version, ${DEFINITION_STAGE_OF} AS stage, u.to_version AS refersTo
      FROM definition_use u JOIN aggregate ON aggregate.id = u.aggregate
      JOIN definition_version v ON v.position = u.position
      WHERE u.to_kind = @kind AND u.to_name = @name
        AND (@versions IS NULL OR u.to_version IN (SELECT value FROM json_each(@versions)))
        AND tenant = @tenant AND environment = @environment AND u.position <= @asOf
        AND (@stage IS NULL OR @stage = ${DEFINITION_STAGE_OF})
        AND (aggregate.name, u.order_key, u.to_version) > (@afterId, @afterKey, @afterVersion)
      ORDER BY aggregate.name, u.order_key, u.to_version LIMIT @limit`);
  }

  /** Lists users by id, version, and the version that they name. */
  dependants({ tenant, environment }: Scope, page: DefinitionUserPage): readonly DefinitionUser[] {
    const { kind, name, versions, stage = null, after, limit, asOf } = page;
    return this.#users.all({
      tenant,
      environment,
      kind,
      name,
      versions: versions === undefined ? null : JSON.stringify(versions),
      stage,
      afterId: after?.id ?? '',
      afterKey: after?.orderKey ?? '',
      afterVersion: after?.refersTo ?? '',
      limit,
      asOf,
    }) as DefinitionUser[];
  }
}
