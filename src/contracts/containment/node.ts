import type { Rational } from '#contracts/containment/rational';
import type { Json } from '#domain/canonical-json';

/**
 * A statement about one JSON value, as a number: twice the id of its node, plus 1 where it is denied. Equal statements are
 * equal numbers.
 */
export type Literal = number;

export const TRUE: Literal = 0;
export const FALSE: Literal = 1;

/** Denies a literal. */
export function not(literal: Literal): Literal {
  // Ids are far below 2^30: the lowest bit is the denial.
  return literal % 2 === 0 ? literal + 1 : literal - 1;
}

/** The types of JSON values. Whole numbers and the others are two, so that `integer` needs no arithmetic. */
export const TYPE_BITS = {
  null: 1,
  boolean: 2,
  integer: 4,
  fraction: 8,
  string: 16,
  array: 32,
  object: 64,
} as const;
export type ValueType = keyof typeof TYPE_BITS;
export const VALUE_TYPES = Object.keys(TYPE_BITS) as readonly ValueType[];
export const EVERY_TYPE = 127;
export const NUMBER_TYPES = TYPE_BITS.integer + TYPE_BITS.fraction;

/** Which names of an object a rule is for. */
export type NameMatcher =
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'pattern'; readonly source: string }
  /** All but these names and those that match one of these patterns. Both lists sorted. */
  | {
      readonly kind: 'other';
      readonly names: readonly string[];
      readonly patterns: readonly string[];
    };

/**
 * One statement about a value. All but `and`, `oneOf`, `type`, `enum`, `ref` and `opaque` speak of one kind of value and
 * hold for every other.
 */
export type SchemaNode =
  | { readonly kind: 'true' }
  | { readonly kind: 'and'; readonly parts: readonly Literal[] }
  | { readonly kind: 'oneOf'; readonly parts: readonly Literal[] }
  | { readonly kind: 'type'; readonly types: number }
  /** One of these values, sorted by their canonical texts. */
  | { readonly kind: 'enum'; readonly values: ReadonlyMap<string, Json> }
  | { readonly kind: 'minimum'; readonly limit: Rational; readonly exclusive: boolean }
  | { readonly kind: 'multipleOf'; readonly factor: Rational }
  | { readonly kind: 'minLength' | 'minItems' | 'minProperties'; readonly count: number }
  | { readonly kind: 'pattern'; readonly source: string }
  | { readonly kind: 'format'; readonly name: string }
  | { readonly kind: 'uniqueItems' }
  /** Every item from an index on, up to and without another. */
  | {
      readonly kind: 'items';
      readonly from: number;
      readonly to: number;
      readonly each: Literal;
    }
  /** At least so many items. */
  | { readonly kind: 'contains'; readonly item: Literal; readonly count: number }
  | { readonly kind: 'required'; readonly name: string }
  /** Every value under a name that matches. */
  | { readonly kind: 'names'; readonly matcher: NameMatcher; readonly each: Literal }
  | { readonly kind: 'propertyNames'; readonly each: Literal }
  /** A schema that leads back to itself. */
  | { readonly kind: 'ref'; readonly key: string }
  /** What cannot be decided, and why. */
  | { readonly kind: 'opaque'; readonly key: string; readonly reason: string };

/** Gives the types of which a node speaks: of every other value it holds. */
export function domainOf(node: SchemaNode): number {
  switch (node.kind) {
    case 'minimum':
    case 'multipleOf':
      return NUMBER_TYPES;
    case 'minLength':
    case 'pattern':
    case 'format':
      return TYPE_BITS.string;
    case 'minItems':
    case 'uniqueItems':
    case 'items':
    case 'contains':
      return TYPE_BITS.array;
    case 'minProperties':
    case 'required':
    case 'names':
    case 'propertyNames':
      return TYPE_BITS.object;
    case 'true':
    case 'and':
    case 'oneOf':
    case 'type':
    case 'enum':
    case 'ref':
    case 'opaque':
      return EVERY_TYPE;
    default:
      return node satisfies never;
  }
}

/** Tells the type of a value. */
export function typeOf(value: Json): ValueType {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  switch (typeof value) {
    case 'boolean':
      return 'boolean';
    case 'number':
      return Number.isInteger(value) ? 'integer' : 'fraction';
    case 'string':
      return 'string';
    default:
      return 'object';
  }
}
