import type { SchemaPlace } from '#contracts/json-schema/schema-place';
import type { SchemaChangeRule, SchemaEffect } from '#contracts/json-schema-diff/schema-change';
import {
  type DiffSurroundings,
  type FoundChange,
  isSame,
  type SchemaPair,
  valuesOf,
} from '#contracts/json-schema-diff/schema-pair';
import { placed, show } from '#contracts/json-schema-diff/show';
import { canonicalJson, type Json } from '#domain/canonical-json';

const TYPES = ['array', 'boolean', 'fraction', 'integer', 'null', 'object', 'string'] as const;

/** Lists what differs in the types and values that two schemas allow, and in the form of texts and numbers. */
export function diffScalars(
  pair: SchemaPair,
  { assertsFormats }: Pick<DiffSurroundings, 'assertsFormats'>,
): readonly FoundChange[] {
  const contentEffect: SchemaEffect = isCheckedContent(pair) ? 'unclear' : 'none';
  const encoded = ['contentEncoding', 'contentMediaType'].flatMap((keyword) =>
    diffValue(pair, { keyword, rule: 'content', effect: () => contentEffect }),
  );
  return [
    ...diffType(pair),
    ...diffAllowed(pair),
    ...diffValue(pair, { keyword: 'multipleOf', rule: 'multiple-of', effect: factorEffect }),
    ...diffValue(pair, { keyword: 'pattern', rule: 'pattern', effect: addedEffect }),
    ...diffValue(pair, {
      keyword: 'format',
      rule: 'format',
      effect: assertsFormats ? addedEffect : () => 'none',
    }),
    ...encoded,
    ...diffUniqueItems(pair),
  ];
}

function diffType(pair: SchemaPair): readonly FoundChange[] {
  const { was, is } = valuesOf(pair, 'type');
  const [before, after] = [typesOf(was), typesOf(is)];
  const lost = before.some((type) => !after.includes(type));
  const won = after.some((type) => !before.includes(type));
  if (!lost && !won) return [];
  const kind = lost && won ? 'changed' : lost ? 'narrowed' : 'widened';
  const effect = lost && won ? 'both' : lost ? 'narrows' : 'widens';
  const message = `${named('type', pair.newer)} ${wentFrom(was, is)}`;
  return [{ rule: `type-${kind}`, message, effect, ...sides('type', was, is) }];
}

function typesOf(type: Json | undefined): readonly string[] {
  if (type === undefined) return TYPES;
  const names = Array.isArray(type) ? (type as readonly Json[]) : [type];
  return TYPES.filter(
    (each) => names.includes(each) || (names.includes('number') && /integer|fraction/.test(each)),
  );
}

/** Compares `enum` and `const`, which stand for each other where a side has only one of them. */
function diffAllowed(pair: SchemaPair): readonly FoundChange[] {
  const knowsConst = pair.newer.dialect !== 'draft-04';
  const enums = valuesOf(pair, 'enum');
  const consts = knowsConst ? valuesOf(pair, 'const') : { was: undefined, is: undefined };
  const before = valueList(enums.was, consts.was);
  const after = valueList(enums.is, consts.is);
  const anyEnum = enums.was !== undefined || enums.is !== undefined;
  if (before === undefined || after === undefined || !anyEnum) {
    return [...diffEnumPresence(pair), ...(knowsConst ? diffConst(pair) : [])];
  }
  const [was, is] = [keyword(before), keyword(after)];
  const [known, kept] = [texts(before.list), texts(after.list)];
  const removed = before.list.filter((value) => !kept.has(canonicalJson(value)));
  const added = after.list.filter((value) => !known.has(canonicalJson(value)));
  const change = (value: Json, list: readonly Json[], isAdded: boolean): FoundChange => ({
    rule: isAdded ? 'enum-value-added' : 'enum-value-removed',
    message: `The value ${show(value)}${placed(pair.newer.pointer)} was ${isAdded ? 'added' : 'removed'}`,
    effect: isAdded ? 'widens' : 'narrows',
    was,
    is,
    ...(was === 'enum' ? { alone: { path: 'enum', value: list } } : {}),
  });
  return [
    ...removed.map((value) =>
      change(
        value,
        before.list.filter((other) => other !== value),
        false,
      ),
    ),
    ...added.map((value) => change(value, [...before.list, value], true)),
  ];
}

interface ValueList {
  readonly list: readonly Json[];
  readonly isConst: boolean;
}

function valueList(enumeration: Json | undefined, constant: Json | undefined) {
  if (Array.isArray(enumeration)) {
    return constant === undefined ? { list: enumeration as Json[], isConst: false } : undefined;
  }
  return constant === undefined ? undefined : { list: [constant], isConst: true };
}

function keyword({ isConst }: ValueList): 'const' | 'enum' {
  return isConst ? 'const' : 'enum';
}

function texts(values: readonly Json[]): ReadonlySet<string> {
  return new Set(values.map((value) => canonicalJson(value)));
}

function diffEnumPresence(pair: SchemaPair): readonly FoundChange[] {
  const { was, is } = valuesOf(pair, 'enum');
  if (isSame(was, is)) return [];
  const name = named('enum', pair.newer);
  if (was !== undefined && is !== undefined) {
    // One side has `const` as well: nothing certain can be said of single values.
    const message = `${name} ${wentFrom(was, is)}`;
    return [
      { rule: 'enum-removed', message, effect: 'unclear', was: 'enum' },
      { rule: 'enum-added', message, effect: 'unclear', is: 'enum' },
    ];
  }
  const isAdded = was === undefined;
  return [
    {
      rule: isAdded ? 'enum-added' : 'enum-removed',
      message: `${name} ${wentFrom(was, is)}`,
      effect: isAdded ? 'narrows' : 'widens',
      ...sides('enum', was, is),
    },
  ];
}

function diffConst(pair: SchemaPair): readonly FoundChange[] {
  return diffValue(pair, {
    keyword: 'const',
    rule: 'const',
    effect: (was, is) => (was === undefined || is === undefined ? addedEffect(was, is) : 'both'),
  });
}

interface ValueDiff {
  readonly keyword: string;
  readonly rule: 'const' | 'content' | 'format' | 'multiple-of' | 'pattern';
  readonly effect: (was: Json | undefined, is: Json | undefined) => SchemaEffect;
}

function diffValue(
  pair: SchemaPair,
  { keyword: name, rule, effect }: ValueDiff,
): readonly FoundChange[] {
  const { was, is } = valuesOf(pair, name);
  if (isSame(was, is)) return [];
  const kind = was === undefined ? 'added' : is === undefined ? 'removed' : 'changed';
  const full: SchemaChangeRule = `${rule}-${kind}`;
  const message = `${named(name, pair.newer)} ${wentFrom(was, is)}`;
  return [{ rule: full, message, effect: effect(was, is), ...sides(name, was, is) }];
}

/** What comes narrows, what goes widens, and another value may be anything. */
function addedEffect(was: Json | undefined, is: Json | undefined): SchemaEffect {
  if (was === undefined) return 'narrows';
  return is === undefined ? 'widens' : 'unclear';
}

function factorEffect(was: Json | undefined, is: Json | undefined): SchemaEffect {
  if (typeof was !== 'number' || typeof is !== 'number') return addedEffect(was, is);
  if (!Number.isInteger(was) || !Number.isInteger(is)) return 'unclear';
  if (is % was === 0) return 'narrows';
  return was % is === 0 ? 'widens' : 'both';
}

function diffUniqueItems(pair: SchemaPair): readonly FoundChange[] {
  const { was, is } = valuesOf(pair, 'uniqueItems');
  if ((was === true) === (is === true)) return [];
  const isAdded = is === true;
  return [
    {
      rule: isAdded ? 'unique-items-added' : 'unique-items-removed',
      message: `${named('uniqueItems', pair.newer)} ${wentFrom(was, is)}`,
      effect: isAdded ? 'narrows' : 'widens',
      ...sides('uniqueItems', was, is),
    },
  ];
}

/** Draft 7 lets a validator check what a text encodes; in later ones that is a remark, and earlier ones do not know it. */
function isCheckedContent({ older, newer }: SchemaPair): boolean {
  return [older, newer].some(({ dialect }) => dialect === 'draft-07');
}

/** Names a keyword where it stands. */
export function named(name: string, place: SchemaPlace): string {
  return `${show(name)}${placed(place.pointer)}`;
}

/** Tells how a value changed. */
export function wentFrom(was: Json | undefined, is: Json | undefined): string {
  if (was === undefined) return is === undefined ? 'changed' : `was added as ${show(is)}`;
  if (is === undefined) return `was removed, which was ${show(was)}`;
  return `went from ${show(was)} to ${show(is)}`;
}

/** Says where a keyword of its own stands on each side, and what it alone would change. */
export function sides(
  path: string,
  was: Json | undefined,
  is: Json | undefined,
): Pick<FoundChange, 'alone' | 'is' | 'was'> {
  return {
    ...(was === undefined ? {} : { was: path }),
    ...(is === undefined ? {} : { is: path }),
    alone: { path, value: is },
  };
}
