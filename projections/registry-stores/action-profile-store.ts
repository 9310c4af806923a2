import type { ActionType } from '#domain/action-parameters';
import type { ActionProfile } from '#domain/action-profile';
import type { ContractVersion } from '#domain/contract-name';
import type { ActionProfileId } from '#domain/definition';
import type { Scope } from '#domain/scope';
import type { DefinitionRow } from '#projections/catalog/definition-queries';
import type { StoredDefinitionPage } from '#projections/registry-stores/job-definition-store';
import type { Shown } from '#projections/shown';

/** Which versions a page of action profiles shows. */
export interface StoredProfilePage extends StoredDefinitionPage {
  /** Those that do this, among other things. */
  readonly actionType?: ActionType | undefined;
}

/** The newest state of every version of every action profile. */
export interface ActionProfileStore {
  /** Finds one version; of `latest` the highest active one. @throws VIEW_UNAVAILABLE when the backend does not answer */
  get(
    scope: Scope,
    id: { readonly id: ActionProfileId; readonly version: ContractVersion | 'latest' },
  ): Promise<Shown<DefinitionRow<ActionProfile> | undefined>>;

  /**
   * Lists versions by what they do and by their tags.
   * @throws INVALID_REQUEST for too many tags, VIEW_UNAVAILABLE when the backend does not answer
   */
  list(
    scope: Scope,
    page: StoredProfilePage,
  ): Promise<Shown<readonly DefinitionRow<ActionProfile>[]>>;
}
