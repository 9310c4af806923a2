import { childOf, keywordsOf, type SchemaPlace } from '#contracts/json-schema/schema-place';
import {
  effectIn,
  type SchemaChange,
  type SchemaContext,
  type SchemaPatch,
} from '#contracts/json-schema-diff/schema-change';
import { canonicalJson, type Json, type JsonObject } from '#domain/canonical-json';

/** Two schemas that stand for each other in two versions. */
export interface SchemaPair {
  readonly older: SchemaPlace;
  readonly newer: SchemaPlace;
}

/** One difference as it is found; paths lead from the two places of a pair to where it stands. */
export interface FoundChange extends Pick<SchemaChange, 'effect' | 'message' | 'rule'> {
  /** `minimum`, `properties/a`; absent where the side has nothing. */
  readonly was?: string;
  readonly is?: string;
  /** What the older schema would have at which path with this change alone. */
  readonly alone?: { readonly path: string; readonly value: Json | undefined };
}

/** A pair inside of another, and how it passes on what is done to it. */
export interface InnerPair extends SchemaPair {
  readonly context: SchemaContext;
}

/** What one pair was found to differ in by itself, and what is to be compared inside of it. */
export interface PairDifferences {
  readonly changes: readonly FoundChange[];
  readonly inner: readonly InnerPair[];
}

/** What differences are judged by beside the two schemas. */
export interface DiffSurroundings {
  readonly assertsFormats: boolean;
  /** Whether something in the two schemas says what holds for the members that nothing has looked at. */
  readonly hasUnevaluated: boolean;
  /** Gives the schema that a place stands for, through references. */
  readonly follow: (side: keyof SchemaPair, place: SchemaPlace) => SchemaPlace;
}

/** Gives both values of a keyword. */
export function valuesOf(
  { older, newer }: SchemaPair,
  keyword: string,
): { readonly was: Json | undefined; readonly is: Json | undefined } {
  return { was: own(keywordsOf(older), keyword), is: own(keywordsOf(newer), keyword) };
}

/** Gives both schemas that a keyword holds. */
export function childrenOf(
  { older, newer }: SchemaPair,
  keyword: string,
  key?: string,
): { readonly was: SchemaPlace | undefined; readonly is: SchemaPlace | undefined } {
  return { was: childOf(older, keyword, key), is: childOf(newer, keyword, key) };
}

/** Says whether two values are the same JSON. */
export function isSame(one: Json | undefined, other: Json | undefined): boolean {
  if (one === undefined || other === undefined) return one === other;
  return one === other || canonicalJson(one) === canonicalJson(other);
}

/** Says whether a schema refuses nothing, as far as its form tells. */
export function isOpen(place: SchemaPlace | undefined): boolean {
  if (place === undefined || place.schema === true) return true;
  return place.schema !== false && Object.keys(keywordsOf(place)).length === 0;
}

/** Turns what was found at a pair into a change of the whole. */
export function placeChange(
  pair: SchemaPair,
  context: SchemaContext,
  { rule, message, effect, was, is, alone }: FoundChange,
): SchemaChange {
  return {
    rule,
    message,
    before: was === undefined ? undefined : pointerTo(pair.older, was),
    after: is === undefined ? undefined : pointerTo(pair.newer, is),
    effect: effectIn(context, effect),
    alone: alone === undefined ? undefined : patchAt(pair.older, alone.path, alone.value),
  };
}

/** Writes where a path from a place leads; in a reference, after its URI. */
export function pointerTo({ document, pointer }: SchemaPlace, path: string): string {
  const whole = path === '' ? pointer : `${pointer}/${path}`;
  return document === '' ? whole : `${document}#${whole}`;
}

function patchAt(
  older: SchemaPlace,
  path: string,
  value: Json | undefined,
): SchemaPatch | undefined {
  // A boolean has no members, and what is referred to is not part of the schema.
  if (older.document !== '' || typeof older.schema === 'boolean') return undefined;
  return { pointer: path === '' ? older.pointer : `${older.pointer}/${path}`, value };
}

function own(keywords: JsonObject, keyword: string): Json | undefined {
  return Object.hasOwn(keywords, keyword) ? keywords[keyword] : undefined;
}

/** Gives the path from a schema to one inside of it. */
export function pathFrom(place: SchemaPlace, inside: SchemaPlace): string {
  return inside.pointer.slice(place.pointer.length + 1);
}
