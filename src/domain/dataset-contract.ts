import { isJsonObject, type Json, type JsonObject } from '#domain/canonical-json';
import {
  type ColumnContract,
  LONG_TEXT,
  readColumn,
  readNames,
  SHORT_TEXT,
} from '#domain/column-contract';
import { columnIdsOf, readColumnId, refuseSharedNames } from '#domain/column-names';
import { type ContractName, type ContractVersion, parseContractName } from '#domain/contract-name';
import { parseWantedVersion } from '#domain/definition';
import {
  complete,
  type Members,
  optional,
  type Part,
  readChoice,
  readFlag,
  readList,
  readMetadata,
  readObject,
  readParsed,
  readText,
  readWholeNumber,
} from '#domain/definition-reader';
import { type QualityObjective, readObjectives } from '#domain/quality-objective';

/** A set of columns that is looked up often. */
export type ColumnIndex = {
  readonly name: string;
  /** Ids of columns, in the order of the index. */
  readonly fields: readonly string[];
  readonly unique: boolean;
};

/** Where the schema of a dataset is registered elsewhere. */
export type SchemaRegistryRef = {
  readonly subject: string;
  readonly version: number | 'latest';
  readonly registryType: string;
  readonly uri?: string;
};

/** Another contract whose data this one is made from. */
export type ContractDependency = {
  readonly name: ContractName;
  readonly version: ContractVersion | 'latest';
};

/** What a dataset of one type holds, and what is promised of it. */
export type DatasetContract = {
  readonly kind: 'dataset-contract';
  /** Compared without regard to case. */
  readonly datasetType: string;
  readonly description?: string;
  readonly catalogEntityIds: readonly string[];
  readonly owner?: string;
  readonly columns: readonly ColumnContract[];
  /** Ids of columns. */
  readonly primaryKeys: readonly string[];
  readonly indexes: readonly ColumnIndex[];
  readonly classification?: string;
  readonly retentionPolicyId?: string;
  readonly schemaHash?: string;
  readonly dependsOn: readonly ContractDependency[];
  readonly schemaRegistryRef?: SchemaRegistryRef;
  readonly qualitySlos: readonly QualityObjective[];
  readonly metadata: Readonly<Record<string, string>>;
};

/** The most columns of one dataset. */
export const COLUMNS_MAX = 2_000;
/** The most columns of one key or index. */
export const KEY_COLUMNS_MAX = 32;
/** The most indexes of one dataset. */
export const INDEXES_MAX = 100;
/** The most contracts that one dataset is made from. */
export const DEPENDENCIES_MAX = 100;
const ENTITIES_MAX = 100;
const URI_MAX = 2_000;
const DATASET_TYPE = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;
/** The rule for types of datasets. */
export const DATASET_TYPE_TEXT = {
  lengthMax: 128,
  pattern: DATASET_TYPE,
  wanted: '1 to 128 of A-Z, a-z, 0-9, ".", "_" and "-", not starting with a sign',
} as const;

const MEMBERS = [
  'kind',
  'datasetType',
  'description',
  'catalogEntityIds',
  'owner',
  'columns',
  'primaryKeys',
  'indexes',
  'classification',
  'retentionPolicyId',
  'schemaHash',
  'dependsOn',
  'schemaRegistryRef',
  'qualitySlos',
  'metadata',
] as const;

/** Reads a dataset contract: its members, and that keys, indexes and names of columns agree. */
export function readDataset(part: Part): DatasetContract | undefined {
  const members = readObject(part, MEMBERS);
  if (members === undefined) return undefined;
  const rule = { countMin: 1, countMax: COLUMNS_MAX, keyOf: ({ id }: ColumnContract) => id };
  const columns = readList(members.columns, rule, readColumn);
  refuseSharedNames(members.columns);
  const names = new Set(columnIdsOf(members.columns.value));
  const short = (one: Part) => optional(one, (text) => readText(text, SHORT_TEXT));
  return complete(
    {
      kind: readChoice(members.kind, ['dataset-contract']),
      datasetType: readText(members.datasetType, DATASET_TYPE_TEXT),
      catalogEntityIds: readNames(members.catalogEntityIds, ENTITIES_MAX),
      columns,
      primaryKeys: readKey(members.primaryKeys, names, 0),
      indexes: readIndexes(members.indexes, names),
      dependsOn: readDependencies(members.dependsOn),
      qualitySlos: readObjectives(members.qualitySlos),
      metadata: readMetadata(members.metadata),
    },
    {
      description: optional(members.description, (one) => readText(one, LONG_TEXT)),
      owner: short(members.owner),
      classification: short(members.classification),
      retentionPolicyId: short(members.retentionPolicyId),
      schemaHash: short(members.schemaHash),
      schemaRegistryRef: optional(members.schemaRegistryRef, readRegistryRef),
    },
  );
}

function readKey(part: Part, names: ReadonlySet<string>, countMin: number): readonly string[] {
  const rule = { countMin, countMax: KEY_COLUMNS_MAX, keyOf: (id: string) => id };
  return readList(part, rule, (one) => readColumnId(one, names));
}

function readIndexes(part: Part, names: ReadonlySet<string>): readonly ColumnIndex[] {
  const rule = { countMax: INDEXES_MAX, keyOf: ({ name }: ColumnIndex) => name };
  return readList(part, rule, (one) => {
    const members = readObject(one, ['name', 'fields', 'unique']);
    if (members === undefined) return undefined;
    const unique = optional(members.unique, readFlag) ?? false;
    const name = readText(members.name, SHORT_TEXT);
    return complete({ name, fields: readKey(members.fields, names, 1), unique }, {});
  });
}

function readDependencies(part: Part): readonly ContractDependency[] {
  const rule = {
    countMax: DEPENDENCIES_MAX,
    keyOf: ({ name, version }: ContractDependency) => `${name}@${version}`,
  };
  return readList(part, rule, (one) => {
    const members = readObject(one, ['name', 'version']);
    if (members === undefined) return undefined;
    const name = readParsed(members.name, parseContractName);
    return complete({ name, version: readParsed(members.version, parseWantedVersion) }, {});
  });
}

function readRegistryRef(part: Part): SchemaRegistryRef | undefined {
  const members: Members<'subject' | 'version' | 'registryType' | 'uri'> | undefined = readObject(
    part,
    ['subject', 'version', 'registryType', 'uri'],
  );
  if (members === undefined) return undefined;
  const { version } = members;
  return complete(
    {
      subject: readText(members.subject, SHORT_TEXT),
      version:
        version.value === 'latest'
          ? ('latest' as const)
          : readWholeNumber(version, { min: 1, max: 2 ** 31 - 1 }),
      registryType: readText(members.registryType, SHORT_TEXT),
    },
    { uri: optional(members.uri, (one) => readText(one, { lengthMax: URI_MAX })) },
  );
}

/**
 * Gives the dataset types that a descriptor is for, in lower case, unique and sorted: the one of a dataset contract, all of
 * a data contract, none of a free descriptor. Never throws: what is malformed is left out.
 */
export function datasetTypesOf({
  descriptor,
}: {
  readonly descriptor?: JsonObject;
}): readonly string[] {
  const types = datasetsOf(descriptor).flatMap((dataset) => {
    const type = isJsonObject(dataset) ? own(dataset, 'datasetType') : undefined;
    return typeof type === 'string' && DATASET_TYPE.test(type) ? [type.toLowerCase()] : [];
  });
  return [...new Set(types)].toSorted((a, b) => (a < b ? -1 : 1));
}

function datasetsOf(descriptor: JsonObject | undefined): readonly Json[] {
  if (descriptor === undefined) return [];
  const kind = own(descriptor, 'kind');
  if (kind === 'dataset-contract') return [descriptor];
  const datasets = kind === 'data-contract' ? own(descriptor, 'datasets') : undefined;
  return Array.isArray(datasets) ? (datasets as readonly Json[]) : [];
}

function own(object: JsonObject, name: string): Json | undefined {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}
