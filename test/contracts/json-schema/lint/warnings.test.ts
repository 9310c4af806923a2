import { describe, expect, it } from 'vitest';
import { FORMATS } from '#contracts/format/check-format';
import { DIALECTS } from '#contracts/json-schema/dialect';
import { faultsOf, lint, SCHEMA_URIS, warningsOf } from '#test/contracts/json-schema/lint/lint';

/** Keywords with a value that is right wherever they are known, and the drafts that do not know them. */
const UNKNOWN_IN: readonly (readonly [keyword: string, value: unknown, drafts: string])[] = [
  ['id', 'https://a.example/x', 'draft-06 draft-07 2019-09 2020-12'],
  ['$id', 'https://a.example/x', 'draft-04'],
  ['const', 1, 'draft-04'],
  ['contains', {}, 'draft-04'],
  ['if', {}, 'draft-04 draft-06'],
  ['contentEncoding', 'base64', 'draft-04 draft-06'],
  ['readOnly', true, 'draft-04 draft-06'],
  ['dependencies', {}, '2019-09 2020-12'],
  ['additionalItems', {}, '2020-12'],
  ['$vocabulary', {}, 'draft-04 draft-06 draft-07'],
  ['$anchor', 'a', 'draft-04 draft-06 draft-07'],
  ['$defs', {}, 'draft-04 draft-06 draft-07'],
  ['dependentRequired', {}, 'draft-04 draft-06 draft-07'],
  ['unevaluatedProperties', {}, 'draft-04 draft-06 draft-07'],
  ['prefixItems', [{}], 'draft-04 draft-06 draft-07 2019-09'],
  ['$dynamicAnchor', 'a', 'draft-04 draft-06 draft-07 2019-09'],
];

describe('warnings of lintSchema()', () => {
  it.each(UNKNOWN_IN)(
    'tell of "%s" where the draft does not know it, and only there',
    (keyword, value, drafts) => {
      for (const draft of DIALECTS) {
        const schema = { $schema: SCHEMA_URIS[draft], [keyword]: value };
        const want = drafts.split(' ').includes(draft) ? [`keyword-ignored /${keyword}`] : [];
        expect(warningsOf(schema), draft).toEqual(want);
        expect(faultsOf(schema), draft).toEqual([]);
      }
    },
  );

  it('tell of $recursiveRef in 2020-12, which only 2019-09 knows', () => {
    const items = { $recursiveRef: '#' };
    expect(warningsOf({ items })).toEqual(['keyword-ignored /items/$recursiveRef']);
    expect(warningsOf({ $schema: SCHEMA_URIS['2019-09'], items })).toEqual([]);
  });

  it('say nothing of names that no draft knows, and of members that are called like a keyword', () => {
    const schema = {
      'x-note': 1,
      max: 3,
      properties: { dependencies: {}, id: {} },
      const: { id: 1 },
    };
    expect(warningsOf(schema)).toEqual([]);
  });

  it.each(DIALECTS)('tell of what stands beside $ref in %s where that is ignored', (draft) => {
    const beside = {
      title: 'a',
      description: 'b',
      definitions: { a: {} },
      $ref: '#/definitions/a',
    };
    const schema = { $schema: SCHEMA_URIS[draft], ...beside, minLength: 1, type: 'string' };
    const isIgnored = draft.startsWith('draft');
    expect(warningsOf(schema)).toEqual(
      isIgnored ? ['keyword-ignored /minLength', 'keyword-ignored /type'] : [],
    );
  });

  it('say how to make an ignored keyword count', () => {
    const $schema = SCHEMA_URIS['draft-07'];
    expect(lint({ $schema, prefixItems: [] }).warnings[0]).toEqual({
      rule: 'keyword-ignored',
      pointer: '/prefixItems',
      line: 1,
      column: 68,
      message: 'Cannot apply keyword "prefixItems": is not known to draft-07 (want 2020-12)',
    });
  });

  it.each([
    [{ minimum: 2, maximum: 1 }, 'minimum'],
    [{ minimum: 1, exclusiveMaximum: 1 }, 'minimum'],
    [{ exclusiveMinimum: 1, maximum: 1 }, 'exclusiveMinimum'],
    [{ exclusiveMinimum: 1, exclusiveMaximum: 1 }, 'exclusiveMinimum'],
    [{ minLength: 2, maxLength: 1 }, 'minLength'],
    [{ minItems: 2, maxItems: 1 }, 'minItems'],
    [{ minProperties: 2, maxProperties: 1 }, 'minProperties'],
    [{ contains: {}, minContains: 2, maxContains: 1 }, 'minContains'],
  ])('tell of the empty range of %j', (schema, keyword) => {
    expect(warningsOf({ not: schema })).toEqual([`range-empty /not/${keyword}`]);
    expect(faultsOf(schema)).toEqual([]);
  });

  it.each([
    { minimum: 1, maximum: 1 },
    { exclusiveMinimum: 1, exclusiveMaximum: 2 },
    { minLength: 1, maxLength: 1 },
    { minimum: 5, maxLength: 1, maxItems: 0 },
  ])('say nothing of the range of %j', (schema) => {
    expect(warningsOf(schema)).toEqual([]);
  });

  it('know that draft-04 says by a boolean whether a bound is exclusive', () => {
    const $schema = SCHEMA_URIS['draft-04'];
    const range = { minimum: 1, maximum: 1 };
    expect(warningsOf({ $schema, ...range, exclusiveMaximum: true })).toEqual([
      'range-empty /minimum',
    ]);
    expect(warningsOf({ $schema, ...range, exclusiveMaximum: false })).toEqual([]);
  });

  it('tell of required members that are declared nowhere and forbidden', () => {
    const schema = {
      properties: { a: {}, toString: {} },
      patternProperties: { '^x-': {}, b$: {} },
      additionalProperties: false,
      required: ['a', 'x-1', 'ab', 'c', 'toString', 'valueOf', '__proto__'],
    };
    expect(warningsOf(schema)).toEqual(
      [3, 5, 6].map((index) => `required-forbidden /required/${index}`),
    );
    expect(warningsOf({ ...schema, additionalProperties: {} })).toEqual([]);
    expect(warningsOf({ additionalProperties: false, required: ['a'] })).toHaveLength(1);
  });

  it('say nothing of a required member while a pattern cannot be read', () => {
    const schema = { patternProperties: { '(': {} }, additionalProperties: false, required: ['a'] };
    expect(warningsOf(schema)).toEqual([]);
  });

  it('tell of a format that is none of JSON Schema', () => {
    expect(warningsOf({ items: { format: 'datetime' } })).toEqual(['format-unknown /items/format']);
    expect(FORMATS.flatMap((format) => warningsOf({ format }))).toEqual([]);
    expect(warningsOf({ properties: { format: { const: 'x' } }, const: { format: 'x' } })).toEqual(
      [],
    );
  });
});
