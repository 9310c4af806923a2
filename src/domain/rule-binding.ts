import type { Json } from '#domain/canonical-json';
import { METRIC_TEXT, SHORT_TEXT } from '#domain/column-contract';
import { readColumnId } from '#domain/column-names';
import { readTyped } from '#domain/data-type';
import { DATASET_TYPE_TEXT } from '#domain/dataset-contract';
import {
  complete,
  optional,
  type Part,
  readChoice,
  readFlag,
  readMetadata,
  readObject,
  readPairs,
  readText,
} from '#domain/definition-reader';
import { RULE_PARAMETERS_MAX, type RuleTemplate } from '#domain/rule-template';

/** When a rule is in force: from `start` on, up to `end` without it. */
export type ActivationWindow = {
  /** RFC 3339. */
  readonly start?: string;
  readonly end?: string;
};

/** A rule that is applied to a dataset or to one of its columns. */
export type RuleBinding = {
  readonly id: string;
  readonly ruleTemplateId: string;
  readonly scope: 'dataset' | 'column';
  readonly datasetType: string;
  /** Where the scope is a column. */
  readonly columnId?: string;
  readonly parameters: Readonly<Record<string, Json>>;
  readonly enabled: boolean;
  readonly activationWindow?: ActivationWindow;
  readonly metadata: Readonly<Record<string, string>>;
};

/** What a binding may refer to. */
export interface BindingTargets {
  /** Ids of columns, by the type of dataset in lower case. */
  readonly columns: ReadonlyMap<string, ReadonlySet<string>>;
  /** By id. */
  readonly templates: ReadonlyMap<string, RuleTemplate>;
  /** Whether templates may also be elsewhere, in a set of rules that is referred to. */
  readonly hasRuleSet: boolean;
}

const PARAMETER_TEXT_MAX = 4_000;

/** Reads a binding: where it applies, and that its parameters are those of its template. */
export function readBinding(part: Part, targets: BindingTargets): RuleBinding | undefined {
  const members = readObject(part, [
    'id',
    'ruleTemplateId',
    'scope',
    'datasetType',
    'columnId',
    'parameters',
    'enabled',
    'activationWindow',
    'metadata',
  ]);
  if (members === undefined) return undefined;
  const { faults } = part;
  const templateId = readText(members.ruleTemplateId, SHORT_TEXT);
  const template = templateId === undefined ? undefined : targets.templates.get(templateId);
  if (templateId !== undefined && template === undefined && !targets.hasRuleSet)
    faults.add(
      members.ruleTemplateId.path,
      `is ${JSON.stringify(templateId)} (want the id of a rule template, or a ruleSetRef)`,
    );
  const scope = readChoice(members.scope, ['dataset', 'column']);
  const datasetType = readText(members.datasetType, DATASET_TYPE_TEXT);
  const names =
    datasetType === undefined ? undefined : targets.columns.get(datasetType.toLowerCase());
  if (datasetType !== undefined && names === undefined)
    faults.add(
      members.datasetType.path,
      `is ${JSON.stringify(datasetType)} (want the type of one of the datasets)`,
    );
  if (scope === 'dataset' && members.columnId.value !== undefined)
    faults.add(members.columnId.path, 'is not known for scope dataset (want it absent)');
  const columnId =
    scope === 'column' ? readColumnId(members.columnId, names ?? new Set()) : undefined;
  return complete(
    {
      id: readText(members.id, SHORT_TEXT),
      ruleTemplateId: templateId,
      scope,
      datasetType,
      parameters: readParameters(members.parameters, template),
      enabled: optional(members.enabled, readFlag) ?? true,
      metadata: readMetadata(members.metadata),
    },
    { columnId, activationWindow: optional(members.activationWindow, readWindow) },
  );
}

function readParameters(
  part: Part,
  template: RuleTemplate | undefined,
): Readonly<Record<string, Json>> {
  const known = new Map(template?.parameters.map((one) => [one.name, one]));
  const given = readPairs(part, RULE_PARAMETERS_MAX, (name, pair): Json | undefined => {
    const parameter = known.get(name);
    if (parameter !== undefined) return readTyped(pair, parameter.dataType);
    if (template === undefined) return readScalar(name, pair);
    pair.faults.add(pair.path, `is no parameter of rule template ${JSON.stringify(template.id)}`);
    return undefined;
  });
  const value = typeof part.value === 'object' ? part.value : {};
  for (const { name, required, defaultValue } of known.values()) {
    if (required && defaultValue === undefined && !Object.hasOwn(value ?? {}, name))
      part.faults.add(`${part.path}/${name}`, 'is missing (want what the rule template requires)');
  }
  return given;
}

// The template is elsewhere: its types are not known here.
function readScalar(name: string, pair: Part): Json | undefined {
  readText({ ...pair, value: name }, METRIC_TEXT);
  const { value } = pair;
  if (typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value)))
    return value;
  return readText(pair, { lengthMin: 0, lengthMax: PARAMETER_TEXT_MAX, isMultiline: true });
}

function readWindow(part: Part): ActivationWindow | undefined {
  const members = readObject(part, ['start', 'end']);
  if (members === undefined) return undefined;
  const [start, end] = [optional(members.start, readTime), optional(members.end, readTime)];
  if (start !== undefined && end !== undefined && Date.parse(end) <= Date.parse(start))
    part.faults.add(members.end.path, 'is not after the start (want a later time)');
  return complete({}, { start, end });
}

function readTime(part: Part): string | undefined {
  const time = readTyped(part, 'timestamp');
  return typeof time === 'string' ? time : undefined;
}
