import { canonicalJson, type Json } from '#domain/canonical-json';
import { type DataType, hasLength, hasOrder, orderOf, readTyped } from '#domain/data-type';
import {
  complete,
  type Members,
  optional,
  type Part,
  readFlag,
  readList,
  readObject,
  readText,
  readWholeNumber,
} from '#domain/definition-reader';

/** What the values of a column must keep to. What is absent binds nobody. */
export type ColumnConstraints = {
  /** The same as of the column itself, where it is there. */
  readonly required?: boolean;
  readonly unique: boolean;
  readonly disallowNulls: boolean;
  /** Bounds count as well. */
  readonly minValue?: Json;
  readonly maxValue?: Json;
  /** A regular expression of ECMAScript with the flag `u`. */
  readonly regex?: string;
  readonly allowedValues?: readonly Json[];
  /** Characters of a text, bytes, or items of a list. */
  readonly minLength?: number;
  readonly maxLength?: number;
};

/** The most values that a column may be limited to. */
export const ALLOWED_VALUES_MAX = 1_000;
const REGEX_LENGTH_MAX = 1_000;
const LENGTH = { min: 0, max: 2 ** 31 };

type Constraint = keyof ColumnConstraints;

/** Reads what values of a type must keep to; where nothing is said, nothing is. */
export function readConstraints(
  { value = {}, ...at }: Part,
  dataType: DataType,
): ColumnConstraints | undefined {
  const members = readObject({ value, ...at }, [
    'required',
    'unique',
    'disallowNulls',
    'minValue',
    'maxValue',
    'regex',
    'allowedValues',
    'minLength',
    'maxLength',
  ]);
  if (members === undefined) return undefined;
  refuseForeign(members, dataType);
  const typed = (part: Part) => optional(part, (one) => readTyped(one, dataType));
  const bound = (part: Part) => (hasOrder(dataType) ? typed(part) : undefined);
  const length = (part: Part) => optional(part, (one) => readWholeNumber(one, LENGTH));
  const [minValue, maxValue] = [bound(members.minValue), bound(members.maxValue)];
  const [minLength, maxLength] = [length(members.minLength), length(members.maxLength)];
  const orderAt = (one: Json | undefined) => (one === undefined ? one : orderOf(one, dataType));
  refuseReversed(members.minValue, orderAt(minValue), orderAt(maxValue));
  refuseReversed(members.minLength, minLength, maxLength);
  const regex = optional(members.regex, readRegex);
  const allowedValues = hasMembers(dataType)
    ? undefined
    : optional(members.allowedValues, (one) => readAllowed(one, dataType));
  return complete(
    {
      unique: optional(members.unique, readFlag) ?? false,
      disallowNulls: optional(members.disallowNulls, readFlag) ?? false,
    },
    {
      required: optional(members.required, readFlag),
      minValue,
      maxValue,
      regex,
      allowedValues,
      minLength,
      maxLength,
    },
  );
}

function refuseForeign(members: Members<Constraint>, dataType: DataType): void {
  const foreign: readonly Part[] = [
    ...(hasOrder(dataType) ? [] : [members.minValue, members.maxValue]),
    ...(hasLength(dataType) ? [] : [members.minLength, members.maxLength]),
    ...(dataType === 'string' ? [] : [members.regex]),
    ...(hasMembers(dataType) ? [members.allowedValues] : []),
  ];
  for (const { value, path, faults } of foreign) {
    if (value !== undefined) faults.add(path, `says nothing about ${dataType} (want it absent)`);
  }
}

function hasMembers(dataType: DataType): boolean {
  return dataType === 'array' || dataType === 'object';
}

/** Notes a fault when a lower bound is above the upper one; where one is absent there is none. */
export function refuseReversed(
  { path, faults }: Part,
  min: number | undefined,
  max: number | undefined,
): void {
  if (min !== undefined && max !== undefined && min > max)
    faults.add(path, 'is above the upper bound (want at most as much)');
}

function readRegex(part: Part): string | undefined {
  const text = readText(part, { lengthMax: REGEX_LENGTH_MAX, isMultiline: true });
  if (text === undefined) return undefined;
  try {
    void new RegExp(text, 'u');
    return text;
  } catch {
    part.faults.add(
      part.path,
      'does not compile (want a regular expression of ECMAScript, flag u)',
    );
    return undefined;
  }
}

function readAllowed(part: Part, dataType: DataType): readonly Json[] | undefined {
  const rule = { countMin: 1, countMax: ALLOWED_VALUES_MAX, keyOf: canonicalJson };
  return readList(part, rule, (one) => readTyped(one, dataType));
}
