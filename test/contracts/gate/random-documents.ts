import {
  childList,
  childOf,
  keywordsOf,
  type SchemaPlace,
} from '#contracts/json-schema/schema-place';
import type { SchemaSet } from '#contracts/json-schema/schema-set';
import type { Json, JsonObject } from '#domain/canonical-json';
import { type Chance, chanceOf } from '#test/contracts/gate/chance';
import { NAMES, TEXTS, VALUES } from '#test/contracts/gate/random-schemas';

const DEPTH_MAX = 5;

/** Makes documents that fit a schema more often than not, and others that nearly do. */
export function randomDocuments(set: SchemaSet, count: number, seed: number): readonly Json[] {
  const chance = chanceOf(seed);
  return Array.from({ length: count }, (_, index) => {
    if (index % 8 === 0) return chance.pick(VALUES) ?? null;
    const filled = fill([set.root], { set, chance, depth: 0 });
    return index % 2 === 0 ? disturb(filled, chance) : filled;
  });
}

interface Filling {
  readonly set: SchemaSet;
  readonly chance: Chance;
  readonly depth: number;
}

/** Makes a value for schemas that are all to hold. */
function fill(places: readonly SchemaPlace[], filling: Filling): Json {
  const { chance } = filling;
  const rules = places.flatMap((place) => gather(place, filling, 0));
  const wanted = rules.flatMap((rule) => {
    const { const: constant, enum: list } = keywordsOf(rule);
    return [
      ...(constant === undefined ? [] : [constant]),
      ...(Array.isArray(list) ? (list as Json[]) : []),
    ];
  });
  if (wanted.length > 0 && chance.below(6) > 0) return chance.pick(wanted) ?? null;
  switch (typeFor(rules, chance)) {
    case 'null':
      return null;
    case 'boolean':
      return chance.below(2) === 0;
    case 'integer':
      return numberFor(rules, chance);
    case 'number':
      return numberFor(rules, chance) + (chance.below(2) === 0 ? 0.5 : 0);
    case 'string':
      return textFor(rules, chance);
    case 'array':
      return arrayFor(rules, filling);
    default:
      return objectFor(rules, filling);
  }
}

/** Lists the schemas that hold for the same value: references, all branches of `allOf`, one of the others. */
function gather(place: SchemaPlace, filling: Filling, depth: number): readonly SchemaPlace[] {
  if (depth > DEPTH_MAX) return [place];
  const { set, chance } = filling;
  const reference = keywordsOf(place)['$ref'];
  const target = typeof reference === 'string' ? set.resolve(place, reference) : undefined;
  const one = ['anyOf', 'oneOf'].flatMap((keyword) => chance.pick(childList(place, keyword)) ?? []);
  const condition = ['if', 'then', 'else', 'not'].flatMap((keyword) =>
    chance.below(2) === 0 ? (childOf(place, keyword) ?? []) : [],
  );
  const others = [
    ...childList(place, 'allOf'),
    ...one,
    ...condition,
    ...(target === undefined ? [] : [target]),
  ];
  return [place, ...others.flatMap((other) => gather(other, filling, depth + 1))];
}

const HINTS: readonly (readonly [RegExp, string])[] = [
  [/propert|required|depend/i, 'object'],
  [/items|contains/i, 'array'],
  [/length|pattern$/i, 'string'],
  [/imum$|multiple/i, 'number'],
];

function typeFor(rules: readonly SchemaPlace[], chance: Chance): string {
  const hinted = rules.flatMap((rule) => {
    const keywords = keywordsOf(rule);
    const { type } = keywords;
    const names = Array.isArray(type)
      ? (type as readonly string[])
      : typeof type === 'string'
        ? [type, type]
        : [];
    const keys = Object.keys(keywords);
    return [
      ...names,
      ...HINTS.flatMap(([hint, name]) => (keys.some((key) => hint.test(key)) ? [name] : [])),
    ];
  });
  if (hinted.length > 0 && chance.below(8) > 0) return chance.pick(hinted) ?? 'null';
  return (
    chance.pick(['null', 'boolean', 'integer', 'number', 'string', 'array', 'object']) ?? 'null'
  );
}

function numberFor(rules: readonly SchemaPlace[], chance: Chance): number {
  const marks = rules.flatMap((rule) => {
    const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf } = keywordsOf(rule);
    return [minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf].filter(
      (each) => typeof each === 'number',
    );
  });
  return (
    (chance.pick([0, 1, 2, 3, 6, ...marks]) ?? 0) +
    (chance.below(3) === 0 ? chance.below(3) - 1 : 0)
  );
}

function textFor(rules: readonly SchemaPlace[], chance: Chance): string {
  const lengths = rules.flatMap((rule) => {
    const { minLength, maxLength } = keywordsOf(rule);
    return [minLength, maxLength].filter((each) => typeof each === 'number');
  });
  const length = chance.pick(lengths);
  if (length === undefined || chance.below(2) === 0) return chance.pick(TEXTS) ?? '';
  return Array.from({ length }, () => chance.pick(['a', 'b', 'c']) ?? 'a').join('');
}

function arrayFor(rules: readonly SchemaPlace[], filling: Filling): readonly Json[] {
  const { chance, depth } = filling;
  if (depth >= DEPTH_MAX) return [];
  const counts = rules.flatMap((rule) => {
    const { minItems, maxItems, minContains } = keywordsOf(rule);
    return [minItems, maxItems, minContains].filter((each) => typeof each === 'number');
  });
  const length = chance.pick([0, 1, 2, 3, ...counts]) ?? 0;
  return Array.from({ length: Math.min(length, 5) }, (_, index) => {
    const fitting = rules.flatMap((rule) => {
      const tuple = [...childList(rule, 'prefixItems'), ...childList(rule, 'items')];
      const rest = ['items', 'additionalItems', 'unevaluatedItems'].flatMap(
        (key) => childOf(rule, key) ?? [],
      );
      const contained = chance.below(2) === 0 ? childOf(rule, 'contains') : undefined;
      const own = index < tuple.length ? tuple[index] : rest[0];
      return [own ?? [], contained ?? []].flat();
    });
    return fill(fitting, { ...filling, depth: depth + 1 });
  });
}

function objectFor(rules: readonly SchemaPlace[], filling: Filling): JsonObject {
  const { chance, depth } = filling;
  if (depth >= DEPTH_MAX) return {};
  const required = rules.flatMap(
    (rule) => (keywordsOf(rule)['required'] ?? []) as readonly string[],
  );
  const named = rules.flatMap((rule) =>
    Object.keys((keywordsOf(rule)['properties'] ?? {}) as object),
  );
  const chosen = [...named, ...NAMES].filter(() => chance.below(3) === 0);
  const kept = required.filter(() => chance.below(8) > 0);
  return Object.fromEntries(
    [...new Set([...kept, ...chosen])].map((name) => {
      const fitting = rules.flatMap((rule) => {
        const own = childOf(rule, 'properties', name);
        const rest =
          childOf(rule, 'additionalProperties') ?? childOf(rule, 'unevaluatedProperties');
        return own ?? rest ?? [];
      });
      return [name, fill(fitting, { ...filling, depth: depth + 1 })];
    }),
  );
}

/** Changes a document in one place. */
function disturb(document: Json, chance: Chance): Json {
  if (Array.isArray(document)) {
    const items = document as readonly Json[];
    const at = chance.below(items.length + 1);
    switch (chance.below(4)) {
      case 0:
        return items.toSpliced(at, 1);
      case 1:
        return [...items, ...items.slice(-1)];
      case 2:
        return [...items, chance.pick(VALUES) ?? null];
      default:
        return items.map((item, index) => (index === at ? disturb(item, chance) : item));
    }
  }
  if (typeof document === 'object' && document !== null) {
    const entries = Object.entries(document);
    const at = chance.below(entries.length);
    switch (chance.below(3)) {
      case 0:
        return Object.fromEntries(entries.toSpliced(at, 1));
      case 1:
        return {
          ...(document as JsonObject),
          [chance.pick(NAMES) ?? 'a']: chance.pick(VALUES) ?? null,
        };
      default:
        return Object.fromEntries(
          entries.map(([name, value], index) => [
            name,
            index === at ? disturb(value, chance) : value,
          ]),
        );
    }
  }
  if (typeof document === 'number') return document + (chance.pick([-1, 1, 0.5]) ?? 1);
  return chance.pick(VALUES) ?? null;
}
