import type { CacheUpkeep } from '#cache/cache-upkeep';
import type { DatasetCache } from '#cache/dataset-cache';
import type { DatasetDirectory } from '#cache/dataset-directory';
import type { DatasetReader } from '#cache/dataset-reader';
import type { ContractChecks } from '#commands/check-contract';
import type { WebhookCommands } from '#commands/create-webhook';
import type { FinishCommands } from '#commands/finish-job-run';
import type { ApiKeyCommands } from '#commands/issue-api-key';
import type { ActionProfileCommands, JobDefinitionCommands } from '#commands/job-ports';
import type { ContractCommands } from '#commands/publish-contract';
import type { LineageCommands } from '#commands/record-lineage';
import type { DatasetCommands } from '#commands/register-dataset';
import type { ContractPolicyCommands } from '#commands/set-default-compatibility-mode';
import type { ArtifactCommands } from '#commands/store-artifact';
import type { TriggerCommands } from '#commands/trigger-jobs';
import type { Sha256 } from '#domain/digest';
import type { JobRunId } from '#domain/job-run';
import type { Position } from '#domain/position';
import type { Scope } from '#domain/scope';
import type { Clock } from '#flow/clock';
import type { Tracer } from '#flow/tracer';
import type { PageRules } from '#http/auth/foreign-pages';
import type { Guard } from '#http/auth/guard';
import type { ConsoleFiles } from '#http/console-files';
import type { DrillReports } from '#http/drill-reports';
import type { Buckets, ClientLimits } from '#http/limits/client-limits';
import type { JsonShapeLimits } from '#http/limits/json-shape';
import type { ShapeLimits } from '#http/limits/request-shape';
import type { RegistryHealth } from '#http/registry-health';
import type { SignedCursors } from '#http/signed-cursor';
import type { WebhookPort } from '#http/webhook-port';
import type { LineageWarner } from '#lineage/lineage-warnings';
import type { AuditTrail } from '#projections/audit-trail';
import type { CatalogReader } from '#projections/catalog/catalog-reader';
import type { EventFeed } from '#projections/event-feed';
import type { FoundRun, JobRunStore } from '#projections/job-runs/job-run-view';
import type { Instant } from '#projections/job-runs/run-as-of';
import type { ActionProfileStore } from '#projections/registry-stores/action-profile-store';
import type { ContractStore } from '#projections/registry-stores/contract-store';
import type { JobDefinitionStore } from '#projections/registry-stores/job-definition-store';

/** The commands that this node carries out; absent on a node that only reads. */
export interface HttpCommands {
  readonly datasets: DatasetCommands;
  readonly contracts: ContractCommands;
  readonly contractPolicies: ContractPolicyCommands;
  readonly apiKeys: ApiKeyCommands;
  readonly webhooks: WebhookCommands;
  readonly webhookPort: WebhookPort;
  readonly jobRuns: FinishCommands & TriggerCommands;
  readonly lineage: LineageCommands;
  readonly jobDefinitions: JobDefinitionCommands;
  readonly actionProfiles: ActionProfileCommands;
  readonly artifacts: ArtifactCommands;
}

/** How far a view has come, and a way to wait for it. A projector is one. */
export interface PositionedView {
  readonly name: string;
  readonly position: Position;
  readonly caughtUp: boolean;
  /** Whether its storage is known to be away: then nobody need wait for it. */
  readonly isAway?: boolean;
  /** Why it has halted, so that what it shows is no longer the newest; `undefined` while it has not. */
  readonly haltedBy?: string | undefined;
  reached(position: Position, timeoutMs: number): Promise<boolean>;
}

/** The newest state of every version, where the installation wants it. */
export interface RegistryStorePorts {
  readonly contracts: ContractStore;
  readonly jobDefinitions: JobDefinitionStore;
  readonly actionProfiles: ActionProfileStore;
}

/** One part of a node, as readiness shows it. */
export interface PartHealth {
  readonly name: string;
  readonly ready: boolean;
  /** Whether the node can do without it: then it is degraded, not unready. */
  readonly optional: boolean;
  readonly detail: string;
  readonly position?: number;
}

/** Named limits of the HTTP side, see the configuration. */
export interface HttpLimits extends ShapeLimits, JsonShapeLimits {
  readonly jsonBytesMax: number;
  readonly contractBytesMax: number;
  readonly artifactBytesMax: number;
  /** The largest lineage event, and the largest batch of them, unpacked. */
  readonly lineageBytesMax: number;
  readonly lineageBatchBytesMax: number;
  /** All bodies together that are worked on at a time, unpacked. */
  readonly bodiesBytesMax: number;
  /** How long a read waits for a position. */
  readonly readWaitMs: number;
  /** How long a write waits for its own node to show it. */
  readonly visibleWaitMs: number;
  readonly subscribersMax: number;
  readonly subscribersPerClientMax: number;
  /** What may wait for one subscriber before it is cut off. */
  readonly subscriberBytesMax: number;
  /** How long a subscriber may take nothing before it is cut off. */
  readonly subscriberStallMs: number;
  readonly heartbeatMs: number;
  readonly catalogCacheBytesMax: number;
  readonly hotReadBytesMax: number;
  /** Whether everything but health is refused. */
  readonly emergency: boolean;
}

/** The bytes of artifacts, by their digest. */
export interface ArtifactReader {
  /** Looks an artifact up; `undefined` when it is not there. @throws STORE_UNAVAILABLE */
  stat(sha256: Sha256): Promise<{ readonly bytes: number } | undefined>;
  /** Reads it from a byte on, so many bytes. @throws ARTIFACT_MISSING, STORE_UNAVAILABLE */
  read(
    sha256: Sha256,
    range: { readonly offset: number; readonly length: number },
  ): AsyncIterable<Uint8Array>;
}

/** What serves the rows of datasets. */
export interface Serving {
  readonly directory: DatasetDirectory;
  readonly reader: DatasetReader;
  readonly cache: DatasetCache;
  readonly cursors: SignedCursors;
  /** Counts the requests of clients for rows; absent where nothing is limited. */
  readonly rateLimit: Buckets | undefined;
}

/** Everything that routes use; assembled in the composition root. */
export interface HttpDependencies {
  readonly commands: HttpCommands | undefined;
  /** Finds out who sends a request; absent where anybody may do everything. */
  readonly guard: Guard | undefined;
  /** Keeps pages of others out; absent where a token says who sends a request. */
  readonly pages: PageRules | undefined;
  /** Bounds what each client can take. */
  readonly clientLimits: ClientLimits;
  /** The catalog's reading side; another object after the view was opened anew. */
  readonly catalog: () => CatalogReader;
  readonly catalogView: PositionedView;
  /** What judges contracts, on nodes that only read too. */
  readonly contractChecks: ContractChecks;
  /** What reads of the newest definitions are answered from. */
  readonly registryStores: RegistryStorePorts;
  readonly registryStoresView: PositionedView;
  readonly jobRuns: JobRunStore;
  /** Shows a run as it was. @throws LOG_UNAVAILABLE */
  readonly jobRunAsOf: (scope: Scope, id: JobRunId, at: Instant) => Promise<FoundRun | undefined>;
  /** Says what is odd about a lineage event that was taken. */
  readonly lineageWarner: LineageWarner;
  readonly jobRunsView: PositionedView;
  readonly artifacts: ArtifactReader;
  readonly serving: Serving;
  readonly feed: EventFeed;
  readonly auditTrail: AuditTrail;
  readonly health: () => readonly PartHealth[];
  /** What `/debug/` shows; absent where that is not enabled. */
  readonly debug: { readonly registryHealth: () => RegistryHealth } | undefined;
  /** The pages under `/console`; absent where they were not built. */
  readonly console: ConsoleFiles | undefined;
  /** Checks and evicts cached files when somebody asks for it; absent where that is not enabled. */
  readonly cacheUpkeep: CacheUpkeep | undefined;
  /** What drills have left here; absent where that is not enabled. */
  readonly drillReports: DrillReports | undefined;
  /** What `/metrics` shows; absent where that is not shown here. */
  readonly metrics: { readonly type: string; readonly text: () => Promise<string> } | undefined;
  /** Hears of every follower of events that comes or goes. */
  readonly onFollower: ((change: 1 | -1) => void) | undefined;
  /** Why nothing may be written: a view has met an event that it cannot apply, or another log. */
  readonly frozen: () => string | undefined;
  readonly clock: Clock;
  readonly newId: () => string;
  readonly tracer: Tracer;
  readonly limits: HttpLimits;
  readonly version: string;
  /** Describes the events in the log as AsyncAPI. */
  readonly describeEvents: () => unknown;
  /** Aborts when the node begins to shut down. */
  readonly closing: AbortSignal;
}
