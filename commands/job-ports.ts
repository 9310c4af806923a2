import type { CommandEnvironment } from '#commands/run-command';
import type { ActionProfileState } from '#domain/action-profile';
import type { AggregateSource } from '#domain/aggregate';
import type { ContractName, ContractVersion } from '#domain/contract-name';
import type { ContractStage } from '#domain/contract-stage';
import type { ActionProfileId, JobDefinitionId } from '#domain/definition';
import type { JobDefinition, JobDefinitionState } from '#domain/job-definition';
import type { JobStage } from '#domain/job-stage';
import type { Scope } from '#domain/scope';
import type { EventLog } from '#log/event-log';

/** A version, or the highest that can be used. */
export type WantedVersion = ContractVersion | 'latest';

/** Where commands find out how far a contract has come. */
export interface ContractStages {
  /** Gives the stage of a version, of `latest` the highest approved one; `undefined` where there is none. */
  stageOf(
    scope: Scope,
    name: ContractName,
    version: WantedVersion,
  ): Promise<ContractStage | undefined>;
}

/** Where commands find out how far an action profile has come. */
export interface ActionProfileStages {
  /** Gives the stage of a version, of `latest` the highest active one; `undefined` where there is none. */
  stageOf(scope: Scope, id: ActionProfileId, version: WantedVersion): Promise<JobStage | undefined>;
}

/** Where commands find what versions of job definitions say. */
export interface JobDefinitions {
  /** Finds one version; `undefined` where the catalog does not hold it. */
  find(
    scope: Scope,
    id: JobDefinitionId,
    version: ContractVersion,
  ): Promise<JobDefinition | undefined>;
}

/** An active version of a job definition that uses a profile, and how it names it. */
export interface ProfileUser {
  readonly id: string;
  readonly version: ContractVersion;
  readonly refersTo: WantedVersion;
}

/** Which uses of a profile are looked for. */
export interface ProfileUse {
  readonly id: ActionProfileId;
  /** Those that name one of these. */
  readonly versions: readonly WantedVersion[];
  readonly limit: number;
}

/** Where commands find who uses a profile. */
export interface ProfileUsers {
  /** Lists active versions of job definitions, by id and version, at most `limit`. */
  activeUsers(scope: Scope, use: ProfileUse): Promise<readonly ProfileUser[]>;
}

/** What the operator decides about job definitions and action profiles. */
export interface JobRules {
  /** Where versions need the approval of somebody else. */
  readonly productionEnvironments: ReadonlySet<string>;
}

/** What commands about action profiles need. */
export interface ActionProfileCommands {
  readonly env: CommandEnvironment;
  readonly log: EventLog;
  readonly source: AggregateSource<ActionProfileState>;
  readonly users: ProfileUsers;
  readonly rules: JobRules;
}

/** What commands about job definitions need. */
export interface JobDefinitionCommands {
  readonly env: CommandEnvironment;
  readonly log: EventLog;
  readonly source: AggregateSource<JobDefinitionState>;
  readonly definitions: JobDefinitions;
  readonly contracts: ContractStages;
  readonly profiles: ActionProfileStages;
  readonly rules: JobRules;
}
