import type { ContractVersion } from '#domain/contract-name';
import type { JobDefinitionId } from '#domain/definition';
import type { JobDefinition } from '#domain/job-definition';
import type { JobStage } from '#domain/job-stage';
import type { Scope } from '#domain/scope';
import type { DefinitionCursor } from '#projections/catalog/definition-lists';
import type { DefinitionRow } from '#projections/catalog/definition-queries';
import type { Shown } from '#projections/shown';

/** Which versions a page of definitions shows, in the order of ids, and of versions within an id. */
export interface StoredDefinitionPage {
  /** Versions of this one alone. */
  readonly id?: string | undefined;
  /** Those that have all of these tags, or any; none has any of no tags. At most `TAGS_ASKED_MAX`. Absent: every version. */
  readonly tags?: { readonly match: 'all' | 'any'; readonly of: readonly string[] } | undefined;
  readonly stage?: JobStage | undefined;
  /** The last one of the page before. */
  readonly after?: DefinitionCursor | undefined;
  /** 1 to 1,001. */
  readonly limit: number;
}

/** The newest state of every version of every job definition. */
export interface JobDefinitionStore {
  /** Finds one version; of `latest` the highest active one. @throws VIEW_UNAVAILABLE when the backend does not answer */
  get(
    scope: Scope,
    id: { readonly id: JobDefinitionId; readonly version: ContractVersion | 'latest' },
  ): Promise<Shown<DefinitionRow<JobDefinition> | undefined>>;

  /**
   * Lists versions by their tags.
   * @throws INVALID_REQUEST for too many tags, VIEW_UNAVAILABLE when the backend does not answer
   */
  listByTags(
    scope: Scope,
    page: StoredDefinitionPage,
  ): Promise<Shown<readonly DefinitionRow<JobDefinition>[]>>;
}
