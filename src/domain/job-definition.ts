import { DEFINITION_NAME_MAX, DESCRIPTION_MAX } from '#domain/action-profile';
import type { Evolution } from '#domain/aggregate';
import { type ContractName, type ContractVersion, parseContractName } from '#domain/contract-name';
import { type DatasetName, parseDatasetName } from '#domain/dataset-name';
import {
  type ActionProfileId,
  type Defined,
  type Definition,
  type DefinitionState,
  type JobDefinitionId,
  type JobStageChange,
  parseActionProfileId,
  parseWantedVersion,
  withDefined,
  withStage,
} from '#domain/definition';
import {
  complete,
  DefinitionFaults,
  optional,
  type Part,
  readChoice,
  readList,
  readMetadata,
  readObject,
  readParsed,
  readTags,
  readText,
  readWholeNumber,
} from '#domain/definition-reader';
import { JOB_KINDS, type JobKind } from '#domain/job-run';
import { type JobTrigger, readTrigger } from '#domain/job-trigger';
import { SEVERITIES, type Severity } from '#domain/severity';
import { unknownEventType } from '#domain/upcast';

/** A contract that a job checks against; `latest` is the highest approved version when a run starts. */
export type WantedContract = {
  readonly name: ContractName;
  readonly version: ContractVersion | 'latest';
};

/** An action profile that a job uses; `latest` is the highest active version when a run ends. */
export type WantedProfile = {
  readonly id: ActionProfileId;
  readonly version: ContractVersion | 'latest';
};

/** What makes two runs of a job one: nothing, the definition, the day, or equal inputs. */
export const IDEMPOTENCY_SCOPES = ['none', 'definition', 'day', 'inputs'] as const;
export type IdempotencyScope = (typeof IDEMPOTENCY_SCOPES)[number];

/** What a version of a job definition says. */
export type JobDefinitionContent = {
  readonly name: string;
  readonly description?: string;
  readonly kind: JobKind;
  readonly contract?: WantedContract;
  /** In order of their text. */
  readonly datasets: readonly DatasetName[];
  readonly trigger: JobTrigger;
  /** Carried out in this order. */
  readonly onSuccess: readonly WantedProfile[];
  readonly onFailure: readonly WantedProfile[];
  readonly onAnomaly: readonly WantedProfile[];
  /** Findings from this one on make a run fail. */
  readonly severityThreshold: Severity;
  readonly idempotencyScope: IdempotencyScope;
  /** How long a run may go without a sign of life. */
  readonly timeoutMs: number;
  /** In order of their text. */
  readonly tags: readonly string[];
  readonly metadata: Readonly<Record<string, string>>;
};

/** One version of a job definition, also called a checkpoint elsewhere. */
export type JobDefinition = JobDefinitionContent & Definition & { readonly id: JobDefinitionId };

export type JobDefinitionEvent =
  | { readonly type: 'JobDefined'; readonly data: Defined<JobDefinition> }
  | { readonly type: 'JobStageChanged'; readonly data: JobStageChange };

export type JobDefinitionState = DefinitionState<JobDefinition>;

/** The most datasets of one definition. */
export const JOB_DATASETS_MAX = 100;
/** The most action profiles of one definition for one end of a run. */
export const JOB_PROFILES_MAX = 10;
const TIMEOUT_MS = { min: 1_000, max: 7 * 86_400_000 };
const TIMEOUT_MS_DEFAULT = 3_600_000;

/**
 * Reads what a version of a job definition says, in its one form: what is absent gets its default.
 * @throws INVALID_REQUEST with every fault and its path
 */
export function readJobDefinition(value: unknown): JobDefinitionContent {
  const faults = new DefinitionFaults();
  const content = readContent({ value, path: '', faults });
  faults.throwIfAny('job definition');
  if (content === undefined) throw new TypeError('A definition was refused without a fault');
  return content;
}

/** Gives the profiles that a definition uses, each once. */
export function profilesOf(
  content: Pick<JobDefinitionContent, 'onSuccess' | 'onFailure' | 'onAnomaly'>,
): readonly WantedProfile[] {
  const all = [...content.onSuccess, ...content.onFailure, ...content.onAnomaly];
  return [...new Map(all.map((one) => [keyOfProfile(one), one])).values()];
}

function keyOfProfile({ id, version }: WantedProfile): string {
  return `${id}@${version}`;
}

function readContent(part: Part): JobDefinitionContent | undefined {
  const members = readObject(part, [
    'name',
    'description',
    'kind',
    'contract',
    'datasets',
    'trigger',
    'onSuccess',
    'onFailure',
    'onAnomaly',
    'severityThreshold',
    'idempotencyScope',
    'timeoutMs',
    'tags',
    'metadata',
  ]);
  if (members === undefined) return undefined;
  const { severityThreshold, idempotencyScope, timeoutMs } = members;
  const long = { lengthMin: 0, lengthMax: DESCRIPTION_MAX, isMultiline: true };
  return complete(
    {
      name: readText(members.name, { lengthMax: DEFINITION_NAME_MAX }),
      kind: readChoice(members.kind, JOB_KINDS),
      datasets: readDatasets(members.datasets),
      trigger: readTrigger(members.trigger),
      onSuccess: readProfiles(members.onSuccess),
      onFailure: readProfiles(members.onFailure),
      onAnomaly: readProfiles(members.onAnomaly),
      severityThreshold:
        optional(severityThreshold, (one) => readChoice(one, SEVERITIES)) ?? 'error',
      idempotencyScope:
        optional(idempotencyScope, (one) => readChoice(one, IDEMPOTENCY_SCOPES)) ?? 'none',
      timeoutMs:
        optional(timeoutMs, (one) => readWholeNumber(one, TIMEOUT_MS)) ?? TIMEOUT_MS_DEFAULT,
      tags: readTags(members.tags),
      metadata: readMetadata(members.metadata),
    },
    {
      description: optional(members.description, (one) => readText(one, long)),
      contract: optional(members.contract, readContract),
    },
  );
}

function readContract(part: Part): WantedContract | undefined {
  const members = readObject(part, ['name', 'version']);
  if (members === undefined) return undefined;
  const name = readParsed(members.name, parseContractName);
  return complete({ name, version: readParsed(members.version, parseWantedVersion) }, {});
}

function readDatasets(part: Part): readonly DatasetName[] {
  const rule = { countMax: JOB_DATASETS_MAX, keyOf: (name: DatasetName) => name };
  const datasets = readList(part, rule, (one) => readParsed(one, parseDatasetName));
  return datasets.toSorted((a, b) => (a < b ? -1 : 1));
}

function readProfiles(part: Part): readonly WantedProfile[] {
  const rule = { countMax: JOB_PROFILES_MAX, keyOf: keyOfProfile };
  return readList(part, rule, (one) => {
    const members = readObject(one, ['id', 'version']);
    if (members === undefined) return undefined;
    const id = readParsed(members.id, parseActionProfileId);
    return complete({ id, version: readParsed(members.version, parseWantedVersion) }, {});
  });
}

/** How a job definition changes: versions are added and move from stage to stage; what they say never changes. */
export const jobDefinitionEvolution: Evolution<JobDefinitionState, JobDefinitionEvent> = {
  initial: { versions: new Map() },
  evolve(state, event, time) {
    switch (event.type) {
      case 'JobDefined':
        return withDefined(state, event.data, time);
      case 'JobStageChanged':
        return withStage(state, event.data);
      default:
        return event satisfies never;
    }
  },
  parse(event) {
    switch (event.type) {
      case 'JobDefined':
      case 'JobStageChanged':
        return event as unknown as JobDefinitionEvent;
      default:
        throw unknownEventType('job-definition', event.type);
    }
  },
};
