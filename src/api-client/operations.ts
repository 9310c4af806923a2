// Made from the OpenAPI document: make client-types

/** The bodies that requests and answers have, by their names in the OpenAPI document. */
export interface Schemas {
  /** What went wrong, as RFC 9457 says. */
  readonly Problem: {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly instance: string;
  readonly trace_id?: string;
  readonly code: "INVALID_REQUEST" | "INVALID_NAME" | "INVALID_JSON" | "INVALID_SCHEMA" | "INVALID_EVENT" | "INVALID_SETTING" | "UNSUPPORTED_MEDIA_TYPE" | "METHOD_NOT_ALLOWED" | "RANGE_NOT_SATISFIABLE" | "INVALID_CURSOR" | "UNAUTHENTICATED" | "FORBIDDEN" | "CROSS_SITE" | "NOT_FOUND" | "FINGERPRINT_CONFLICT" | "VERSION_CONFLICT" | "INCOMPATIBLE" | "SELF_APPROVAL" | "PRECONDITION_FAILED" | "ILLEGAL_TRANSITION" | "IDEMPOTENCY_KEY_REUSED" | "ARTIFACT_MISSING" | "CHECKSUM_MISMATCH" | "TOO_LARGE" | "URI_TOO_LONG" | "HEADERS_TOO_LARGE" | "REQUEST_TIMEOUT" | "EXPECTATION_FAILED" | "BUSY" | "CONTENTION" | "LOG_UNAVAILABLE" | "LOG_FULL" | "LOG_MISMATCH" | "OUTCOME_UNKNOWN" | "BEHIND" | "NOT_READY" | "READ_ONLY" | "FROZEN" | "VIEW_UNAVAILABLE" | "STORE_UNAVAILABLE" | "QUERY_TOO_BROAD" | "DATASET_UNUSABLE" | "DATASET_QUARANTINED" | "NOT_CACHED" | "OVERLOADED" | "RATE_LIMITED" | "CORRUPT_EVENT" | "CANNOT_START" | "INTERNAL";
  readonly retryable: boolean;
  readonly outcome?: "not-applied" | "unknown";
  readonly details?: Readonly<Record<string, unknown>>;
};
  readonly Readiness: {
  readonly status: "ready" | "degraded" | "not-ready";
  readonly version: string;
  readonly parts: readonly ({
  readonly name: string;
  readonly ready: boolean;
  readonly detail: string;
  readonly position?: number;
})[];
};
  readonly RegisteredDataset: {
  /** Whether the name was registered before */
  readonly existing: boolean;
  readonly manifest: Schemas['Manifest'];
};
  /** A dataset as it stands. */
  readonly Manifest: {
  /** UUIDv5 of tenant/environment/name */
  readonly dataset_id: string;
  readonly name: string;
  readonly schema_fingerprint: string;
  readonly objects: readonly (Schemas['DatasetObject'])[];
  readonly row_count: number | null;
  readonly tables?: readonly (Schemas['TableDeclaration'])[];
  readonly created_at: string;
  readonly updated_at: string;
  readonly status: "registered" | "published" | "withdrawn";
  readonly artifact?: {
  /** Name of the file inside the dataset */
  readonly key: string;
  /** SHA-256, 64 lower-case hexadecimal digits */
  readonly sha256: string;
  readonly bytes: number;
};
  readonly published_at?: string;
  /** How the artifact is read: as it was declared when it was published */
  readonly release?: {
  readonly tables: readonly (Schemas['TableDeclaration'])[];
  readonly shards?: {
  /** SHA-256, 64 lower-case hexadecimal digits */
  readonly sha256: string;
  readonly bytes: number;
};
};
};
  /** One file of a dataset, named by the SHA-256 of its bytes. */
  readonly DatasetObject: {
  /** Name of the file inside the dataset */
  readonly key: string;
  /** SHA-256, 64 lower-case hexadecimal digits */
  readonly sha256: string;
  readonly bytes: number;
  readonly media_type?: string;
};
  /** How the rows of a table may be found. */
  readonly TableDeclaration: {
  readonly name: string;
  /** The columns that name one row, in the order of an index */
  readonly key: readonly (string)[];
  /** Columns of a stretch of whole numbers, both ends included */
  readonly range?: {
  readonly within: string;
  readonly start: string;
  readonly end: string;
};
};
  readonly RegisterDataset: {
  readonly name: string;
  /** Names the schema. A dataset keeps its first one for ever. */
  readonly schema_fingerprint: string;
  readonly objects?: readonly (Schemas['DatasetObject'])[];
  readonly row_count?: number | null;
  readonly tables?: readonly (Schemas['TableDeclaration'])[];
};
  readonly PublishDataset: {
  readonly artifact: {
  /** Name of the file inside the dataset */
  readonly key: string;
  /** SHA-256, 64 lower-case hexadecimal digits */
  readonly sha256: string;
  readonly bytes: number;
};
};
  readonly WithdrawDataset: {
  readonly reason?: string;
};
  readonly DatasetList: {
  readonly datasets: readonly (Schemas['Manifest'])[];
  /** Absent on the last page */
  readonly next_cursor?: string;
  /** All datasets of the scope, whatever is asked for. On the first page. */
  readonly total_count?: number;
  /** Those whose name holds `text`. On the first page, without `status`. */
  readonly matching_count?: number;
};
  readonly DatasetHistory: {
  readonly entries: readonly (Schemas['DatasetHistoryEntry'])[];
  /** Absent on the last page. A page before it may be short. */
  readonly next_cursor?: string;
};
  /** An event, and how the dataset stood after it. */
  readonly DatasetHistoryEntry: {
  /** As `?at=` it shows the dataset after it */
  readonly position: number;
  readonly recorded_at: string;
  readonly time: string;
  readonly actor: string;
  /** The type of the event */
  readonly decision: string;
  readonly event_id: string;
  readonly command_id: string;
  /** The hash of the event */
  readonly hash: string;
  readonly status: "registered" | "published" | "withdrawn";
  readonly schema_fingerprint: string;
  readonly row_count: number | null;
  readonly object_count: number;
  /** Of all objects together */
  readonly bytes: number;
  readonly artifact?: {
  /** Name of the file inside the dataset */
  readonly key: string;
  /** SHA-256, 64 lower-case hexadecimal digits */
  readonly sha256: string;
  readonly bytes: number;
};
  /** Why it was withdrawn */
  readonly reason?: string;
};
  readonly PublishedContract: {
  readonly status: "created" | "existing";
  readonly name: string;
  readonly version: string;
  /** Fingerprint of the content: sha256:<hex> */
  readonly digest: string;
  readonly position: number;
  readonly createdAt: string;
  readonly stage: "draft" | "pending_approval" | "approved" | "deprecated" | "retired";
  readonly mode?: "NONE" | "BACKWARD" | "BACKWARD_TRANSITIVE" | "FORWARD" | "FORWARD_TRANSITIVE" | "FULL" | "FULL_TRANSITIVE";
  readonly level?: "none" | "patch" | "minor" | "major";
  readonly changelog?: Schemas['ChangelogEntry'];
};
  readonly ChangelogEntry: {
  readonly version: string;
  readonly level: "none" | "patch" | "minor" | "major";
  readonly publishedAt: string;
  readonly publisher?: string;
  readonly description?: string;
  readonly comparedWith: readonly (string)[];
  readonly changes: readonly ({
  readonly rule: string;
  readonly part: "jsonSchema" | "wit" | "descriptor" | "references";
  readonly message: string;
  /** JSON Pointer, or item of WIT */
  readonly before?: string;
  readonly after?: string;
  readonly breaks: readonly ("backward" | "forward")[];
  readonly isBreaking: boolean;
  readonly isFeature: boolean;
})[];
  readonly changesOmitted: number;
  readonly override?: {
  readonly reason: string;
};
};
  readonly PublishContract: {
  readonly name: string;
  /** Absent: the next one is computed */
  readonly version?: string;
  readonly description?: string;
  /** A JSON Schema of draft 4, 6, 7, 2019-09 or 2020-12, as an object or as text. Text is kept to the letter. */
  readonly jsonSchema?: string | Readonly<Record<string, unknown>> | boolean;
  /** A WIT package: one text, or its files */
  readonly wit?: string | readonly ({
  readonly path: string;
  readonly text: string;
})[];
  readonly descriptor?: Readonly<Record<string, unknown>>;
  readonly references?: readonly ({
  /** What "$ref" names it by */
  readonly uri: string;
  readonly name: string;
  readonly version: string;
})[];
  readonly labels?: Readonly<Record<string, string>>;
  readonly stage?: "draft" | "pending_approval" | "approved" | "deprecated" | "retired";
  /** Publish although a proof is missing. Never passes what is refuted. */
  readonly override?: {
  readonly reason: string;
};
};
  readonly ContractStage: {
  readonly name: string;
  readonly version: string;
  readonly stage: "draft" | "pending_approval" | "approved" | "deprecated" | "retired";
  readonly position: number;
};
  readonly ChangeContractStage: {
  readonly stage: "draft" | "pending_approval" | "approved" | "deprecated" | "retired";
  readonly notes?: string;
  /** What to use instead: a version of the same contract, or <name>@<version> */
  readonly successor?: string;
  readonly sunset?: string;
};
  readonly PromoteContract: {
  readonly toEnvironment: string;
  readonly notes?: string;
  readonly stage?: "draft" | "pending_approval" | "approved" | "deprecated" | "retired";
  /** Publish although a proof is missing. Never passes what is refuted. */
  readonly override?: {
  readonly reason: string;
};
};
  readonly ContractList: {
  readonly contracts: readonly ({
  readonly name: string;
  readonly version: string;
  readonly description?: string;
  readonly createdAt: string;
  readonly stage: "draft" | "pending_approval" | "approved" | "deprecated" | "retired";
})[];
};
  readonly ContractDependants: {
  readonly dependants: readonly ({
  readonly name: string;
  readonly version: string;
  readonly stage: "draft" | "pending_approval" | "approved" | "deprecated" | "retired";
  readonly uri: string;
})[];
};
  readonly CompatibilityMode: {
  readonly mode: "NONE" | "BACKWARD" | "BACKWARD_TRANSITIVE" | "FORWARD" | "FORWARD_TRANSITIVE" | "FULL" | "FULL_TRANSITIVE";
  readonly source: "name" | "scope" | "default";
};
  readonly SetCompatibilityMode: {
  /** null: what holds without one */
  readonly mode: "NONE" | "BACKWARD" | "BACKWARD_TRANSITIVE" | "FORWARD" | "FORWARD_TRANSITIVE" | "FULL" | "FULL_TRANSITIVE" | null;
};
  readonly ContractCheck: {
  readonly wouldPublish: boolean;
  /** Whether the same content is published already */
  readonly isThere: boolean;
  readonly version?: string;
  /** The smallest right version */
  readonly want?: string;
  readonly mode?: "NONE" | "BACKWARD" | "BACKWARD_TRANSITIVE" | "FORWARD" | "FORWARD_TRANSITIVE" | "FULL" | "FULL_TRANSITIVE";
  readonly level?: "none" | "patch" | "minor" | "major";
  /** Why it would be refused */
  readonly reason?: string;
  readonly faults: readonly (Schemas['ContractFault'])[];
  readonly warnings: readonly (Schemas['ContractFault'])[];
  readonly comparisons: readonly (Schemas['ContractComparison'])[];
};
  readonly ContractFault: {
  readonly rule: string;
  readonly part: "jsonSchema" | "wit" | "descriptor" | "references";
  readonly message: string;
  readonly pointer?: string;
  readonly path?: string;
  readonly line?: number;
  readonly column?: number;
};
  readonly ContractComparison: {
  readonly version: string;
  readonly isCompatible: boolean;
  readonly backward: Schemas['DirectionVerdict'];
  readonly forward: Schemas['DirectionVerdict'];
  readonly level: "none" | "patch" | "minor" | "major";
  readonly changes: readonly (Schemas['ContractChange'])[];
  readonly changesOmitted: number;
};
  readonly DirectionVerdict: {
  readonly kind: "compatible";
} | {
  readonly kind: "incompatible";
  readonly counterExample?: Schemas['CounterExample'];
} | {
  readonly kind: "unknown";
  readonly reason: string;
};
  readonly CounterExample: {
  readonly document?: unknown;
  readonly validUnder: "older" | "candidate";
  /** Where and why the other one refuses it */
  readonly refusal: string;
};
  readonly ContractChange: {
  readonly rule: string;
  readonly part: "jsonSchema" | "wit" | "descriptor" | "references";
  readonly message: string;
  /** JSON Pointer, or item of WIT */
  readonly before?: string;
  readonly after?: string;
  readonly breaks: readonly ("backward" | "forward")[];
  readonly isBreaking: boolean;
  readonly isFeature: boolean;
  readonly counterExample?: Schemas['CounterExample'];
};
  readonly CheckContract: {
  /** Absent: the next one is computed */
  readonly version?: string;
  readonly description?: string;
  /** A JSON Schema of draft 4, 6, 7, 2019-09 or 2020-12, as an object or as text. Text is kept to the letter. */
  readonly jsonSchema?: string | Readonly<Record<string, unknown>> | boolean;
  /** A WIT package: one text, or its files */
  readonly wit?: string | readonly ({
  readonly path: string;
  readonly text: string;
})[];
  readonly descriptor?: Readonly<Record<string, unknown>>;
  readonly references?: readonly ({
  /** What "$ref" names it by */
  readonly uri: string;
  readonly name: string;
  readonly version: string;
})[];
  readonly labels?: Readonly<Record<string, string>>;
  readonly stage?: "draft" | "pending_approval" | "approved" | "deprecated" | "retired";
  /** Publish although a proof is missing. Never passes what is refuted. */
  readonly override?: {
  readonly reason: string;
};
};
  readonly ContractDiff: {
  readonly name: string;
  readonly older: string;
  readonly newer: string;
  readonly comparison: Schemas['ContractComparison'];
};
  readonly Changelog: {
  readonly name: string;
  readonly versions: readonly (Schemas['ChangelogEntry'])[];
};
  readonly ContractVersions: {
  readonly name: string;
  readonly mode: "NONE" | "BACKWARD" | "BACKWARD_TRANSITIVE" | "FORWARD" | "FORWARD_TRANSITIVE" | "FULL" | "FULL_TRANSITIVE";
  /** The highest approved version */
  readonly latest?: string;
  readonly versions: readonly ({
  readonly version: string;
  readonly stage: "draft" | "pending_approval" | "approved" | "deprecated" | "retired";
  readonly level?: "none" | "patch" | "minor" | "major";
  readonly digest: string;
  readonly createdAt: string;
  readonly publisher?: string;
  readonly description?: string;
})[];
};
  readonly ContractBundle: {
  readonly name: string;
  readonly version: string;
  readonly description?: string;
  readonly createdAt: string;
  /** The schema as its publisher wrote it */
  readonly jsonSchema?: string;
  readonly wit?: readonly ({
  readonly path: string;
  readonly text: string;
})[];
  readonly descriptor?: Readonly<Record<string, unknown>>;
  readonly references?: readonly ({
  /** What "$ref" names it by */
  readonly uri: string;
  readonly name: string;
  readonly version: string;
})[];
  readonly labels?: Readonly<Record<string, string>>;
};
  readonly JobRun: {
  readonly id: string;
  readonly origin: "registry" | "openlineage";
  readonly job: string;
  readonly kind: "validation" | "cleansing" | "profiling" | "load";
  readonly status: "pending" | "running" | "succeeded" | "failed" | "cancelled" | "skipped";
  readonly definition?: {
  readonly id: string;
  readonly version: string;
};
  readonly contract?: {
  readonly name: string;
  readonly version: string;
};
  readonly cause?: {
  readonly type: string;
};
  readonly parent_run_id?: string;
  readonly correlation_id?: string;
  readonly inputs: readonly (string)[];
  readonly outputs?: readonly (string)[];
  readonly submitted_at: string;
  readonly started_at?: string;
  readonly last_sign_at: string;
  readonly timeout_ms?: number;
  readonly progress?: {
  readonly done: number;
  readonly total?: number;
  readonly message?: string;
};
  readonly completed_at?: string;
  readonly counts?: Readonly<Record<string, number>>;
  readonly metrics?: Readonly<Record<string, number>>;
  readonly findings?: {
  readonly info?: number;
  readonly warning?: number;
  readonly error?: number;
  readonly critical?: number;
};
  readonly message?: string;
  readonly report_uri?: string;
  readonly report_sha256?: string;
  /** Where the results lie, and what their bytes are */
  readonly results?: {
  readonly uri: string;
  /** SHA-256, 64 lower-case hexadecimal digits */
  readonly sha256: string;
  readonly bytes: number;
};
  readonly actions?: readonly ({
  readonly number: number;
  readonly profile: {
  readonly id: string;
  readonly version: string;
};
  readonly type?: "STORE_RESULTS" | "SEND_NOTIFICATION" | "EMIT_LINEAGE" | "CALL_WEBHOOK" | "OPEN_TICKET";
  readonly status: "pending" | "claimed" | "succeeded" | "failed" | "dead";
  readonly attempts: number;
  readonly due_at?: string;
  readonly detail?: string;
})[];
  readonly submitted_by?: string;
  readonly metadata: Readonly<Record<string, string>>;
};
  readonly StartJobRun: {
  /** Default: a new UUID, or one that follows from the Idempotency-Key */
  readonly id?: string;
  readonly submitted_by?: string;
  /** 1 to 128 of A-Z, a-z, 0-9, "_" and "-" */
  readonly parent_run_id?: string;
  readonly correlation_id?: string;
  readonly job: string;
  readonly kind?: "validation" | "cleansing" | "profiling" | "load";
  /** A pending run waits for somebody to begin it */
  readonly status?: "running" | "pending";
  readonly inputs?: readonly (string)[];
  readonly metadata?: Readonly<Record<string, string>>;
  /** How long it may go without a sign of life before it counts as failed */
  readonly timeout_ms?: number;
};
  readonly RunJobDefinition: {
  /** Default: a new UUID, or one that follows from the Idempotency-Key */
  readonly id?: string;
  readonly submitted_by?: string;
  /** 1 to 128 of A-Z, a-z, 0-9, "_" and "-" */
  readonly parent_run_id?: string;
  readonly correlation_id?: string;
  /** Default: the highest active one */
  readonly version?: string;
  /** Default: the datasets of the definition */
  readonly inputs?: readonly (string)[];
  readonly metadata?: Readonly<Record<string, string>>;
};
  readonly BeginJobRun: {
  readonly by?: string;
};
  /** Without progress it is a sign of life alone */
  readonly ProgressJobRun: {
  readonly progress?: {
  readonly done: number;
  readonly total?: number;
  readonly message?: string;
};
};
  readonly FinishJobRun: {
  readonly status: "succeeded" | "failed" | "cancelled" | "skipped";
  readonly counts?: Readonly<Record<string, number>>;
  readonly metrics?: Readonly<Record<string, number>>;
  /** Counts of findings by severity; from the threshold of the definition on the run fails */
  readonly findings?: {
  readonly info?: number;
  readonly warning?: number;
  readonly error?: number;
  readonly critical?: number;
};
  readonly message?: string;
  readonly report_uri?: string;
  /** SHA-256, 64 lower-case hexadecimal digits */
  readonly report_sha256?: string;
  /** Any JSON: kept in the artifact store, the run names its digest and size */
  readonly results?: unknown;
};
  readonly CancelJobRun: {
  readonly message?: string;
};
  readonly JobRunBatchAnswer: {
  readonly summary: {
  readonly received: number;
  readonly successful: number;
  readonly failed: number;
};
  readonly results: readonly ({
  readonly index: number;
  readonly http_status: number;
  readonly id?: string;
  readonly status?: "pending" | "running" | "succeeded" | "failed" | "cancelled" | "skipped";
  readonly replayed?: boolean;
  readonly problem?: Schemas['Problem'];
})[];
};
  readonly JobRunBatch: {
  /** Steps of runs, each a JobRunOperation; those of one run in order */
  readonly operations: readonly (unknown)[];
};
  readonly DefinedVersion: {
  readonly status: "created" | "existing";
  readonly id: string;
  readonly version: string;
  readonly stage: "draft" | "pending_approval" | "active" | "retired";
  /** Fingerprint of the content: sha256:<hex> */
  readonly digest: string;
  readonly position: number;
  readonly createdAt: string;
  readonly author: string;
};
  readonly DefineJob: {
  readonly id: string;
  /** Absent: the next patch */
  readonly version?: string;
  readonly name: string;
  readonly description?: string;
  readonly kind: "validation" | "cleansing" | "profiling" | "load";
  readonly contract?: {
  readonly name: string;
  /** A version, or "latest" */
  readonly version: string;
};
  readonly datasets?: readonly (string)[];
  readonly trigger: {
  readonly type: "MANUAL";
} | {
  readonly type: "SCHEDULED";
  readonly cron: string;
  readonly timeZone: string;
} | {
  readonly type: "EXTERNAL_EVENT";
  readonly source: string;
  readonly filter?: {
  readonly eventType?: string;
  readonly subjectPrefix?: string;
  readonly where?: readonly ({
  /** A JSON pointer into the data of the event */
  readonly path: string;
  readonly equals: string | number | boolean | null;
})[];
};
};
  readonly onSuccess?: readonly ({
  readonly id: string;
  /** A version, or "latest" */
  readonly version: string;
})[];
  readonly onFailure?: readonly ({
  readonly id: string;
  /** A version, or "latest" */
  readonly version: string;
})[];
  readonly onAnomaly?: readonly ({
  readonly id: string;
  /** A version, or "latest" */
  readonly version: string;
})[];
  readonly severityThreshold?: "info" | "warning" | "error" | "critical";
  readonly idempotencyScope?: "none" | "definition" | "day" | "inputs";
  readonly timeoutMs?: number;
  readonly tags?: readonly (string)[];
  readonly metadata?: Readonly<Record<string, string>>;
};
  readonly DefinitionStage: {
  readonly id: string;
  readonly version: string;
  readonly stage: "draft" | "pending_approval" | "active" | "retired";
  readonly position: number;
};
  readonly ChangeDefinitionStage: {
  readonly stage: "draft" | "pending_approval" | "active" | "retired";
  readonly notes?: string;
};
  readonly DefinitionNotes: {
  readonly notes?: string;
};
  readonly DefinitionList: {
  readonly definitions: readonly (Schemas['DefinitionSummary'])[];
};
  readonly DefinitionSummary: {
  readonly id: string;
  readonly version: string;
  readonly name: string;
  readonly stage: "draft" | "pending_approval" | "active" | "retired";
  readonly tags: readonly (string)[];
  /** Fingerprint of the content: sha256:<hex> */
  readonly digest: string;
  readonly createdAt: string;
  readonly author: string;
};
  readonly DefinitionVersions: {
  readonly id: string;
  /** The highest active version */
  readonly latest?: string;
  readonly versions: readonly (Schemas['DefinitionSummary'])[];
};
  readonly JobDefinition: {
  readonly id: string;
  readonly version: string;
  readonly stage: "draft" | "pending_approval" | "active" | "retired";
  /** Fingerprint of the content: sha256:<hex> */
  readonly digest: string;
  readonly createdAt: string;
  readonly author: string;
  /** The step that brought it into its stage */
  readonly staged: {
  readonly time: string;
  readonly actor: string;
  readonly notes?: string;
};
  readonly name: string;
  readonly description?: string;
  readonly kind: "validation" | "cleansing" | "profiling" | "load";
  readonly contract?: {
  readonly name: string;
  /** A version, or "latest" */
  readonly version: string;
};
  readonly datasets?: readonly (string)[];
  readonly trigger: {
  readonly type: "MANUAL";
} | {
  readonly type: "SCHEDULED";
  readonly cron: string;
  readonly timeZone: string;
} | {
  readonly type: "EXTERNAL_EVENT";
  readonly source: string;
  readonly filter?: {
  readonly eventType?: string;
  readonly subjectPrefix?: string;
  readonly where?: readonly ({
  /** A JSON pointer into the data of the event */
  readonly path: string;
  readonly equals: string | number | boolean | null;
})[];
};
};
  readonly onSuccess?: readonly ({
  readonly id: string;
  /** A version, or "latest" */
  readonly version: string;
})[];
  readonly onFailure?: readonly ({
  readonly id: string;
  /** A version, or "latest" */
  readonly version: string;
})[];
  readonly onAnomaly?: readonly ({
  readonly id: string;
  /** A version, or "latest" */
  readonly version: string;
})[];
  readonly severityThreshold?: "info" | "warning" | "error" | "critical";
  readonly idempotencyScope?: "none" | "definition" | "day" | "inputs";
  readonly timeoutMs?: number;
  readonly tags?: readonly (string)[];
  readonly metadata?: Readonly<Record<string, string>>;
};
  readonly DefineActionProfile: {
  readonly id: string;
  /** Absent: the next patch */
  readonly version?: string;
  readonly name: string;
  readonly description?: string;
  /** Carried out in this order */
  readonly actions: readonly ({
  readonly type: "STORE_RESULTS" | "SEND_NOTIFICATION" | "EMIT_LINEAGE" | "CALL_WEBHOOK" | "OPEN_TICKET";
  /** Those of its type */
  readonly parameters: Readonly<Record<string, unknown>>;
})[];
  readonly tags?: readonly (string)[];
  readonly metadata?: Readonly<Record<string, string>>;
};
  readonly ActionProfile: {
  readonly id: string;
  readonly version: string;
  readonly stage: "draft" | "pending_approval" | "active" | "retired";
  /** Fingerprint of the content: sha256:<hex> */
  readonly digest: string;
  readonly createdAt: string;
  readonly author: string;
  /** The step that brought it into its stage */
  readonly staged: {
  readonly time: string;
  readonly actor: string;
  readonly notes?: string;
};
  readonly name: string;
  readonly description?: string;
  /** Carried out in this order */
  readonly actions: readonly ({
  readonly type: "STORE_RESULTS" | "SEND_NOTIFICATION" | "EMIT_LINEAGE" | "CALL_WEBHOOK" | "OPEN_TICKET";
  /** Those of its type */
  readonly parameters: Readonly<Record<string, unknown>>;
})[];
  readonly tags?: readonly (string)[];
  readonly metadata?: Readonly<Record<string, string>>;
};
  readonly DefinitionUsers: {
  readonly dependants: readonly ({
  readonly id: string;
  readonly version: string;
  readonly stage: "draft" | "pending_approval" | "active" | "retired";
  /** The version that it names, or "latest" */
  readonly refersTo: string;
})[];
};
  readonly StateMachines: {
  readonly stateMachines: readonly ({
  readonly name: string;
  /** Where it can begin */
  readonly initial: readonly (string)[];
  /** By each state, those that may follow */
  readonly steps: Readonly<Record<string, readonly (string)[]>>;
})[];
};
  readonly JobRunList: {
  readonly job_runs: readonly (Schemas['JobRun'])[];
  /** Absent on the last page */
  readonly next_cursor?: string;
};
  readonly JobRunDetail: {
  readonly id: string;
  readonly origin: "registry" | "openlineage";
  readonly job: string;
  readonly kind: "validation" | "cleansing" | "profiling" | "load";
  readonly status: "pending" | "running" | "succeeded" | "failed" | "cancelled" | "skipped";
  readonly definition?: {
  readonly id: string;
  readonly version: string;
};
  readonly contract?: {
  readonly name: string;
  readonly version: string;
};
  readonly cause?: {
  readonly type: string;
};
  readonly parent_run_id?: string;
  readonly correlation_id?: string;
  readonly inputs: readonly (string)[];
  readonly outputs?: readonly (string)[];
  readonly submitted_at: string;
  readonly started_at?: string;
  readonly last_sign_at: string;
  readonly timeout_ms?: number;
  readonly progress?: {
  readonly done: number;
  readonly total?: number;
  readonly message?: string;
};
  readonly completed_at?: string;
  readonly counts?: Readonly<Record<string, number>>;
  readonly metrics?: Readonly<Record<string, number>>;
  readonly findings?: {
  readonly info?: number;
  readonly warning?: number;
  readonly error?: number;
  readonly critical?: number;
};
  readonly message?: string;
  readonly report_uri?: string;
  readonly report_sha256?: string;
  /** Where the results lie, and what their bytes are */
  readonly results?: {
  readonly uri: string;
  /** SHA-256, 64 lower-case hexadecimal digits */
  readonly sha256: string;
  readonly bytes: number;
};
  readonly actions?: readonly ({
  readonly number: number;
  readonly profile: {
  readonly id: string;
  readonly version: string;
};
  readonly type?: "STORE_RESULTS" | "SEND_NOTIFICATION" | "EMIT_LINEAGE" | "CALL_WEBHOOK" | "OPEN_TICKET";
  readonly status: "pending" | "claimed" | "succeeded" | "failed" | "dead";
  readonly attempts: number;
  readonly due_at?: string;
  readonly detail?: string;
})[];
  readonly submitted_by?: string;
  readonly metadata: Readonly<Record<string, string>>;
  /** Inputs and outputs that are datasets of this registry */
  readonly datasets: readonly ({
  readonly as: "input" | "output";
  readonly name: string;
  readonly href: string;
})[];
  /** What OpenLineage events said, with every facet; on reported runs */
  readonly lineage?: Readonly<Record<string, unknown>>;
};
  readonly TriggeredRuns: {
  readonly runs: readonly ({
  readonly definition: string;
  readonly run_id?: string;
  readonly status?: "pending" | "running" | "succeeded" | "failed" | "cancelled" | "skipped";
  readonly existing?: boolean;
  readonly problem?: Schemas['Problem'];
})[];
};
  readonly ExternalEvent: {
  readonly source: string;
  /** Unique within the source: the same event again starts nothing */
  readonly id: string;
  readonly type: string;
  readonly subject?: string;
  readonly data?: unknown;
};
  readonly LineageRecorded: {
  /** SHA-256 of the event: what makes the same event sent twice one */
  readonly id: string;
  readonly kind: "run" | "job" | "dataset";
  readonly run_id?: string;
  readonly existing: boolean;
  readonly position: number;
  readonly warnings: readonly ({
  readonly rule: string;
  /** A JSON pointer into the event */
  readonly path: string;
  readonly message: string;
})[];
};
  readonly LineageBatch: {
  readonly status: "success" | "partial_success";
  readonly summary: {
  readonly received: number;
  readonly successful: number;
  readonly failed: number;
  readonly retriable: number;
  readonly non_retriable: number;
  /** Of the successful ones: known already */
  readonly existing: number;
};
  readonly failed_events: readonly ({
  readonly index: number;
  readonly reason: string;
  readonly retriable: boolean;
  readonly faults?: readonly ({
  readonly rule: string;
  /** A JSON pointer into the event */
  readonly path: string;
  readonly message: string;
})[];
})[];
};
  readonly LineageDocuments: {
  readonly documents: readonly ({
  readonly id: string;
  readonly kind: "job" | "dataset";
  readonly submitted_at: string;
  /** Whom it is about; cut, with a hash, when it is long */
  readonly name: string;
  readonly bytes: number;
})[];
  /** Absent on the last page */
  readonly next_cursor?: string;
};
  readonly AuditPage: {
  readonly entries: readonly (Schemas['AuditEntry'])[];
  /** Absent on the last page. A page before it may be short, or empty. */
  readonly next_cursor?: string;
};
  readonly AuditEntry: {
  readonly position: number;
  readonly recorded_at: string;
  readonly time: string;
  readonly tenant: string;
  readonly environment: string;
  readonly actor: string;
  readonly kind: "dataset" | "contract" | "contract-policy" | "action-profile" | "job-definition" | "api-key" | "webhook" | "job-run" | "run-request" | "lineage-run" | "lineage-document";
  readonly name: string;
  /** The type of the event */
  readonly decision: string;
  readonly event_id: string;
  readonly command_id: string;
  /** X-Request-Id of the answer; absent where no request asked for it */
  readonly request_id?: string;
  readonly hash: string;
  /** Of the event before it on the same aggregate */
  readonly previous_hash?: string;
};
  readonly IssuedApiKey: {
  readonly id: string;
  readonly name: string;
  readonly scopes: readonly (string)[];
  readonly status: "active" | "expired" | "revoked";
  readonly issued_at: string;
  /** Absent while this node cannot look it up */
  readonly issued_by?: string;
  readonly expires_at: string;
  readonly revoked_at?: string;
  /** What its holder sends as a bearer token. Shown this once: an answer that is given again does not hold it */
  readonly key?: string;
};
  readonly IssueApiKey: {
  /** For people: which service holds it */
  readonly name: string;
  readonly scopes: readonly ("datasets:read" | "datasets:write" | "datasets:publish" | "contracts:read" | "contracts:write" | "contracts:approve" | "jobs:read" | "jobs:write" | "registry:admin")[];
  readonly expires_in_days?: number;
};
  readonly ApiKeyPage: {
  readonly api_keys: readonly (Schemas['ApiKey'])[];
  readonly next_cursor?: string;
};
  readonly ApiKey: {
  readonly id: string;
  readonly name: string;
  readonly scopes: readonly (string)[];
  readonly status: "active" | "expired" | "revoked";
  readonly issued_at: string;
  /** Absent while this node cannot look it up */
  readonly issued_by?: string;
  readonly expires_at: string;
  readonly revoked_at?: string;
};
  readonly RevokeApiKey: {
  readonly reason?: string;
};
  readonly WebhookWithSecret: {
  readonly id: string;
  /** https. Nothing secret in it: whoever reads the log sees it */
  readonly url: string;
  readonly description?: string;
  /** Default: every type */
  readonly types?: readonly ("DatasetRegistered" | "DatasetObjectsReplaced" | "DatasetPublished" | "DatasetWithdrawn" | "ContractPublished" | "ContractStageChanged" | "CompatibilityModeSet" | "DefaultCompatibilityModeSet" | "ActionProfileDefined" | "ActionProfileStageChanged" | "JobDefined" | "JobStageChanged" | "ApiKeyIssued" | "ApiKeyRevoked" | "WebhookCreated" | "WebhookChanged" | "WebhookSecretRotated" | "WebhookEnabled" | "WebhookDisabled" | "WebhookReplayAsked" | "WebhookRedeliveryAsked" | "WebhookDeleted" | "JobRunSubmitted" | "JobRunStarted" | "JobRunBegan" | "JobRunProgressed" | "JobRunFinished" | "JobRunTimedOut" | "JobActionClaimed" | "JobActionEnded" | "JobRunRequested" | "LineageEventReceived" | "LineageDocumentReceived")[];
  /** Default: every kind */
  readonly kinds?: readonly ("dataset" | "contract" | "contract-policy" | "action-profile" | "job-definition" | "api-key" | "webhook" | "job-run" | "run-request" | "lineage-run" | "lineage-document")[];
  /** How the name of the dataset or contract, or the id of the run, begins */
  readonly name_prefix?: string;
  readonly stream: "registry" | "jobs";
  readonly status: "active" | "stopped";
  readonly stopped_because?: "asked" | "gone" | "failing" | "dead-letters-full";
  readonly stopped_at?: string;
  readonly created_at: string;
  /** Absent while this node does not show it */
  readonly created_by?: string;
  readonly secret_generation: number;
  /** Until then the secret before signs too */
  readonly previous_secret_until?: string;
  /** What its receiver checks signatures with. Shown this once: an answer that is given again does not hold it */
  readonly secret?: string;
};
  readonly CreateWebhook: {
  /** https. Nothing secret in it: whoever reads the log sees it */
  readonly url: string;
  readonly description?: string;
  /** Default: every type */
  readonly types?: readonly ("DatasetRegistered" | "DatasetObjectsReplaced" | "DatasetPublished" | "DatasetWithdrawn" | "ContractPublished" | "ContractStageChanged" | "CompatibilityModeSet" | "DefaultCompatibilityModeSet" | "ActionProfileDefined" | "ActionProfileStageChanged" | "JobDefined" | "JobStageChanged" | "ApiKeyIssued" | "ApiKeyRevoked" | "WebhookCreated" | "WebhookChanged" | "WebhookSecretRotated" | "WebhookEnabled" | "WebhookDisabled" | "WebhookReplayAsked" | "WebhookRedeliveryAsked" | "WebhookDeleted" | "JobRunSubmitted" | "JobRunStarted" | "JobRunBegan" | "JobRunProgressed" | "JobRunFinished" | "JobRunTimedOut" | "JobActionClaimed" | "JobActionEnded" | "JobRunRequested" | "LineageEventReceived" | "LineageDocumentReceived")[];
  /** Default: every kind */
  readonly kinds?: readonly ("dataset" | "contract" | "contract-policy" | "action-profile" | "job-definition" | "api-key" | "webhook" | "job-run" | "run-request" | "lineage-run" | "lineage-document")[];
  /** How the name of the dataset or contract, or the id of the run, begins */
  readonly name_prefix?: string;
  readonly stream?: "registry" | "jobs";
  /** The first position wanted; 1 is the beginning. Default: only what is new */
  readonly from?: number;
};
  readonly WebhookPage: {
  readonly webhooks: readonly (Schemas['Webhook'])[];
  readonly next_cursor?: string;
};
  readonly Webhook: {
  readonly id: string;
  /** https. Nothing secret in it: whoever reads the log sees it */
  readonly url: string;
  readonly description?: string;
  /** Default: every type */
  readonly types?: readonly ("DatasetRegistered" | "DatasetObjectsReplaced" | "DatasetPublished" | "DatasetWithdrawn" | "ContractPublished" | "ContractStageChanged" | "CompatibilityModeSet" | "DefaultCompatibilityModeSet" | "ActionProfileDefined" | "ActionProfileStageChanged" | "JobDefined" | "JobStageChanged" | "ApiKeyIssued" | "ApiKeyRevoked" | "WebhookCreated" | "WebhookChanged" | "WebhookSecretRotated" | "WebhookEnabled" | "WebhookDisabled" | "WebhookReplayAsked" | "WebhookRedeliveryAsked" | "WebhookDeleted" | "JobRunSubmitted" | "JobRunStarted" | "JobRunBegan" | "JobRunProgressed" | "JobRunFinished" | "JobRunTimedOut" | "JobActionClaimed" | "JobActionEnded" | "JobRunRequested" | "LineageEventReceived" | "LineageDocumentReceived")[];
  /** Default: every kind */
  readonly kinds?: readonly ("dataset" | "contract" | "contract-policy" | "action-profile" | "job-definition" | "api-key" | "webhook" | "job-run" | "run-request" | "lineage-run" | "lineage-document")[];
  /** How the name of the dataset or contract, or the id of the run, begins */
  readonly name_prefix?: string;
  readonly stream: "registry" | "jobs";
  readonly status: "active" | "stopped";
  readonly stopped_because?: "asked" | "gone" | "failing" | "dead-letters-full";
  readonly stopped_at?: string;
  readonly created_at: string;
  /** Absent while this node does not show it */
  readonly created_by?: string;
  readonly secret_generation: number;
  /** Until then the secret before signs too */
  readonly previous_secret_until?: string;
};
  readonly ChangeWebhook: {
  /** https. Nothing secret in it: whoever reads the log sees it */
  readonly url: string;
  readonly description?: string;
  /** Default: every type */
  readonly types?: readonly ("DatasetRegistered" | "DatasetObjectsReplaced" | "DatasetPublished" | "DatasetWithdrawn" | "ContractPublished" | "ContractStageChanged" | "CompatibilityModeSet" | "DefaultCompatibilityModeSet" | "ActionProfileDefined" | "ActionProfileStageChanged" | "JobDefined" | "JobStageChanged" | "ApiKeyIssued" | "ApiKeyRevoked" | "WebhookCreated" | "WebhookChanged" | "WebhookSecretRotated" | "WebhookEnabled" | "WebhookDisabled" | "WebhookReplayAsked" | "WebhookRedeliveryAsked" | "WebhookDeleted" | "JobRunSubmitted" | "JobRunStarted" | "JobRunBegan" | "JobRunProgressed" | "JobRunFinished" | "JobRunTimedOut" | "JobActionClaimed" | "JobActionEnded" | "JobRunRequested" | "LineageEventReceived" | "LineageDocumentReceived")[];
  /** Default: every kind */
  readonly kinds?: readonly ("dataset" | "contract" | "contract-policy" | "action-profile" | "job-definition" | "api-key" | "webhook" | "job-run" | "run-request" | "lineage-run" | "lineage-document")[];
  /** How the name of the dataset or contract, or the id of the run, begins */
  readonly name_prefix?: string;
};
  readonly DisableWebhook: {
  readonly detail?: string;
};
  readonly RotateWebhookSecret: {
  /** How long the secret before signs too */
  readonly previous_valid_seconds?: number;
};
  readonly ReplayWebhook: {
  /** The first position that is sent again */
  readonly from: number;
};
  readonly RedeliverWebhook: {
  /** Those of the dead letters */
  readonly positions: readonly (number)[];
};
  readonly WebhookPing: {
  readonly event_id: string;
  readonly is_taken: boolean;
  readonly status?: number;
  readonly detail: string;
};
  readonly WebhookDeliveries: {
  /** Whether a node has it in hand */
  readonly is_delivered: boolean;
  /** Everything up to here was taken, let by, or is a dead letter */
  readonly position: number;
  readonly delivered_at?: string;
  readonly failing_since?: string;
  /** The event that is sent again and again */
  readonly trial?: {
  readonly position: number;
  readonly attempts: number;
  readonly since: string;
  readonly detail: string;
};
  readonly dead_letters: readonly ({
  readonly position: number;
  readonly event_id: string;
  readonly type: string;
  readonly subject: string;
  readonly reason: "expired" | "refused";
  readonly detail: string;
  readonly attempts: number;
  readonly at: string;
})[];
};
  readonly StoredArtifact: {
  /** SHA-256, 64 lower-case hexadecimal digits */
  readonly sha256: string;
  readonly bytes: number;
};
  /** Every published dataset of the scope, sorted by name. */
  readonly Catalog: {
  readonly model_version: "v1";
  readonly datasets: readonly ({
  readonly name: string;
  readonly dataset_id: string;
  readonly schema_fingerprint: string;
  readonly row_count: number | null;
  readonly artifact: {
  /** Name of the file inside the dataset */
  readonly key: string;
  /** SHA-256, 64 lower-case hexadecimal digits */
  readonly sha256: string;
  readonly bytes: number;
};
  /** The manifest as a file of the store */
  readonly manifest: {
  /** SHA-256, 64 lower-case hexadecimal digits */
  readonly sha256: string;
  readonly bytes: number;
};
  readonly published_at: string;
})[];
};
  readonly GenePage: {
  readonly dataset: string;
  /** SHA-256 of the artifact that was read */
  readonly artifact: string;
  readonly rows: readonly (Schemas['Gene'])[];
  readonly next_cursor?: string;
};
  readonly Gene: {
  readonly gene_id: string;
  readonly name: string | null;
  readonly seqid?: string;
  readonly start?: number;
  readonly end?: number;
  readonly biotype?: string | null;
  readonly transcript_count?: number | null;
  readonly sequence_length?: number;
};
  readonly GeneCount: {
  readonly dataset: string;
  readonly artifact: string;
  readonly gene_count: number;
};
  readonly GeneLookupAnswer: {
  readonly dataset: string;
  readonly artifact: string;
  /** In the order of the ids */
  readonly rows: readonly (Schemas['Gene'] | null)[];
};
  readonly GeneLookup: {
  readonly dataset?: string;
  readonly release?: string;
  readonly species?: string;
  readonly assembly?: string;
  /** Wants exactly this artifact: its rows may be kept for ever. */
  readonly artifact?: string;
  readonly gene_ids: readonly (string)[];
  readonly include?: string;
};
  readonly RowPage: {
  readonly dataset: string;
  /** SHA-256 of the artifact that was read */
  readonly artifact: string;
  readonly rows: readonly (Schemas['Row'])[];
  readonly next_cursor?: string;
};
  /** All columns of the table; bytes as {"hex": "00FF"} */
  readonly Row: Readonly<Record<string, unknown>>;
  readonly ListedDatasets: {
  readonly datasets: readonly (Schemas['ListedDataset'])[];
  readonly next_cursor?: string;
};
  readonly ListedDataset: {
  readonly name: string;
  readonly dataset_id: string;
  readonly schema_fingerprint: string;
  readonly row_count: number | null;
  readonly published_at: string;
  readonly artifact: {
  readonly key: string;
  readonly sha256: string;
  readonly bytes: number;
};
  /** Whether it is of this registry, not of a source */
  readonly is_own: boolean;
};
  readonly ServedDataset: {
  readonly name: string;
  readonly dataset_id: string;
  readonly schema_fingerprint: string;
  readonly row_count: number | null;
  readonly published_at: string;
  readonly artifact: {
  readonly key: string;
  readonly sha256: string;
  readonly bytes: number;
};
  readonly tables: readonly (Schemas['TableDeclaration'])[];
  /** Whether this node can answer without a download */
  readonly is_cached: boolean;
};
  /** A gene in the form of the Ensembl REST service. */
  readonly EnsemblGene: {
  readonly id: string;
  readonly display_name: string | null;
  readonly species: string;
  readonly assembly_name: string;
  readonly seq_region_name: string;
  readonly start: number;
  readonly end: number;
  readonly biotype: string | null;
  readonly object_type: "Gene";
};
  readonly EnsemblIds: {
  readonly ids: readonly (string)[];
};
  readonly EnsemblFeature: {
  readonly id: string;
  readonly gene_id: string;
  readonly external_name: string | null;
  readonly assembly_name: string;
  readonly seq_region_name: string;
  readonly start: number;
  readonly end: number;
  readonly biotype: string | null;
  readonly feature_type: "gene";
};
  readonly VerifiedCache: {
  readonly checked_count: number;
  readonly damaged_count: number;
  /** So many were read */
  readonly bytes: number;
  readonly duration_ms: number;
  readonly damaged: readonly ({
  /** SHA-256, 64 lower-case hexadecimal digits */
  readonly sha256: string;
  readonly kind: string;
  /** tenant/environment and name */
  readonly datasets: readonly (string)[];
  readonly bytes: number;
  /** null: it is downloaded again at once */
  readonly quarantined_until: string | null;
})[];
  /** Could not be read; nothing is known of them */
  readonly unread: readonly ({
  /** SHA-256, 64 lower-case hexadecimal digits */
  readonly sha256: string;
  readonly kind: string;
  /** tenant/environment and name */
  readonly datasets: readonly (string)[];
  readonly bytes: number;
})[];
  /** There was no time for the rest: send it as `cursor` */
  readonly next_cursor?: string;
};
  readonly VerifyCache: {
  /** Only its files. Default: all. */
  readonly dataset?: string;
  /** Where the page before ended: its `next_cursor`. */
  readonly cursor?: string;
};
  readonly EvictedCache: {
  readonly evicted_count: number;
  /** So many are free again */
  readonly bytes: number;
  readonly evicted: readonly ({
  /** SHA-256, 64 lower-case hexadecimal digits */
  readonly sha256: string;
  readonly kind: string;
  /** tenant/environment and name */
  readonly datasets: readonly (string)[];
  readonly bytes: number;
})[];
  readonly kept: readonly ({
  /** SHA-256, 64 lower-case hexadecimal digits */
  readonly sha256: string;
  readonly kind: string;
  /** tenant/environment and name */
  readonly datasets: readonly (string)[];
  readonly bytes: number;
  /** Somebody uses it, it is pinned, or another dataset has it too */
  readonly because: "leased" | "pinned" | "shared";
})[];
  /** There was no time for the rest, or they were too many: ask again */
  readonly has_more?: true;
};
  readonly EvictCache: {
  readonly dataset: string;
} | {
  /** Everything that nobody uses */
  readonly unused: true;
};
  readonly DrillList: {
  readonly drills: readonly (Schemas['DrillSummary'])[];
  /** Files of this page that are called like reports and are none */
  readonly unreadable: readonly (string)[];
  /** Absent on the last page */
  readonly next_cursor?: string;
};
  readonly DrillSummary: {
  readonly id: string;
  readonly drill: string;
  readonly registry_version: string;
  readonly started_at: string;
  readonly seconds: number;
  readonly outcome: "succeeded" | "failed" | "stopped";
  readonly figures: readonly ({
  readonly name: string;
  /** null: it was not measured */
  readonly value: number | null;
  readonly unit: string;
})[];
  readonly step_count: number;
  readonly failed_step_count: number;
};
  readonly DrillReport: {
  readonly id: string;
  readonly drill: string;
  readonly registry_version: string;
  readonly started_at: string;
  readonly seconds: number;
  readonly outcome: "succeeded" | "failed" | "stopped";
  readonly figures: readonly ({
  readonly name: string;
  /** null: it was not measured */
  readonly value: number | null;
  readonly unit: string;
})[];
  readonly step_count: number;
  readonly failed_step_count: number;
  readonly steps: readonly ({
  readonly name: string;
  readonly outcome: "succeeded" | "failed" | "stopped";
  /** What was seen. Absent where tokens are asked for: it may be of another tenant. */
  readonly detail?: string;
  readonly seconds: number;
})[];
};
}

/** What every operation takes and answers. */
export interface Operations {
  /** Move a version to the stage active */
  readonly activateActionProfile: { readonly params: { readonly id: string; readonly version: string }; readonly query: Record<never, never>; readonly body: Schemas['DefinitionNotes'] | undefined; readonly answer: Schemas['DefinitionStage'] };
  /** Move a version to the stage active */
  readonly activateJobDefinition: { readonly params: { readonly id: string; readonly version: string }; readonly query: Record<never, never>; readonly body: Schemas['DefinitionNotes'] | undefined; readonly answer: Schemas['DefinitionStage'] };
  /** Move a version to the stage active */
  readonly approveActionProfile: { readonly params: { readonly id: string; readonly version: string }; readonly query: Record<never, never>; readonly body: Schemas['DefinitionNotes'] | undefined; readonly answer: Schemas['DefinitionStage'] };
  /** Move a version to the stage active */
  readonly approveJobDefinition: { readonly params: { readonly id: string; readonly version: string }; readonly query: Record<never, never>; readonly body: Schemas['DefinitionNotes'] | undefined; readonly answer: Schemas['DefinitionStage'] };
  /** Describe the events in the log as AsyncAPI 3.0 */
  readonly asyncapi: { readonly params: Record<never, never>; readonly query: Record<never, never>; readonly body: undefined; readonly answer: Readonly<Record<string, unknown>> };
  /** Take up to 1000 steps of job runs at once; each has a result of its own */
  readonly batchJobRuns: { readonly params: Record<never, never>; readonly query: Record<never, never>; readonly body: Schemas['JobRunBatch']; readonly answer: Schemas['JobRunBatchAnswer'] };
  /** Take a pending job run up */
  readonly beginJobRun: { readonly params: { readonly id: string }; readonly query: Record<never, never>; readonly body: Schemas['BeginJobRun'] | undefined; readonly answer: Schemas['JobRun'] };
  /** Cancel a job run that has not ended */
  readonly cancelJobRun: { readonly params: { readonly id: string }; readonly query: Record<never, never>; readonly body: Schemas['CancelJobRun'] | undefined; readonly answer: Schemas['JobRun'] };
  /** Move a version to another stage: draft, pending_approval, active, retired */
  readonly changeActionProfileStage: { readonly params: { readonly id: string; readonly version: string }; readonly query: Record<never, never>; readonly body: Schemas['ChangeDefinitionStage']; readonly answer: Schemas['DefinitionStage'] };
  /** Move a version to another stage: draft, pending_approval, approved, deprecated, retired */
  readonly changeContractStage: { readonly params: { readonly name: string; readonly version: string }; readonly query: Record<never, never>; readonly body: Schemas['ChangeContractStage']; readonly answer: Schemas['ContractStage'] };
  /** Move a version to another stage: draft, pending_approval, active, retired */
  readonly changeJobDefinitionStage: { readonly params: { readonly id: string; readonly version: string }; readonly query: Record<never, never>; readonly body: Schemas['ChangeDefinitionStage']; readonly answer: Schemas['DefinitionStage'] };
  /** Replace the URL, the description and the filter of a webhook */
  readonly changeWebhook: { readonly params: { readonly id: string }; readonly query: Record<never, never>; readonly body: Schemas['ChangeWebhook']; readonly answer: Schemas['Webhook'] };
  /** Say what publishing would come to, and write nothing */
  readonly checkContract: { readonly params: { readonly name: string }; readonly query: Record<never, never>; readonly body: Schemas['CheckContract']; readonly answer: Schemas['ContractCheck'] };
  /** Count genes of a dataset */
  readonly countGenes: { readonly params: Record<never, never>; readonly query: { readonly dataset?: string | undefined; readonly release?: string | undefined; readonly species?: string | undefined; readonly assembly?: string | undefined; readonly artifact?: string | undefined; readonly gene_id?: string | undefined; readonly name?: string | undefined; readonly name_like?: string | undefined; readonly biotype?: string | undefined; readonly region?: string | undefined; readonly interval_mode?: "overlap" | "containment" | "boundary_touch" | undefined }; readonly body: undefined; readonly answer: Schemas['GeneCount'] };
  /** Have the events of this tenant and environment sent to a URL */
  readonly createWebhook: { readonly params: Record<never, never>; readonly query: Record<never, never>; readonly body: Schemas['CreateWebhook']; readonly answer: Schemas['WebhookWithSecret'] };
  /** Define a version of an action profile, which begins as a draft; what it says never changes */
  readonly defineActionProfile: { readonly params: Record<never, never>; readonly query: Record<never, never>; readonly body: Schemas['DefineActionProfile']; readonly answer: Schemas['DefinedVersion'] };
  /** Define a version of a job definition, which begins as a draft; what it says never changes */
  readonly defineJobDefinition: { readonly params: Record<never, never>; readonly query: Record<never, never>; readonly body: Schemas['DefineJob']; readonly answer: Schemas['DefinedVersion'] };
  /** End a webhook for good */
  readonly deleteWebhook: { readonly params: { readonly id: string }; readonly query: Record<never, never>; readonly body: undefined; readonly answer: undefined };
  /** Say what lies between two versions, each change explained */
  readonly diffContracts: { readonly params: { readonly name: string; readonly version: string; readonly other: string }; readonly query: { readonly at?: string | undefined }; readonly body: undefined; readonly answer: Schemas['ContractDiff'] };
  /** Stop delivery; what comes meanwhile is sent when it is enabled again */
  readonly disableWebhook: { readonly params: { readonly id: string }; readonly query: Record<never, never>; readonly body: Schemas['DisableWebhook'] | undefined; readonly answer: Schemas['Webhook'] };
  /** Go on where delivery was stopped */
  readonly enableWebhook: { readonly params: { readonly id: string }; readonly query: Record<never, never>; readonly body: undefined; readonly answer: Schemas['Webhook'] };
  /** Find a gene by its id in the newest release of each species */
  readonly ensemblLookup: { readonly params: { readonly id: string }; readonly query: { readonly species?: string | undefined }; readonly body: undefined; readonly answer: Schemas['EnsemblGene'] };
  /** Find up to 1000 genes by their ids; unknown ones are null */
  readonly ensemblLookups: { readonly params: Record<never, never>; readonly query: { readonly species?: string | undefined }; readonly body: Schemas['EnsemblIds']; readonly answer: Readonly<Record<string, Schemas['EnsemblGene'] | null>> };
  /** Find the genes that overlap a region of the newest release of a species */
  readonly ensemblOverlap: { readonly params: { readonly species: string; readonly region: string }; readonly query: { readonly feature: "gene"; readonly limit?: number | string | undefined }; readonly body: undefined; readonly answer: readonly (Schemas['EnsemblFeature'])[] };
  /** Let this node remove cached files that nobody uses, of one dataset or of all */
  readonly evictCache: { readonly params: Record<never, never>; readonly query: Record<never, never>; readonly body: Schemas['EvictCache']; readonly answer: Schemas['EvictedCache'] };
  /** Record how a job run ended, once */
  readonly finishJobRun: { readonly params: { readonly id: string }; readonly query: Record<never, never>; readonly body: Schemas['FinishJobRun']; readonly answer: Schemas['JobRun'] };
  /** Get one version of action profiles, or "latest": the highest active one */
  readonly getActionProfile: { readonly params: { readonly id: string; readonly version: string }; readonly query: { readonly at?: string | undefined }; readonly body: undefined; readonly answer: Schemas['ActionProfile'] };
  /** Get one key, without its secret */
  readonly getApiKey: { readonly params: { readonly id: string }; readonly query: Record<never, never>; readonly body: undefined; readonly answer: Schemas['ApiKey'] };
  /** Get every published dataset, sorted by name */
  readonly getCatalog: { readonly params: Record<never, never>; readonly query: { readonly at?: string | undefined }; readonly body: undefined; readonly answer: Schemas['Catalog'] };
  /** Tell what each version has changed, the newest first; as JSON or as Markdown */
  readonly getChangelog: { readonly params: { readonly name: string }; readonly query: { readonly limit?: number | string | undefined; readonly cursor?: string | undefined; readonly at?: string | undefined; readonly format?: "json" | "markdown" | undefined }; readonly body: undefined; readonly answer: Schemas['Changelog'] | string };
  /** Say what a new version of a contract must keep */
  readonly getCompatibilityMode: { readonly params: { readonly name: string }; readonly query: { readonly at?: string | undefined }; readonly body: undefined; readonly answer: Schemas['CompatibilityMode'] };
  /** Get one version of a contract, or "latest": the highest approved one */
  readonly getContract: { readonly params: { readonly name: string; readonly version: string }; readonly query: { readonly at?: string | undefined }; readonly body: undefined; readonly answer: Schemas['ContractBundle'] };
  /** Get the highest approved contract that is for a type of datasets */
  readonly getContractForDataset: { readonly params: { readonly dataset_type: string }; readonly query: Record<never, never>; readonly body: undefined; readonly answer: Schemas['ContractBundle'] };
  /** Get the manifest of a dataset */
  readonly getDataset: { readonly params: { readonly name: string }; readonly query: { readonly at?: string | undefined }; readonly body: undefined; readonly answer: Schemas['Manifest'] };
  /** List what was done to a dataset: by whom, when, and what it came to */
  readonly getDatasetHistory: { readonly params: { readonly name: string }; readonly query: { readonly order?: "oldest" | "newest" | undefined; readonly limit?: number | string | undefined; readonly cursor?: string | undefined; readonly at?: string | undefined }; readonly body: undefined; readonly answer: Schemas['DatasetHistory'] };
  /** Say what new versions must keep where their contract does not say it */
  readonly getDefaultCompatibilityMode: { readonly params: Record<never, never>; readonly query: { readonly at?: string | undefined }; readonly body: undefined; readonly answer: Schemas['CompatibilityMode'] };
  /** Get the report of one drill */
  readonly getDrill: { readonly params: { readonly id: string }; readonly query: Record<never, never>; readonly body: undefined; readonly answer: Schemas['DrillReport'] };
  /** Get one version of job definitions, or "latest": the highest active one */
  readonly getJobDefinition: { readonly params: { readonly id: string; readonly version: string }; readonly query: { readonly at?: string | undefined }; readonly body: undefined; readonly answer: Schemas['JobDefinition'] };
  /** Get one job run */
  readonly getJobRun: { readonly params: { readonly id: string }; readonly query: { readonly at?: string | undefined }; readonly body: undefined; readonly answer: Schemas['JobRunDetail'] };
  /** Get the results that a job run ended with */
  readonly getJobRunResults: { readonly params: { readonly id: string }; readonly query: Record<never, never>; readonly body: undefined; readonly answer: unknown };
  /** Get one such event as it came */
  readonly getLineageDocument: { readonly params: { readonly id: string }; readonly query: Record<never, never>; readonly body: undefined; readonly answer: Readonly<Record<string, unknown>> };
  /** Say which artifact of a dataset is served, and which of its tables */
  readonly getServedDataset: { readonly params: { readonly name: string }; readonly query: Record<never, never>; readonly body: undefined; readonly answer: Schemas['ServedDataset'] };
  /** Get the bytes of an artifact, whole or a range of them */
  readonly getStoreArtifact: { readonly params: { readonly prefix: string; readonly sha256: string }; readonly query: Record<never, never>; readonly body: undefined; readonly answer: Uint8Array };
  /** Get the catalog as the file of a store: the same bytes as /catalog */
  readonly getStoreCatalog: { readonly params: Record<never, never>; readonly query: { readonly at?: string | undefined }; readonly body: undefined; readonly answer: Schemas['Catalog'] };
  /** Get the SHA-256 of catalog.json, as sha256sum writes it */
  readonly getStoreCatalogDigest: { readonly params: Record<never, never>; readonly query: { readonly at?: string | undefined }; readonly body: undefined; readonly answer: string };
  /** Get a manifest as the file of a store */
  readonly getStoreManifest: { readonly params: { readonly name: string; readonly sha256: string }; readonly query: Record<never, never>; readonly body: undefined; readonly answer: Schemas['Manifest'] };
  /** Get one webhook, without its secret */
  readonly getWebhook: { readonly params: { readonly id: string }; readonly query: Record<never, never>; readonly body: undefined; readonly answer: Schemas['Webhook'] };
  /** Tell how far it has come, what is sent again, and its dead letters */
  readonly getWebhookDeliveries: { readonly params: { readonly id: string }; readonly query: Record<never, never>; readonly body: undefined; readonly answer: Schemas['WebhookDeliveries'] };
  /** Say that the process lives */
  readonly health: { readonly params: Record<never, never>; readonly query: Record<never, never>; readonly body: undefined; readonly answer: string };
  /** Say that a job run is alive */
  readonly heartbeatJobRun: { readonly params: { readonly id: string }; readonly query: Record<never, never>; readonly body: Schemas['ProgressJobRun'] | undefined; readonly answer: Schemas['JobRun'] };
  /** Issue a key with which a service can act in this tenant and environment */
  readonly issueApiKey: { readonly params: Record<never, never>; readonly query: Record<never, never>; readonly body: Schemas['IssueApiKey']; readonly answer: Schemas['IssuedApiKey'] };
  /** List the job definitions that use a version, by its number or as the latest */
  readonly listActionProfileDependants: { readonly params: { readonly id: string; readonly version: string }; readonly query: { readonly limit?: number | string | undefined; readonly cursor?: string | undefined; readonly at?: string | undefined }; readonly body: undefined; readonly answer: Schemas['DefinitionUsers'] };
  /** List the versions of one action profile, the lowest first */
  readonly listActionProfileVersions: { readonly params: { readonly id: string }; readonly query: { readonly limit?: number | string | undefined; readonly cursor?: string | undefined; readonly at?: string | undefined }; readonly body: undefined; readonly answer: Schemas['DefinitionVersions'] };
  /** List versions of action profiles; further pages are in the Link header */
  readonly listActionProfiles: { readonly params: Record<never, never>; readonly query: { readonly limit?: number | string | undefined; readonly cursor?: string | undefined; readonly at?: string | undefined; readonly id?: string | undefined; readonly stage?: "draft" | "pending_approval" | "active" | "retired" | undefined; readonly tag?: readonly (string)[] | undefined; readonly match?: "all" | "any" | undefined; readonly action_type?: "STORE_RESULTS" | "SEND_NOTIFICATION" | "EMIT_LINEAGE" | "CALL_WEBHOOK" | "OPEN_TICKET" | undefined }; readonly body: undefined; readonly answer: Schemas['DefinitionList'] };
  /** List the keys of this tenant and environment, the newest first */
  readonly listApiKeys: { readonly params: Record<never, never>; readonly query: { readonly limit?: number | string | undefined; readonly cursor?: string | undefined }; readonly body: undefined; readonly answer: Schemas['ApiKeyPage'] };
  /** List every command that was carried out, in the order of the log */
  readonly listAudit: { readonly params: Record<never, never>; readonly query: { readonly stream?: "registry" | "jobs" | undefined; readonly from?: string | undefined; readonly to?: string | undefined; readonly since?: string | undefined; readonly before?: string | undefined; readonly actor?: string | undefined; readonly kind?: "dataset" | "contract" | "contract-policy" | "action-profile" | "job-definition" | "api-key" | "webhook" | "job-run" | "run-request" | "lineage-run" | "lineage-document" | undefined; readonly name?: string | undefined; readonly decision?: string | undefined; readonly limit?: number | string | undefined; readonly cursor?: string | undefined }; readonly body: undefined; readonly answer: Schemas['AuditPage'] | string };
  /** List the job definitions that use a version, by its number or as the latest */
  readonly listContractJobDefinitions: { readonly params: { readonly name: string; readonly version: string }; readonly query: { readonly limit?: number | string | undefined; readonly cursor?: string | undefined; readonly at?: string | undefined }; readonly body: undefined; readonly answer: Schemas['DefinitionUsers'] };
  /** List the versions of a contract, the lowest first, and what a new one must keep */
  readonly listContractVersions: { readonly params: { readonly name: string }; readonly query: { readonly at?: string | undefined }; readonly body: undefined; readonly answer: Schemas['ContractVersions'] };
  /** List contract versions by name and version; further pages are in the Link header */
  readonly listContracts: { readonly params: Record<never, never>; readonly query: { readonly limit?: number | string | undefined; readonly cursor?: string | undefined; readonly at?: string | undefined; readonly name?: string | undefined; readonly label?: string | undefined; readonly stage?: "draft" | "pending_approval" | "approved" | "deprecated" | "retired" | undefined; readonly text?: string | undefined }; readonly body: undefined; readonly answer: Schemas['ContractList'] };
  /** List datasets by name */
  readonly listDatasets: { readonly params: Record<never, never>; readonly query: { readonly status?: "registered" | "published" | "withdrawn" | undefined; readonly text?: string | undefined; readonly limit?: number | string | undefined; readonly cursor?: string | undefined; readonly at?: string | undefined }; readonly body: undefined; readonly answer: Schemas['DatasetList'] };
  /** List the contracts that refer to a version */
  readonly listDependants: { readonly params: { readonly name: string; readonly version: string }; readonly query: { readonly limit?: number | string | undefined; readonly cursor?: string | undefined; readonly at?: string | undefined }; readonly body: undefined; readonly answer: Schemas['ContractDependants'] };
  /** List the reports of drills that this node keeps, the newest first */
  readonly listDrills: { readonly params: Record<never, never>; readonly query: { readonly limit?: number | string | undefined; readonly cursor?: string | undefined }; readonly body: undefined; readonly answer: Schemas['DrillList'] };
  /** Find genes of a dataset by id, name, kind or region */
  readonly listGenes: { readonly params: Record<never, never>; readonly query: { readonly dataset?: string | undefined; readonly release?: string | undefined; readonly species?: string | undefined; readonly assembly?: string | undefined; readonly artifact?: string | undefined; readonly gene_id?: string | undefined; readonly name?: string | undefined; readonly name_like?: string | undefined; readonly biotype?: string | undefined; readonly region?: string | undefined; readonly interval_mode?: "overlap" | "containment" | "boundary_touch" | undefined; readonly include?: string | undefined; readonly sort?: "gene_id:asc" | "region:asc" | undefined; readonly limit?: number | string | undefined; readonly cursor?: string | undefined }; readonly body: undefined; readonly answer: Schemas['GenePage'] | string };
  /** List the versions of one job definition, the lowest first */
  readonly listJobDefinitionVersions: { readonly params: { readonly id: string }; readonly query: { readonly limit?: number | string | undefined; readonly cursor?: string | undefined; readonly at?: string | undefined }; readonly body: undefined; readonly answer: Schemas['DefinitionVersions'] };
  /** List versions of job definitions; further pages are in the Link header */
  readonly listJobDefinitions: { readonly params: Record<never, never>; readonly query: { readonly limit?: number | string | undefined; readonly cursor?: string | undefined; readonly at?: string | undefined; readonly id?: string | undefined; readonly stage?: "draft" | "pending_approval" | "active" | "retired" | undefined; readonly tag?: readonly (string)[] | undefined; readonly match?: "all" | "any" | undefined }; readonly body: undefined; readonly answer: Schemas['DefinitionList'] };
  /** List job runs, the newest first */
  readonly listJobRuns: { readonly params: Record<never, never>; readonly query: { readonly status?: "pending" | "running" | "succeeded" | "failed" | "cancelled" | "skipped" | undefined; readonly job?: string | undefined; readonly definition?: string | undefined; readonly parent?: string | undefined; readonly correlation?: string | undefined; readonly submitted_from?: string | undefined; readonly submitted_before?: string | undefined; readonly limit?: number | string | undefined; readonly cursor?: string | undefined }; readonly body: undefined; readonly answer: Schemas['JobRunList'] };
  /** List what was reported of jobs and datasets apart from runs, the newest first */
  readonly listLineageDocuments: { readonly params: Record<never, never>; readonly query: { readonly name?: string | undefined; readonly limit?: number | string | undefined; readonly cursor?: string | undefined }; readonly body: undefined; readonly answer: Schemas['LineageDocuments'] };
  /** Read the rows of a table that the manifest declares: all, by key, or in a range */
  readonly listRows: { readonly params: { readonly name: string; readonly table: string }; readonly query: { readonly key?: string | undefined; readonly range?: string | undefined; readonly limit?: number | string | undefined; readonly cursor?: string | undefined; readonly artifact?: string | undefined }; readonly body: undefined; readonly answer: Schemas['RowPage'] | string };
  /** List the published datasets of this registry and of its sources, by name */
  readonly listServedDatasets: { readonly params: Record<never, never>; readonly query: { readonly limit?: number | string | undefined; readonly cursor?: string | undefined }; readonly body: undefined; readonly answer: Schemas['ListedDatasets'] };
  /** List the stages of contracts and definitions, the statuses of runs, and their steps */
  readonly listStateMachines: { readonly params: Record<never, never>; readonly query: Record<never, never>; readonly body: undefined; readonly answer: Schemas['StateMachines'] };
  /** List the webhooks of this tenant and environment, the newest first */
  readonly listWebhooks: { readonly params: Record<never, never>; readonly query: { readonly limit?: number | string | undefined; readonly cursor?: string | undefined }; readonly body: undefined; readonly answer: Schemas['WebhookPage'] };
  /** Find up to 1000 genes by their ids; unknown ones are null */
  readonly lookupGenes: { readonly params: Record<never, never>; readonly query: Record<never, never>; readonly body: Schemas['GeneLookup']; readonly answer: Schemas['GeneLookupAnswer'] };
  /** Show the metrics of this node in the text format of Prometheus */
  readonly metrics: { readonly params: Record<never, never>; readonly query: Record<never, never>; readonly body: undefined; readonly answer: string };
  /** Describe this API as OpenAPI 3.1 */
  readonly openapi: { readonly params: Record<never, never>; readonly query: Record<never, never>; readonly body: undefined; readonly answer: Readonly<Record<string, unknown>> };
  /** Send an event of the type WebhookPinged to it, now and once */
  readonly pingWebhook: { readonly params: { readonly id: string }; readonly query: Record<never, never>; readonly body: undefined; readonly answer: Schemas['WebhookPing'] };
  /** Submit a run of every active job definition that waits for an event */
  readonly postJobEvent: { readonly params: Record<never, never>; readonly query: Record<never, never>; readonly body: Schemas['ExternalEvent']; readonly answer: Schemas['TriggeredRuns'] };
  /** Take up to 1000 OpenLineage events; a wrong one does not hold up the others */
  readonly postLineageBatch: { readonly params: Record<never, never>; readonly query: Record<never, never>; readonly body: unknown; readonly answer: Schemas['LineageBatch'] };
  /** Take one OpenLineage event; sent again it counts once */
  readonly postLineageEvent: { readonly params: Record<never, never>; readonly query: Record<never, never>; readonly body: unknown; readonly answer: Schemas['LineageRecorded'] };
  /** Say how far a job run is */
  readonly progressJobRun: { readonly params: { readonly id: string }; readonly query: Record<never, never>; readonly body: Schemas['ProgressJobRun'] | undefined; readonly answer: Schemas['JobRun'] };
  /** Publish a version as it is in another environment of the same tenant */
  readonly promoteContract: { readonly params: { readonly name: string; readonly version: string }; readonly query: Record<never, never>; readonly body: Schemas['PromoteContract']; readonly answer: Schemas['PublishedContract'] };
  /** Publish a version of a contract, after the gate has judged it; it never changes afterwards */
  readonly publishContract: { readonly params: Record<never, never>; readonly query: Record<never, never>; readonly body: Schemas['PublishContract']; readonly answer: Schemas['PublishedContract'] };
  /** Put a dataset into the catalog with one of its objects as the artifact; If-Match holds */
  readonly publishDataset: { readonly params: { readonly name: string }; readonly query: Record<never, never>; readonly body: Schemas['PublishDataset']; readonly answer: Schemas['Manifest'] };
  /** Say whether this node can serve, and which part cannot */
  readonly readiness: { readonly params: Record<never, never>; readonly query: Record<never, never>; readonly body: undefined; readonly answer: Schemas['Readiness'] };
  /** Send dead letters once more */
  readonly redeliverWebhook: { readonly params: { readonly id: string }; readonly query: Record<never, never>; readonly body: Schemas['RedeliverWebhook']; readonly answer: Schemas['Webhook'] };
  /** Register a dataset, or replace the objects of one with the same schema fingerprint; If-Match and If-None-Match hold */
  readonly registerDataset: { readonly params: Record<never, never>; readonly query: Record<never, never>; readonly body: Schemas['RegisterDataset']; readonly answer: Schemas['RegisteredDataset'] };
  /** Send everything from a position on, again or for the first time */
  readonly replayWebhook: { readonly params: { readonly id: string }; readonly query: Record<never, never>; readonly body: Schemas['ReplayWebhook']; readonly answer: Schemas['Webhook'] };
  /** Move a version to the stage retired */
  readonly retireActionProfile: { readonly params: { readonly id: string; readonly version: string }; readonly query: Record<never, never>; readonly body: Schemas['DefinitionNotes'] | undefined; readonly answer: Schemas['DefinitionStage'] };
  /** Move a version to the stage retired */
  readonly retireJobDefinition: { readonly params: { readonly id: string; readonly version: string }; readonly query: Record<never, never>; readonly body: Schemas['DefinitionNotes'] | undefined; readonly answer: Schemas['DefinitionStage'] };
  /** Take a key back. It is refused from then on by every node that has seen this */
  readonly revokeApiKey: { readonly params: { readonly id: string }; readonly query: Record<never, never>; readonly body: Schemas['RevokeApiKey'] | undefined; readonly answer: Schemas['ApiKey'] };
  /** Give it a new secret; the one before signs too for a while */
  readonly rotateWebhookSecret: { readonly params: { readonly id: string }; readonly query: Record<never, never>; readonly body: Schemas['RotateWebhookSecret'] | undefined; readonly answer: Schemas['WebhookWithSecret'] };
  /** Submit a run of an active job definition */
  readonly runJobDefinition: { readonly params: { readonly id: string }; readonly query: Record<never, never>; readonly body: Schemas['RunJobDefinition'] | undefined; readonly answer: Schemas['JobRun'] };
  /** Set what a new version of a contract must keep */
  readonly setCompatibilityMode: { readonly params: { readonly name: string }; readonly query: Record<never, never>; readonly body: Schemas['SetCompatibilityMode']; readonly answer: Schemas['CompatibilityMode'] };
  /** Set what new versions must keep where their contract does not say it */
  readonly setDefaultCompatibilityMode: { readonly params: Record<never, never>; readonly query: Record<never, never>; readonly body: Schemas['SetCompatibilityMode']; readonly answer: Schemas['CompatibilityMode'] };
  /** Record that a job run has started, or waits for somebody to begin it */
  readonly startJobRun: { readonly params: Record<never, never>; readonly query: Record<never, never>; readonly body: Schemas['StartJobRun']; readonly answer: Schemas['JobRun'] };
  /** Upload the bytes of an artifact under their SHA-256 */
  readonly storeArtifact: { readonly params: { readonly sha256: string }; readonly query: Record<never, never>; readonly body: Uint8Array | Blob; readonly answer: Schemas['StoredArtifact'] };
  /** Move a version to the stage pending_approval */
  readonly submitActionProfile: { readonly params: { readonly id: string; readonly version: string }; readonly query: Record<never, never>; readonly body: Schemas['DefinitionNotes'] | undefined; readonly answer: Schemas['DefinitionStage'] };
  /** Move a version to the stage pending_approval */
  readonly submitJobDefinition: { readonly params: { readonly id: string; readonly version: string }; readonly query: Record<never, never>; readonly body: Schemas['DefinitionNotes'] | undefined; readonly answer: Schemas['DefinitionStage'] };
  /** Read cached files of this node again and compare them with their digests */
  readonly verifyCache: { readonly params: Record<never, never>; readonly query: Record<never, never>; readonly body: Schemas['VerifyCache'] | undefined; readonly answer: Schemas['VerifiedCache'] };
  /** Take a dataset out of the catalog; its history stays */
  readonly withdrawDataset: { readonly params: { readonly name: string }; readonly query: Record<never, never>; readonly body: Schemas['WithdrawDataset'] | undefined; readonly answer: Schemas['Manifest'] };
}

/** How every operation is sent: method, path, whether it is a command that takes a key, which stream its positions count, the media types of a success. */
export const OPERATIONS = {
  activateActionProfile: ['POST', '/registry/action-profiles/{id}/{version}/activate', true, 'registry', 'application/json'],
  activateJobDefinition: ['POST', '/registry/job-definitions/{id}/{version}/activate', true, 'registry', 'application/json'],
  approveActionProfile: ['POST', '/registry/action-profiles/{id}/{version}/approve', true, 'registry', 'application/json'],
  approveJobDefinition: ['POST', '/registry/job-definitions/{id}/{version}/approve', true, 'registry', 'application/json'],
  asyncapi: ['GET', '/asyncapi.json', false, 'registry', 'application/json'],
  batchJobRuns: ['POST', '/registry/job-runs/batch', true, 'jobs', 'application/json'],
  beginJobRun: ['POST', '/registry/job-runs/{id}/begin', true, 'jobs', 'application/json'],
  cancelJobRun: ['POST', '/registry/job-runs/{id}/cancel', true, 'jobs', 'application/json'],
  changeActionProfileStage: ['POST', '/registry/action-profiles/{id}/{version}/stage', true, 'registry', 'application/json'],
  changeContractStage: ['POST', '/registry/contracts/{name}/{version}/stage', true, 'registry', 'application/json'],
  changeJobDefinitionStage: ['POST', '/registry/job-definitions/{id}/{version}/stage', true, 'registry', 'application/json'],
  changeWebhook: ['PUT', '/registry/webhooks/{id}', true, 'registry', 'application/json'],
  checkContract: ['POST', '/registry/contracts/{name}/check', false, 'registry', 'application/json'],
  countGenes: ['GET', '/v1/genes/count', false, 'registry', 'application/json'],
  createWebhook: ['POST', '/registry/webhooks', true, 'registry', 'application/json'],
  defineActionProfile: ['POST', '/registry/action-profiles', true, 'registry', 'application/json'],
  defineJobDefinition: ['POST', '/registry/job-definitions', true, 'registry', 'application/json'],
  deleteWebhook: ['POST', '/registry/webhooks/{id}/delete', true, 'registry', ''],
  diffContracts: ['GET', '/registry/contracts/{name}/{version}/diff/{other}', false, 'registry', 'application/json'],
  disableWebhook: ['POST', '/registry/webhooks/{id}/disable', true, 'registry', 'application/json'],
  enableWebhook: ['POST', '/registry/webhooks/{id}/enable', true, 'registry', 'application/json'],
  ensemblLookup: ['GET', '/lookup/id/{id}', false, 'registry', 'application/json'],
  ensemblLookups: ['POST', '/lookup/id', false, 'registry', 'application/json'],
  ensemblOverlap: ['GET', '/overlap/region/{species}/{region}', false, 'registry', 'application/json'],
  evictCache: ['POST', '/registry/cache/evict', false, 'registry', 'application/json'],
  finishJobRun: ['POST', '/registry/job-runs/{id}/finish', true, 'jobs', 'application/json'],
  getActionProfile: ['GET', '/registry/action-profiles/{id}/{version}', false, 'registry', 'application/json'],
  getApiKey: ['GET', '/registry/api-keys/{id}', false, 'registry', 'application/json'],
  getCatalog: ['GET', '/catalog', false, 'registry', 'application/json'],
  getChangelog: ['GET', '/registry/contracts/{name}/changelog', false, 'registry', 'application/json text/markdown'],
  getCompatibilityMode: ['GET', '/registry/contracts/{name}/compatibility', false, 'registry', 'application/json'],
  getContract: ['GET', '/registry/contracts/{name}/{version}', false, 'registry', 'application/json'],
  getContractForDataset: ['GET', '/registry/dataset-contracts/{dataset_type}', false, 'registry', 'application/json'],
  getDataset: ['GET', '/registry/datasets/{name}', false, 'registry', 'application/json'],
  getDatasetHistory: ['GET', '/registry/history/datasets/{name}', false, 'registry', 'application/json'],
  getDefaultCompatibilityMode: ['GET', '/registry/compatibility', false, 'registry', 'application/json'],
  getDrill: ['GET', '/registry/drills/{id}', false, 'registry', 'application/json'],
  getJobDefinition: ['GET', '/registry/job-definitions/{id}/{version}', false, 'registry', 'application/json'],
  getJobRun: ['GET', '/registry/job-runs/{id}', false, 'jobs', 'application/json'],
  getJobRunResults: ['GET', '/registry/job-runs/{id}/results', false, 'jobs', 'application/json'],
  getLineageDocument: ['GET', '/registry/lineage/documents/{id}', false, 'jobs', 'application/json'],
  getServedDataset: ['GET', '/v1/datasets/{name}', false, 'registry', 'application/json'],
  getStoreArtifact: ['GET', '/store/artifacts/sha256/{prefix}/{sha256}', false, 'registry', 'application/octet-stream'],
  getStoreCatalog: ['GET', '/store/catalog.json', false, 'registry', 'application/json'],
  getStoreCatalogDigest: ['GET', '/store/catalog.sha256', false, 'registry', 'text/plain'],
  getStoreManifest: ['GET', '/store/datasets/{name}/{sha256}.json', false, 'registry', 'application/json'],
  getWebhook: ['GET', '/registry/webhooks/{id}', false, 'registry', 'application/json'],
  getWebhookDeliveries: ['GET', '/registry/webhooks/{id}/deliveries', false, 'registry', 'application/json'],
  health: ['GET', '/healthz', false, 'registry', 'text/plain'],
  heartbeatJobRun: ['POST', '/registry/job-runs/{id}/heartbeat', true, 'jobs', 'application/json'],
  issueApiKey: ['POST', '/registry/api-keys', true, 'registry', 'application/json'],
  listActionProfileDependants: ['GET', '/registry/action-profiles/{id}/{version}/dependants', false, 'registry', 'application/json'],
  listActionProfileVersions: ['GET', '/registry/action-profiles/{id}', false, 'registry', 'application/json'],
  listActionProfiles: ['GET', '/registry/action-profiles', false, 'registry', 'application/json'],
  listApiKeys: ['GET', '/registry/api-keys', false, 'registry', 'application/json'],
  listAudit: ['GET', '/registry/audit', false, 'registry', 'application/json application/x-ndjson'],
  listContractJobDefinitions: ['GET', '/registry/contracts/{name}/{version}/job-definitions', false, 'registry', 'application/json'],
  listContractVersions: ['GET', '/registry/contracts/{name}', false, 'registry', 'application/json'],
  listContracts: ['GET', '/registry/contracts', false, 'registry', 'application/json'],
  listDatasets: ['GET', '/registry/datasets', false, 'registry', 'application/json'],
  listDependants: ['GET', '/registry/contracts/{name}/{version}/dependants', false, 'registry', 'application/json'],
  listDrills: ['GET', '/registry/drills', false, 'registry', 'application/json'],
  listGenes: ['GET', '/v1/genes', false, 'registry', 'application/json application/x-ndjson'],
  listJobDefinitionVersions: ['GET', '/registry/job-definitions/{id}', false, 'registry', 'application/json'],
  listJobDefinitions: ['GET', '/registry/job-definitions', false, 'registry', 'application/json'],
  listJobRuns: ['GET', '/registry/job-runs', false, 'jobs', 'application/json'],
  listLineageDocuments: ['GET', '/registry/lineage/documents', false, 'jobs', 'application/json'],
  listRows: ['GET', '/v1/datasets/{name}/rows/{table}', false, 'registry', 'application/json application/x-ndjson'],
  listServedDatasets: ['GET', '/v1/datasets', false, 'registry', 'application/json'],
  listStateMachines: ['GET', '/registry/state-machines', false, 'registry', 'application/json'],
  listWebhooks: ['GET', '/registry/webhooks', false, 'registry', 'application/json'],
  lookupGenes: ['POST', '/v1/genes/lookup', false, 'registry', 'application/json'],
  metrics: ['GET', '/metrics', false, 'registry', 'text/plain'],
  openapi: ['GET', '/openapi.json', false, 'registry', 'application/json'],
  pingWebhook: ['POST', '/registry/webhooks/{id}/ping', false, 'registry', 'application/json'],
  postJobEvent: ['POST', '/registry/job-events', true, 'jobs', 'application/json'],
  postLineageBatch: ['POST', '/api/v1/lineage/batch', false, 'jobs', 'application/json'],
  postLineageEvent: ['POST', '/api/v1/lineage', false, 'jobs', 'application/json'],
  progressJobRun: ['POST', '/registry/job-runs/{id}/progress', true, 'jobs', 'application/json'],
  promoteContract: ['POST', '/registry/contracts/{name}/{version}/promote', true, 'registry', 'application/json'],
  publishContract: ['POST', '/registry/contracts', true, 'registry', 'application/json'],
  publishDataset: ['POST', '/registry/datasets/{name}/publish', true, 'registry', 'application/json'],
  readiness: ['GET', '/readyz', false, 'registry', 'application/json'],
  redeliverWebhook: ['POST', '/registry/webhooks/{id}/redeliver', true, 'registry', 'application/json'],
  registerDataset: ['POST', '/registry/datasets', true, 'registry', 'application/json'],
  replayWebhook: ['POST', '/registry/webhooks/{id}/replay', true, 'registry', 'application/json'],
  retireActionProfile: ['POST', '/registry/action-profiles/{id}/{version}/retire', true, 'registry', 'application/json'],
  retireJobDefinition: ['POST', '/registry/job-definitions/{id}/{version}/retire', true, 'registry', 'application/json'],
  revokeApiKey: ['POST', '/registry/api-keys/{id}/revoke', true, 'registry', 'application/json'],
  rotateWebhookSecret: ['POST', '/registry/webhooks/{id}/rotate', true, 'registry', 'application/json'],
  runJobDefinition: ['POST', '/registry/job-definitions/{id}/runs', true, 'jobs', 'application/json'],
  setCompatibilityMode: ['PUT', '/registry/contracts/{name}/compatibility', true, 'registry', 'application/json'],
  setDefaultCompatibilityMode: ['PUT', '/registry/compatibility', true, 'registry', 'application/json'],
  startJobRun: ['POST', '/registry/job-runs', true, 'jobs', 'application/json'],
  storeArtifact: ['PUT', '/registry/artifacts/{sha256}', false, 'registry', 'application/json'],
  submitActionProfile: ['POST', '/registry/action-profiles/{id}/{version}/submit', true, 'registry', 'application/json'],
  submitJobDefinition: ['POST', '/registry/job-definitions/{id}/{version}/submit', true, 'registry', 'application/json'],
  verifyCache: ['POST', '/registry/cache/verify', false, 'registry', 'application/json'],
  withdrawDataset: ['POST', '/registry/datasets/{name}/withdraw', true, 'registry', 'application/json'],
} as const;
