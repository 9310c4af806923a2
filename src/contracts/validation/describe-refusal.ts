import type { ErrorObject } from 'ajv';
import { quote } from '#domain/errors';

type Told = Readonly<Record<string, unknown>>;

const WORDS_MAX = 120;

const SENTENCES: Readonly<Record<string, (told: Told) => string>> = {
  type: ({ type }) => `must be ${Array.isArray(type) ? type.map(plain).join(' or ') : plain(type)}`,
  required: ({ missingProperty }) => `must have required property ${words(missingProperty)}`,
  additionalProperties: ({ additionalProperty }) =>
    `must not have property ${words(additionalProperty)}`,
  unevaluatedProperties: ({ unevaluatedProperty }) =>
    `must not have property ${words(unevaluatedProperty)}`,
  additionalItems: ({ limit }) => `must not have more than ${plain(limit)} items`,
  items: ({ limit }) => `must not have more than ${plain(limit)} items`,
  unevaluatedItems: ({ limit }) => `must not have more than ${plain(limit)} items`,
  minimum: compared,
  maximum: compared,
  exclusiveMinimum: compared,
  exclusiveMaximum: compared,
  minLength: ({ limit }) => `must have at least ${plain(limit)} characters`,
  maxLength: ({ limit }) => `must have at most ${plain(limit)} characters`,
  minItems: ({ limit }) => `must have at least ${plain(limit)} items`,
  maxItems: ({ limit }) => `must have at most ${plain(limit)} items`,
  minProperties: ({ limit }) => `must have at least ${plain(limit)} properties`,
  maxProperties: ({ limit }) => `must have at most ${plain(limit)} properties`,
  multipleOf: ({ multipleOf }) => `must be a multiple of ${plain(multipleOf)}`,
  pattern: ({ pattern }) => `must match ${words(pattern)}`,
  format: ({ format }) => `must have the format ${words(format)}`,
  const: ({ allowedValue }) => `must be ${words(allowedValue)}`,
  enum: ({ allowedValues }) => `must be one of ${words(allowedValues)}`,
  uniqueItems: ({ i, j }) => `must not have equal items (${plain(j)} and ${plain(i)})`,
  contains: ({ minContains }) =>
    `must contain at least ${plain(minContains)} items that are valid under "contains"`,
  dependentRequired: ({ missingProperty, property }) =>
    `must have property ${words(missingProperty)} beside ${words(property)}`,
  dependencies: ({ missingProperty, property }) =>
    `must have property ${words(missingProperty)} beside ${words(property)}`,
  propertyNames: ({ propertyName }) => `must not have the name ${words(propertyName)}`,
  oneOf: () => 'must be valid under exactly one schema of "oneOf"',
  anyOf: () => 'must be valid under a schema of "anyOf"',
  not: () => 'must not be valid under "not"',
  if: ({ failingKeyword }) => `must be valid under ${words(failingKeyword)}`,
  'false schema': () => 'is allowed by nothing',
};

/** Says in a few words why a validator refuses a value: `must be integer`. */
export function describeRefusal({
  keyword,
  params,
}: Pick<ErrorObject, 'keyword' | 'params'>): string {
  const sentence = Object.hasOwn(SENTENCES, keyword) ? SENTENCES[keyword] : undefined;
  return sentence === undefined ? `breaks ${quote(keyword)}` : sentence(params as Told);
}

function compared({ comparison, limit }: Told): string {
  return `must be ${plain(comparison)} ${plain(limit)}`;
}

/** Writes a number or a word of the validator itself. */
function plain(value: unknown): string {
  return typeof value === 'string' ? value : words(value);
}

/** Writes a value of the schema or the document as JSON, cut where it is long. */
function words(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length <= WORDS_MAX ? text : `${text.slice(0, WORDS_MAX).toWellFormed()}…`;
}
