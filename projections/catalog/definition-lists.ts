import type { Database, Statement } from 'better-sqlite3';
import type { ActionType } from '#domain/action-parameters';
import type { ContractVersion } from '#domain/contract-name';
import type { Sha256 } from '#domain/digest';
import type { JobStage } from '#domain/job-stage';
import type { Position } from '#domain/position';
import type { Scope } from '#domain/scope';
import { DEFINITION_STAGE_OF, TAGS_OF } from '#projections/catalog/definition-tables';

/** The kinds of aggregates that are definitions. */
export type DefinitionKind = 'action-profile' | 'job-definition';

/** One version of an action profile or job definition as lists show it. */
export interface DefinitionSummary {
  readonly id: string;
  readonly version: ContractVersion;
  readonly name: string;
  readonly stage: JobStage;
  readonly tags: readonly string[];
  readonly fingerprint: Sha256;
  readonly author: string;
  readonly createdAt: string;
  readonly position: Position;
}

/** The last row of a page: the next one begins behind it. */
export interface DefinitionCursor {
  readonly id: string;
  /** See `versionOrderKey`. */
  readonly orderKey: string;
}

/** Which versions a page shows. Filters that are absent let everything pass; the others all have to hold. */
export interface DefinitionPage {
  readonly after: DefinitionCursor | undefined;
  readonly limit: number;
  readonly asOf: Position;
  /** Versions of this one alone. */
  readonly id?: string;
  /** Those that have all of these tags, or any; none has any of no tags. */
  readonly tags?: { readonly match: 'all' | 'any'; readonly of: readonly string[] };
  readonly stage?: JobStage;
  /** Profiles that do this; no job definition does. */
  readonly actionType?: ActionType;
}

type SummaryRow = Omit<DefinitionSummary, 'tags'> & { readonly tags: string };

/** Lists of the definitions of one kind, each as of a position. */
export class DefinitionLists {
  readonly #kind: DefinitionKind;
  readonly #page: Statement;

  constructor(db: Database, kind: DefinitionKind) {
    this.#kind = kind;
    this.#page = db.prepare(`
      SELECT aggregate.name AS id, v.version, v.title AS name, ${DEFINITION_STAGE_OF} AS stage,
        ${TAGS_OF} AS tags, v.fingerprint, v.author, time AS createdAt, v.position
      FROM aggregate JOIN definition_version v ON v.aggregate = aggregate.id
      JOIN revision ON revision.position = v.position
      WHERE tenant = @tenant AND environment = @environment AND kind = @kind AND v.position <= @asOf
        AND (aggregate.name > @afterId OR (aggregate.name = @afterId AND v.order_key > @orderKey))
        AND (@id IS NULL OR aggregate.name = @id)
        AND (@stage IS NULL OR @stage = ${DEFINITION_STAGE_OF})
        AND (@type IS NULL OR EXISTS (
          SELECT 1 FROM profile_action a WHERE a.position = v.position AND a.type = @type))
        AND (@tagsAll IS NULL OR NOT EXISTS (
          SELECT 1 FROM json_each(@tagsAll) wanted WHERE NOT EXISTS (
            SELECT 1 FROM definition_tag t WHERE t.position = v.position AND t.tag = wanted.value)))
        AND (@tagsAny IS NULL OR EXISTS (
          SELECT 1 FROM json_each(@tagsAny) wanted JOIN definition_tag t
          ON t.position = v.position AND t.tag = wanted.value))
      ORDER BY aggregate.name, v.order_key LIMIT @limit`);
  }

  /** Lists versions in the order of ids, and of versions within an id. */
  list({ tenant, environment }: Scope, page: DefinitionPage): readonly DefinitionSummary[] {
    const { after, limit, asOf, id = null, tags, stage = null, actionType = null } = page;
    const wanted = tags === undefined ? null : JSON.stringify(tags.of);
    const rows = this.#page.all({
      tenant,
      environment,
      kind: this.#kind,
      asOf,
      limit,
      afterId: after?.id ?? '',
      orderKey: after?.orderKey ?? '',
      id,
      stage,
      type: actionType,
      tagsAll: tags?.match === 'all' ? wanted : null,
      tagsAny: tags?.match === 'any' ? wanted : null,
    }) as SummaryRow[];
    return rows.map((row) =>
      Object.assign(row, { tags: JSON.parse(row.tags) as readonly string[] }),
    );
  }
}
