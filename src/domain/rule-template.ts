import type { Json } from '#domain/canonical-json';
import { LONG_TEXT, METRIC_TEXT, SHORT_TEXT } from '#domain/column-contract';
import { DATA_TYPES, type DataType, readTyped } from '#domain/data-type';
import {
  complete,
  optional,
  type Part,
  readChoice,
  readFlag,
  readList,
  readMetadata,
  readObject,
  readTags,
  readText,
} from '#domain/definition-reader';
import { SEVERITIES, type Severity } from '#domain/severity';

/** What rules do with data. */
export const RULE_TYPES = ['validation', 'cleansing', 'profiling'] as const;

/** One value that a rule needs. */
export type RuleParameter = {
  readonly name: string;
  readonly dataType: DataType;
  readonly required: boolean;
  readonly defaultValue?: Json;
  readonly description?: string;
};

/** A rule without the data that it is applied to. */
export type RuleTemplate = {
  readonly id: string;
  readonly name: string;
  readonly description?: string;
  readonly ruleType: (typeof RULE_TYPES)[number];
  /** In the language of whatever carries it out. */
  readonly expression?: string;
  readonly severity: Severity;
  readonly parameters: readonly RuleParameter[];
  readonly tags: readonly string[];
  readonly metadata: Readonly<Record<string, string>>;
};

/** The most parameters of one rule. */
export const RULE_PARAMETERS_MAX = 50;

/** Reads a rule template. */
export function readTemplate(part: Part): RuleTemplate | undefined {
  const members = readObject(part, [
    'id',
    'name',
    'description',
    'ruleType',
    'expression',
    'severity',
    'parameters',
    'tags',
    'metadata',
  ]);
  if (members === undefined) return undefined;
  const long = (one: Part) => optional(one, (text) => readText(text, LONG_TEXT));
  return complete(
    {
      id: readText(members.id, SHORT_TEXT),
      name: readText(members.name, SHORT_TEXT),
      ruleType: readChoice(members.ruleType, RULE_TYPES),
      severity: optional(members.severity, (one) => readChoice(one, SEVERITIES)) ?? 'error',
      parameters: readParameters(members.parameters),
      tags: readTags(members.tags),
      metadata: readMetadata(members.metadata),
    },
    { description: long(members.description), expression: long(members.expression) },
  );
}

function readParameters(part: Part): readonly RuleParameter[] {
  const rule = { countMax: RULE_PARAMETERS_MAX, keyOf: ({ name }: RuleParameter) => name };
  return readList(part, rule, (one) => {
    const members = readObject(one, [
      'name',
      'dataType',
      'required',
      'defaultValue',
      'description',
    ]);
    if (members === undefined) return undefined;
    const dataType = readChoice(members.dataType, DATA_TYPES);
    return complete(
      {
        name: readText(members.name, METRIC_TEXT),
        dataType,
        required: optional(members.required, readFlag) ?? false,
      },
      {
        defaultValue:
          dataType === undefined
            ? undefined
            : optional(members.defaultValue, (of) => readTyped(of, dataType)),
        description: optional(members.description, (of) => readText(of, LONG_TEXT)),
      },
    );
  });
}
