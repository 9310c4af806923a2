import { canonicalJson, type Json } from '#domain/canonical-json';
import {
  type ColumnConstraints,
  readConstraints,
  refuseReversed,
} from '#domain/column-constraints';
import { DATA_TYPES, type DataType, readTyped } from '#domain/data-type';
import {
  complete,
  optional,
  type Part,
  readChoice,
  readFlag,
  readList,
  readMetadata,
  readNumber,
  readObject,
  readTags,
  readText,
} from '#domain/definition-reader';

/** What profiling should find in a column. Thresholds count as well. */
export type ProfilingExpectation = {
  readonly metric: string;
  readonly minThreshold?: number;
  readonly maxThreshold?: number;
  /** How far the metric may move from one run to the next, in per cent of what it was. */
  readonly changeTolerancePct?: number;
};

/** What one column of a dataset holds. */
export type ColumnContract = {
  /** Unique in its dataset, case as written. */
  readonly id: string;
  readonly displayName?: string;
  /** Other names of the same column, none of them that of another one. */
  readonly aliases: readonly string[];
  readonly dataType: DataType;
  readonly description?: string;
  /** Whether every row has it. */
  readonly required: boolean;
  /** Stands for a missing value; `null` where nulls are allowed. */
  readonly defaultValue?: Json;
  readonly format?: string;
  readonly constraints: ColumnConstraints;
  readonly catalogAttributeId?: string;
  readonly profilingExpectations: readonly ProfilingExpectation[];
  /** In order of their text. */
  readonly sensitivityTags: readonly string[];
  readonly metadata: Readonly<Record<string, string>>;
};

/** The longest text that describes something in a contract of data. */
export const CONTRACT_TEXT_MAX = 4_000;
/** The most other names of one column. */
export const ALIASES_MAX = 20;
/** The most expectations about one column. */
export const EXPECTATIONS_MAX = 50;
const LABEL_LENGTH_MAX = 255;
const METRIC = /^[A-Za-z][A-Za-z0-9_.-]{0,62}$/;

/** The rule for texts that go over several lines. */
export const LONG_TEXT = { lengthMin: 0, lengthMax: CONTRACT_TEXT_MAX, isMultiline: true } as const;
/** The rule for names and ids from elsewhere. */
export const SHORT_TEXT = { lengthMax: LABEL_LENGTH_MAX } as const;
/** The rule for names of metrics. */
export const METRIC_TEXT = {
  lengthMax: 63,
  pattern: METRIC,
  wanted: '1 to 63 of A-Z, a-z, 0-9, ".", "_" and "-", starting with a letter',
} as const;

/** Reads one column. */
export function readColumn(part: Part): ColumnContract | undefined {
  const members = readObject(part, [
    'id',
    'displayName',
    'aliases',
    'dataType',
    'description',
    'required',
    'defaultValue',
    'format',
    'constraints',
    'catalogAttributeId',
    'profilingExpectations',
    'sensitivityTags',
    'metadata',
  ]);
  if (members === undefined) return undefined;
  const dataType = readChoice(members.dataType, DATA_TYPES);
  const constraints =
    dataType === undefined ? undefined : readConstraints(members.constraints, dataType);
  const required = optional(members.required, readFlag) ?? true;
  if (constraints?.required !== undefined && constraints.required !== required)
    part.faults.add(
      `${members.constraints.path}/required`,
      `is ${constraints.required} (want ${required}, as the column says)`,
    );
  const short = (one: Part) => optional(one, (text) => readText(text, SHORT_TEXT));
  return complete(
    {
      id: readText(members.id, SHORT_TEXT),
      aliases: readNames(members.aliases, ALIASES_MAX),
      dataType,
      required,
      constraints,
      profilingExpectations: readExpectations(members.profilingExpectations),
      sensitivityTags: readTags(members.sensitivityTags),
      metadata: readMetadata(members.metadata),
    },
    {
      displayName: short(members.displayName),
      description: optional(members.description, (one) => readText(one, LONG_TEXT)),
      defaultValue:
        constraints === undefined || dataType === undefined
          ? undefined
          : readDefault(members.defaultValue, dataType, constraints),
      format: short(members.format),
      catalogAttributeId: short(members.catalogAttributeId),
    },
  );
}

/** Reads a list of names, each once. */
export function readNames(part: Part, countMax: number): readonly string[] {
  return readList(part, { countMax, keyOf: (name: string) => name }, (one) =>
    readText(one, SHORT_TEXT),
  );
}

function readDefault(
  part: Part,
  dataType: DataType,
  { allowedValues, disallowNulls }: ColumnConstraints,
): Json | undefined {
  if (part.value === undefined) return undefined;
  if (part.value === null && !disallowNulls) return null;
  const value = readTyped(part, dataType);
  if (value === undefined || allowedValues === undefined) return value;
  const text = canonicalJson(value);
  if (allowedValues.every((one) => canonicalJson(one) !== text))
    part.faults.add(part.path, 'is not among the allowed values (want one of them)');
  return value;
}

function readExpectations(part: Part): readonly ProfilingExpectation[] {
  const rule = {
    countMax: EXPECTATIONS_MAX,
    keyOf: ({ metric }: ProfilingExpectation) => metric,
  };
  return readList(part, rule, (one) => {
    const members = readObject(one, [
      'metric',
      'minThreshold',
      'maxThreshold',
      'changeTolerancePct',
    ]);
    if (members === undefined) return undefined;
    const threshold = (of: Part) => optional(of, readNumber);
    const [minThreshold, maxThreshold] = [
      threshold(members.minThreshold),
      threshold(members.maxThreshold),
    ];
    refuseReversed(members.minThreshold, minThreshold, maxThreshold);
    const changeTolerancePct = optional(members.changeTolerancePct, (of) =>
      readNumber(of, { min: 0, max: 1_000_000 }),
    );
    return complete(
      { metric: readText(members.metric, METRIC_TEXT) },
      { minThreshold, maxThreshold, changeTolerancePct },
    );
  });
}
