import type { ContractName, ContractVersion } from '#domain/contract-name';
import type { ContractStage } from '#domain/contract-stage';
import type { Scope } from '#domain/scope';
import type { ContractCursor } from '#projections/catalog/contract-lists';
import type { ContractRow } from '#projections/catalog/contract-queries';
import type { Shown } from '#projections/shown';

/** Which versions a page of contracts shows, in the order of names, and of versions within a name. */
export interface StoredContractPage {
  /** The last one of the page before. */
  readonly after?: ContractCursor | undefined;
  /** 1 to 1,001. */
  readonly limit: number;
  readonly stage?: ContractStage | undefined;
}

/** The newest state of every contract version: its bundle, its stage, and how it came about. */
export interface ContractStore {
  /** Finds one version. @throws VIEW_UNAVAILABLE when the backend does not answer */
  get(
    scope: Scope,
    id: { readonly name: ContractName; readonly version: ContractVersion },
  ): Promise<Shown<ContractRow | undefined>>;

  /**
   * Finds the highest approved version for a dataset type, in the order of versions; a pre-release counts only where no
   * release is approved. Case does not matter. Where several contracts are for it, the first by name answers.
   * @throws VIEW_UNAVAILABLE when the backend does not answer
   */
  getLatestForDataset(scope: Scope, datasetType: string): Promise<Shown<ContractRow | undefined>>;

  /** Lists versions. @throws VIEW_UNAVAILABLE when the backend does not answer */
  list(scope: Scope, page: StoredContractPage): Promise<Shown<readonly ContractRow[]>>;
}
