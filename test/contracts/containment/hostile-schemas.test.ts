import { describe, expect, it } from 'vitest';
import { compareSchemas } from '#contracts/containment/compare-schemas';
import { SchemaSet } from '#contracts/json-schema/schema-set';
import type { Json } from '#domain/canonical-json';

/** Schemas that were made to take for ever. */
const HOSTILE: readonly (readonly [string, () => Json])[] = [
  [
    'a fan of 2^27 references',
    () => ({
      $ref: '#/$defs/d27',
      $defs: Object.fromEntries([
        ['d0', { minLength: 1 }],
        ...Array.from({ length: 27 }, (_, at) => [
          `d${at + 1}`,
          {
            allOf: [{ $ref: `#/$defs/d${at}` }, { properties: { a: { $ref: `#/$defs/d${at}` } } }],
          },
        ]),
      ]),
    }),
  ],
  [
    'a loop of references',
    () => ({
      $ref: '#/$defs/a',
      $defs: { a: { $ref: '#/$defs/b' }, b: { allOf: [{ $ref: '#/$defs/a' }] } },
    }),
  ],
  [
    'a deep allOf',
    () =>
      Array.from({ length: 90 }).reduce<Json>(
        (inner) => ({ allOf: [inner, { not: { minLength: 9 } }] }),
        { type: 'string' },
      ),
  ],
  [
    'many unions',
    () => ({
      allOf: Array.from({ length: 40 }, (_, at) => ({
        anyOf: [{ required: [`a${at}`] }, { required: [`b${at}`] }, { maxProperties: at }],
      })),
    }),
  ],
  [
    'patterns that explode',
    () => ({
      type: 'string',
      allOf: Array.from({ length: 12 }, (_, at) => ({ pattern: `(a|b)*a(a|b){${at + 8}}` })),
    }),
  ],
  [
    'names by many patterns',
    () => ({
      patternProperties: Object.fromEntries(
        Array.from({ length: 24 }, (_, at) => [`^.{${at}}[ab]`, { minimum: at }]),
      ),
    }),
  ],
  [
    'long arrays',
    () => ({
      type: 'array',
      minItems: 1_000_000,
      uniqueItems: true,
      contains: { minimum: 3 },
      minContains: 1_000,
    }),
  ],
  [
    '100,000 properties',
    () => ({
      properties: Object.fromEntries(
        Array.from({ length: 100_000 }, (_, at) => [`p${at}`, { minimum: at }]),
      ),
    }),
  ],
  ['a huge exponent', () => ({ multipleOf: 5e-324, minimum: -1e308, maximum: 1e308 })],
  ['schemas of itself', () => ({ $ref: 'https://json-schema.org/draft/2020-12/schema' })],
];

describe('compareSchemas() of hostile schemas', () => {
  it.each(HOSTILE)('ends within its steps: %s', (_, make) => {
    const stepsMax = 20_000;
    for (const other of [true, { type: 'string' }, make()] as const) {
      const answer = compareSchemas(new SchemaSet(make()), new SchemaSet(other), { stepsMax });
      expect(['contained', 'refuted', 'unknown']).toContain(answer.kind);
    }
  });
});
