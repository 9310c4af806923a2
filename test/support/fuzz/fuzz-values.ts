import fc from 'fast-check';
import type { Json, JsonObject } from '#domain/canonical-json';
import type { FuzzOperation, FuzzSchema } from '#test/support/fuzz/described-api';
import { type Learned, memberValue, openBody, wordsFor } from '#test/support/fuzz/fuzz-words';
import { HOSTILE_NAMES } from '#test/support/hostile-names';
import type { Seeded } from '#test/support/seed';

/** What values are made from: chance, what earlier answers told, and pools of texts. */
export interface ValueSource {
  readonly random: Seeded;
  readonly learned: Learned;
  readonly schemas: Readonly<Record<string, FuzzSchema>>;
  readonly pools: Pools;
}

/** Texts and values made beforehand: to make them one by one would cost more than to send them. */
export interface Pools {
  readonly texts: readonly string[];
  readonly json: readonly Json[];
  readonly hostile: readonly string[];
}

const POOL = 500;

/** Makes the pools from a seed. */
export function fuzzPools(seed: number): Pools {
  const sample = <T>(arbitrary: fc.Arbitrary<T>): readonly T[] =>
    fc.sample(arbitrary, { seed, numRuns: POOL });
  return {
    texts: sample(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 30 })),
    json: sample(fc.jsonValue({ maxDepth: 3 })) as readonly Json[],
    hostile: [...HOSTILE_NAMES, ...sample(fc.string({ unit: 'binary', maxLength: 20 }))],
  };
}

/** Picks one of several values. */
export function oneOf<T>(random: Seeded, values: readonly T[]): T {
  const value = values[random.int(values.length)];
  if (values.length === 0) throw new RangeError('Cannot pick from an empty list');
  return value as T;
}

/** Makes a right body of an operation. */
export function bodyValue(operation: FuzzOperation, source: ValueSource): Json {
  const { random } = source;
  const open = openBody(operation, random);
  if (open !== undefined) return open;
  return valueOf(operation.body?.schema ?? {}, { operation, source, name: '', depth: 0 });
}

/** Makes a right text for a parameter. */
export function parameterText(
  { name, schema }: { readonly name: string; readonly schema: FuzzSchema },
  operation: FuzzOperation,
  source: ValueSource,
): string {
  const value = valueOf(schema, { operation, source, name, depth: 1 });
  return typeof value === 'string' ? value : JSON.stringify(value);
}

interface Place {
  readonly operation: FuzzOperation;
  readonly source: ValueSource;
  /** The member or parameter that the value is of. */
  readonly name: string;
  readonly depth: number;
}

function valueOf(schema: FuzzSchema, place: Place): Json {
  const { random, schemas } = place.source;
  if (schema.$ref !== undefined) {
    const name = schema.$ref.slice('#/components/schemas/'.length);
    return valueOf(schemas[name] ?? {}, place);
  }
  if (schema.const !== undefined) return schema.const;
  if (schema.enum !== undefined) return oneOf(random, schema.enum);
  const told = memberValue(place.name, random);
  // Now and then what the schema alone allows.
  if (told !== undefined && place.depth > 0 && random.next() < 0.9) return told;
  if (schema.anyOf !== undefined) return valueOf(oneOf(random, schema.anyOf), place);
  return typedValue(schema, place);
}

function typedValue(schema: FuzzSchema, place: Place): Json {
  const { random, pools } = place.source;
  const types = [schema.type ?? 'any'].flat();
  switch (oneOf(random, types)) {
    case 'object':
      return objectOf(schema, place);
    case 'array':
      return arrayOf(schema, place);
    case 'string':
      return textOf(schema, place);
    case 'integer':
      return wholeOf(schema, random);
    case 'number':
      return random.next() < 0.5 ? wholeOf(schema, random) : random.next() * 100;
    case 'boolean':
      return random.next() < 0.5;
    case 'null':
      return null;
    default:
      return oneOf(random, pools.json);
  }
}

function objectOf(schema: FuzzSchema, place: Place): JsonObject {
  const { random, pools } = place.source;
  const { properties = {}, required = [], additionalProperties } = schema;
  const made: [string, Json][] = [];
  for (const [name, member] of Object.entries(properties)) {
    if (!required.includes(name) && random.next() < 0.6) continue;
    made.push([name, valueOf(member, { ...place, name, depth: place.depth + 1 })]);
  }
  if (typeof additionalProperties === 'object' && random.next() < 0.5) {
    const name = oneOf(random, pools.texts);
    made.push([name, valueOf(additionalProperties, { ...place, name, depth: place.depth + 1 })]);
  }
  return Object.fromEntries(made);
}

function arrayOf({ items = {}, minItems = 0 }: FuzzSchema, place: Place): readonly Json[] {
  const { random } = place.source;
  const length = minItems + random.int(3);
  return Array.from({ length }, () => valueOf(items, place));
}

function textOf(schema: FuzzSchema, { operation, source, name }: Place): string {
  const { random, pools, learned } = source;
  const words = wordsFor(operation, name, learned);
  if (words.length > 0 && random.next() < 0.97) return oneOf(random, words);
  const { maxLength = 200, pattern } = schema;
  if (pattern === '^[0-9a-f]{64}$') return 'a'.repeat(64);
  if (pattern !== undefined) return oneOf(random, ['a', 'fuzz', 'gene_id', 'b_2']);
  if (schema.format === 'date-time') return '2026-01-31T12:00:00Z';
  return oneOf(random, pools.texts).slice(0, maxLength);
}

function wholeOf({ minimum = 0, maximum = 1_000 }: FuzzSchema, random: Seeded): number {
  if (random.next() < 0.2) return random.next() < 0.5 ? minimum : maximum;
  return minimum + random.int(Math.min(maximum - minimum, 100) + 1);
}
