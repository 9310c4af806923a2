import type { GateJob, GateReport } from '#contracts/gate/gate-report';
import type { ContractBundle } from '#domain/contract-bundle';
import type { CompatibilityMode } from '#domain/contract-gate';
import type { ContractName, ContractVersion } from '#domain/contract-name';
import type { ContractStage } from '#domain/contract-stage';
import type { Position } from '#domain/position';
import type { Scope } from '#domain/scope';

/** What judges contracts. Equal jobs get equal reports. */
export interface ContractGate {
  /** Judges a candidate of a tenant; tenants take turns. @throws BUSY, OVERLOADED when it has no room */
  judge(
    job: GateJob,
    options: { readonly tenant: string; readonly signal?: AbortSignal | undefined },
  ): Promise<GateReport>;
}

/** A published version as the catalog knows it: content that never changes, and its newest stage. */
export interface PublishedContent {
  readonly bundle: ContractBundle;
  readonly stage: ContractStage;
  /** Of the event that published it. */
  readonly position: Position;
  readonly publisher: string;
}

/** Where commands find the content of versions. */
export interface ContractContents {
  /** Finds one version; `undefined` where the catalog does not hold it. */
  find(
    scope: Scope,
    name: ContractName,
    version: ContractVersion,
  ): Promise<PublishedContent | undefined>;
}

/** Where commands find what holds for all contracts of a scope. */
export interface ContractModes {
  /** Gives the mode that was set for a scope; `undefined` where none was. */
  defaultMode(scope: Scope): Promise<CompatibilityMode | undefined>;
}

/** What the operator decides about contracts. */
export interface ContractRules {
  /** What holds where neither the contract nor its scope has a mode. */
  readonly defaultMode: CompatibilityMode;
  /** Where versions need the approval of somebody else. */
  readonly productionEnvironments: ReadonlySet<string>;
  /** Whether `format` is a rule for texts, or a remark. */
  readonly assertsFormats: boolean;
  /** How many steps each proof may take. */
  readonly stepsMax: number;
  /** With how many versions one candidate is compared in a transitive mode: the newest ones. The rest is counted. */
  readonly comparisonsMax: number;
}
