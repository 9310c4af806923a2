import { DIRECTIONS, type Direction } from '#contracts/gate/direction';
import type { UnjudgedChange } from '#contracts/gate/unjudged-change';
import { placed, show } from '#contracts/json-schema-diff/show';
import { canonicalJson, type Json } from '#domain/canonical-json';
import type { ColumnConstraints } from '#domain/column-constraints';
import type { ColumnContract } from '#domain/column-contract';
import { type DataType, orderOf } from '#domain/data-type';

/** What a difference does to the rows that a contract allows. */
type Effect = 'narrows' | 'widens' | 'replaces';

/** A column and where it stands. */
export interface PlacedColumn {
  readonly column: ColumnContract;
  /** A JSON pointer. */
  readonly pointer: string;
}

/** The differences of two columns, and the members that they have told of. */
export interface ColumnDifferences {
  readonly changes: readonly UnjudgedChange[];
  /** Members of the column, and of its constraints with `constraints/` before them. */
  readonly told: ReadonlySet<string>;
}

interface Difference {
  readonly member: string;
  readonly rule: string;
  readonly effect: Effect;
  readonly was: Json | undefined;
  readonly is: Json | undefined;
}

// Older rows break whoever reads by narrower rules; newer rows break whoever reads by the narrower rules of before.
const BREAKS: Readonly<Record<Effect, readonly Direction[]>> = {
  narrows: ['backward'],
  widens: ['forward'],
  replaces: DIRECTIONS,
};

/** Compares what two versions of a column say of its values. */
export function compareColumns(was: PlacedColumn, is: PlacedColumn): ColumnDifferences {
  const [older, newer] = [was.column, is.column];
  const type = compareTypes(older.dataType, newer.dataType);
  const found = [
    ...compareIds(older, newer),
    ...type,
    ...comparePresence(older, newer),
    // What bounded values of another kind says nothing about these.
    ...(type.some(({ effect }) => effect === 'replaces') ? [] : compareConstraints(older, newer)),
  ];
  return {
    changes: found.map((each) => toChange(each, was, is)),
    told: new Set(found.flatMap(({ member }) => (member === 'required' ? PRESENCE : [member]))),
  };
}

const PRESENCE = ['required', 'constraints/required', 'defaultValue'];

/** Tells whether every row must have a value for a column: it is required, and nothing stands for a missing one. */
export function isIndispensable({ required, defaultValue }: ColumnContract): boolean {
  return required && defaultValue === undefined;
}

function toChange(
  { member, rule, effect, was, is }: Difference,
  older: PlacedColumn,
  newer: PlacedColumn,
): UnjudgedChange {
  const words = was === undefined ? 'was added as' : is === undefined ? 'was removed from' : '';
  const values =
    was === undefined || is === undefined
      ? `${words} ${show(was ?? is ?? null)}`
      : `went from ${show(was)} to ${show(is)}`;
  const name = member.slice(member.indexOf('/') + 1);
  return {
    rule,
    part: 'descriptor',
    message: `The ${name}${placed(newer.pointer)} ${values}`,
    ...(was === undefined ? {} : { before: `${older.pointer}/${member}` }),
    ...(is === undefined ? {} : { after: `${newer.pointer}/${member}` }),
    breaks: BREAKS[effect],
    isFeature: false,
  };
}

function compareIds(older: ColumnContract, newer: ColumnContract): readonly Difference[] {
  if (older.id === newer.id) return [];
  // Its aliases lead new readers to the name of before; old readers know none of the new one.
  return [{ member: 'id', rule: 'column-renamed', effect: 'widens', was: older.id, is: newer.id }];
}

function compareTypes(was: DataType, is: DataType): readonly Difference[] {
  if (was === is) return [];
  const isWider = (from: DataType, to: DataType): boolean =>
    from === 'integer' && (to === 'number' || to === 'decimal');
  const effect = isWider(was, is) ? 'widens' : isWider(is, was) ? 'narrows' : 'replaces';
  return [{ member: 'dataType', rule: `column-type-${PAST[effect]}`, effect, was, is }];
}

const PAST: Readonly<Record<Effect, string>> = {
  narrows: 'narrowed',
  widens: 'widened',
  replaces: 'changed',
};

function comparePresence(older: ColumnContract, newer: ColumnContract): readonly Difference[] {
  const [was, is] = [isIndispensable(older), isIndispensable(newer)];
  if (was === is) return [];
  const rule = is ? 'column-made-required' : 'column-made-optional';
  return [{ member: 'required', rule, effect: is ? 'narrows' : 'widens', was, is }];
}

function compareConstraints(from: ColumnContract, to: ColumnContract): readonly Difference[] {
  const [older, newer] = [from.constraints, to.constraints];
  // Each bound is read by the type of its own side: a half is no whole number.
  const bounds = (name: 'minValue' | 'maxValue') =>
    [from, to].map(({ constraints, dataType }) => {
      const value = constraints[name];
      return value === undefined ? undefined : orderOf(value, dataType);
    });
  const [leastBefore, leastAfter] = bounds('minValue');
  const [mostBefore, mostAfter] = bounds('maxValue');
  const effects: Readonly<Record<string, Effect | undefined>> = {
    unique: boundEffect(Number(older.unique), Number(newer.unique)),
    disallowNulls: boundEffect(Number(older.disallowNulls), Number(newer.disallowNulls)),
    minValue: boundEffect(leastBefore, leastAfter),
    maxValue: boundEffect(negative(mostBefore), negative(mostAfter)),
    minLength: boundEffect(older.minLength, newer.minLength),
    maxLength: boundEffect(negative(older.maxLength), negative(newer.maxLength)),
    regex: presenceEffect(older.regex, newer.regex),
    allowedValues: setEffect(older.allowedValues, newer.allowedValues),
  };
  return Object.entries(effects).flatMap(([name, effect]): Difference[] => {
    if (effect === undefined) return [];
    const member = name as keyof ColumnConstraints;
    return [
      {
        member: `constraints/${name}`,
        rule: `column-${KEBAB[name] ?? name}-${PAST[effect]}`,
        effect,
        was: older[member],
        is: newer[member],
      },
    ];
  });
}

const KEBAB: Readonly<Record<string, string>> = {
  disallowNulls: 'nulls',
  minValue: 'min-value',
  maxValue: 'max-value',
  minLength: 'min-length',
  maxLength: 'max-length',
  allowedValues: 'values',
};

function negative(value: number | undefined): number | undefined {
  return value === undefined ? undefined : -value;
}

/** Says what a bound does that allows less the higher it is. */
function boundEffect(was: number | undefined, is: number | undefined): Effect | undefined {
  if (was === undefined || is === undefined) return presenceEffect(was, is);
  if (was === is) return undefined;
  return is > was ? 'narrows' : 'widens';
}

function presenceEffect(was: Json | undefined, is: Json | undefined): Effect | undefined {
  if (was === is) return undefined;
  if (was === undefined) return 'narrows';
  return is === undefined ? 'widens' : 'replaces';
}

function setEffect(
  was: readonly Json[] | undefined,
  is: readonly Json[] | undefined,
): Effect | undefined {
  if (was === undefined || is === undefined) return presenceEffect(was, is);
  const [older, newer] = [new Set(was.map(canonicalJson)), new Set(is.map(canonicalJson))];
  const [isLess, isMore] = [hasMore(older, newer), hasMore(newer, older)];
  if (isLess && isMore) return 'replaces';
  if (isLess) return 'narrows';
  return isMore ? 'widens' : undefined;
}

function hasMore(one: ReadonlySet<string>, other: ReadonlySet<string>): boolean {
  return [...one].some((value) => !other.has(value));
}
