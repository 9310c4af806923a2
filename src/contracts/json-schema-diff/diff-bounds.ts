import { keywordsOf, type SchemaPlace } from '#contracts/json-schema/schema-place';
import { named, sides, wentFrom } from '#contracts/json-schema-diff/diff-scalars';
import type { SchemaChangeRule } from '#contracts/json-schema-diff/schema-change';
import {
  type FoundChange,
  isSame,
  type SchemaPair,
  valuesOf,
} from '#contracts/json-schema-diff/schema-pair';
import type { Json } from '#domain/canonical-json';

/** Each bound with the rule that it is told by, which side it bounds, and what it says where it is not there. */
const BOUNDS = [
  ['minimum', 'minimum', 'below', undefined],
  ['maximum', 'maximum', 'above', undefined],
  ['exclusiveMinimum', 'exclusive-minimum', 'below', undefined],
  ['exclusiveMaximum', 'exclusive-maximum', 'above', undefined],
  ['minLength', 'min-length', 'below', 0],
  ['maxLength', 'max-length', 'above', undefined],
  ['minItems', 'min-items', 'below', 0],
  ['maxItems', 'max-items', 'above', undefined],
  ['minProperties', 'min-properties', 'below', 0],
  ['maxProperties', 'max-properties', 'above', undefined],
  ['minContains', 'min-contains', 'below', 1],
  ['maxContains', 'max-contains', 'above', undefined],
] as const;

/** Lists the bounds of numbers, lengths and counts that differ. */
export function diffBounds(pair: SchemaPair): readonly FoundChange[] {
  return BOUNDS.flatMap((bound) => diffBound(pair, bound));
}

function diffBound(
  pair: SchemaPair,
  [keyword, rule, side, base]: (typeof BOUNDS)[number],
): readonly FoundChange[] {
  if (keyword.endsWith('Contains') && !hasContains(pair)) return [];
  const raw = valuesOf(pair, keyword);
  const [was, is] = [limitAt(pair.older, keyword), limitAt(pair.newer, keyword)];
  if (was === is && isSame(raw.was, raw.is)) return [];
  const [before, after] = [was ?? base, is ?? base];
  if (before === after && was === is) return [];
  const kind = kindOf(was, is);
  const full: SchemaChangeRule = `${rule}-${kind}`;
  const message = `${named(keyword, pair.newer)} ${wentFrom(raw.was, raw.is)}`;
  // Where nothing bounds, whatever comes is the tighter one.
  const isTighter =
    side === 'below'
      ? (after ?? -Infinity) > (before ?? -Infinity)
      : (after ?? Infinity) < (before ?? Infinity);
  const effect = before === after ? 'none' : isTighter ? 'narrows' : 'widens';
  return [{ rule: full, message, effect, ...sides(keyword, raw.was, raw.is) }];
}

function kindOf(was: number | undefined, is: number | undefined) {
  if (was === undefined) return 'added';
  if (is === undefined) return 'removed';
  return is > was ? 'raised' : 'lowered';
}

/** Gives a bound as a number. In draft 4 the exclusive forms are true or false, and say how the other one is meant. */
function limitAt(place: SchemaPlace, keyword: string): number | undefined {
  const keywords = keywordsOf(place);
  const value = keywords[keyword];
  if (place.dialect !== 'draft-04') return number(value);
  const plain = /^exclusive(M)(.*)$/.exec(keyword);
  if (plain === null) {
    const exclusive = `exclusive${keyword.charAt(0).toUpperCase()}${keyword.slice(1)}`;
    return keywords[exclusive] === true ? undefined : number(value);
  }
  return value === true ? number(keywords[`m${plain[2] ?? ''}`]) : undefined;
}

function number(value: Json | undefined): number | undefined {
  return typeof value === 'number' ? value : undefined;
}

function hasContains({ older, newer }: SchemaPair): boolean {
  return [older, newer].every((place) => keywordsOf(place)['contains'] !== undefined);
}
