import { isJsonObject, type JsonObject } from '#domain/canonical-json';
import { LONG_TEXT, SHORT_TEXT } from '#domain/column-contract';
import { columnIdsOf } from '#domain/column-names';
import type { ContractName } from '#domain/contract-name';
import { type DatasetContract, readDataset } from '#domain/dataset-contract';
import {
  complete,
  type DefinitionFault,
  DefinitionFaults,
  optional,
  type Part,
  readChoice,
  readList,
  readMetadata,
  readObject,
  readText,
} from '#domain/definition-reader';
import { type RuleBinding, readBinding } from '#domain/rule-binding';
import { type RuleTemplate, readTemplate } from '#domain/rule-template';

/** Something in a library outside of this registry. */
export type LibraryRef = {
  readonly id: string;
  readonly version?: string;
  readonly library?: string;
};

/** Several datasets, and the rules that are applied to them. */
export type DataContract = {
  readonly kind: 'data-contract';
  readonly name?: string;
  readonly description?: string;
  /** Each of another type. */
  readonly datasets: readonly DatasetContract[];
  readonly ruleTemplates: readonly RuleTemplate[];
  readonly ruleBindings: readonly RuleBinding[];
  readonly schemaRef?: LibraryRef;
  readonly ruleSetRef?: LibraryRef;
  readonly infraProfileRef?: LibraryRef;
  readonly governanceProfileRef?: LibraryRef;
  readonly metadata: Readonly<Record<string, string>>;
};

/** A descriptor whose kind says what it holds. */
export type TypedDescriptor = DataContract | DatasetContract;

/** What a descriptor comes to. A free one says nothing that could be wrong. */
export type DescriptorReading =
  | { readonly kind: 'free' }
  | { readonly kind: 'typed'; readonly descriptor: TypedDescriptor }
  | {
      readonly kind: 'refused';
      readonly faults: readonly DefinitionFault[];
      /** How many more there are. */
      readonly omitted: number;
    };

/** The most datasets of one data contract. */
export const DATASETS_MAX = 100;
/** The most rule templates of one data contract. */
export const RULE_TEMPLATES_MAX = 500;
/** The most rule bindings of one data contract. */
export const RULE_BINDINGS_MAX = 2_000;

/** Reads a descriptor by its kind, with every fault and its JSON pointer. */
export function readDescriptor(descriptor: JsonObject): DescriptorReading {
  const faults = new DefinitionFaults();
  const read = readerOf(descriptor)?.({ value: descriptor, path: '', faults });
  const { list, omitted } = faults;
  if (list.length > 0) return { kind: 'refused', faults: list, omitted };
  return read === undefined ? { kind: 'free' } : { kind: 'typed', descriptor: read };
}

/** Gives the names of the contracts that a descriptor depends on; none of a free one, or of one with faults. */
export function dependenciesOf(descriptor: JsonObject): ReadonlySet<ContractName> {
  const read = readDescriptor(descriptor);
  if (read.kind !== 'typed') return new Set();
  const { descriptor: typed } = read;
  const datasets = typed.kind === 'data-contract' ? typed.datasets : [typed];
  return new Set(datasets.flatMap(({ dependsOn }) => dependsOn.map(({ name }) => name)));
}

function readerOf(
  descriptor: JsonObject,
): ((part: Part) => TypedDescriptor | undefined) | undefined {
  const kind = Object.hasOwn(descriptor, 'kind') ? descriptor['kind'] : undefined;
  if (kind === 'dataset-contract') return readDataset;
  return kind === 'data-contract' ? readDataContract : undefined;
}

function readDataContract(part: Part): DataContract | undefined {
  const members = readObject(part, [
    'kind',
    'name',
    'description',
    'datasets',
    'ruleTemplates',
    'ruleBindings',
    'schemaRef',
    'ruleSetRef',
    'infraProfileRef',
    'governanceProfileRef',
    'metadata',
  ]);
  if (members === undefined) return undefined;
  const keyOf = ({ datasetType }: DatasetContract) => datasetType.toLowerCase();
  const datasets = readList(
    members.datasets,
    { countMin: 1, countMax: DATASETS_MAX, keyOf },
    readDataset,
  );
  const templates = readList(
    members.ruleTemplates,
    { countMax: RULE_TEMPLATES_MAX, keyOf: ({ id }: RuleTemplate) => id },
    readTemplate,
  );
  const targets = {
    columns: new Map(columnsOf(members.datasets.value)),
    templates: new Map(templates.map((one) => [one.id, one])),
    hasRuleSet: members.ruleSetRef.value !== undefined,
  };
  const rule = { countMax: RULE_BINDINGS_MAX, keyOf: ({ id }: RuleBinding) => id };
  const reference = (one: Part) => optional(one, readReference);
  return complete(
    {
      kind: readChoice(members.kind, ['data-contract']),
      datasets,
      ruleTemplates: templates,
      ruleBindings: readList(members.ruleBindings, rule, (one) => readBinding(one, targets)),
      metadata: readMetadata(members.metadata),
    },
    {
      name: optional(members.name, (one) => readText(one, SHORT_TEXT)),
      description: optional(members.description, (one) => readText(one, LONG_TEXT)),
      schemaRef: reference(members.schemaRef),
      ruleSetRef: reference(members.ruleSetRef),
      infraProfileRef: reference(members.infraProfileRef),
      governanceProfileRef: reference(members.governanceProfileRef),
    },
  );
}

// As written: what is wrong with a dataset makes the bindings to it no worse.
function columnsOf(datasets: unknown): readonly (readonly [string, ReadonlySet<string>])[] {
  if (!Array.isArray(datasets)) return [];
  return datasets.flatMap((dataset: unknown) => {
    if (!isJsonObject(dataset) || typeof dataset['datasetType'] !== 'string') return [];
    const ids = new Set(columnIdsOf(dataset['columns']));
    return [[dataset['datasetType'].toLowerCase(), ids] as const];
  });
}

function readReference(part: Part): LibraryRef | undefined {
  const members = readObject(part, ['id', 'version', 'library']);
  if (members === undefined) return undefined;
  const short = (one: Part) => optional(one, (text) => readText(text, SHORT_TEXT));
  return complete(
    { id: readText(members.id, SHORT_TEXT) },
    { version: short(members.version), library: short(members.library) },
  );
}
