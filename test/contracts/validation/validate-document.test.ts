import { describe, expect, it } from 'vitest';
import { DIALECTS, type Dialect, metaSchemaUri } from '#contracts/json-schema/dialect';
import { documentValidator, validateDocument } from '#contracts/validation/validate-document';
import type { Json } from '#domain/canonical-json';

interface Setting {
  readonly dialect?: Dialect;
  readonly references?: ReadonlyMap<string, Json>;
  readonly assertsFormats?: boolean;
}

function verdict(
  schema: Json,
  document: Json,
  { dialect = '2020-12', assertsFormats = true, ...more }: Setting = {},
) {
  return validateDocument(schema, document, { dialect, assertsFormats, ...more });
}

function kind(schema: Json, document: Json, setting?: Setting): string {
  return verdict(schema, document, setting).kind;
}

describe('what validateDocument() refuses', () => {
  it('says where in the document, and by which rule', () => {
    const schema = { properties: { a: { properties: { b: { type: 'integer' } } } } };
    expect(verdict(schema, { a: { b: 'x' } })).toEqual({
      kind: 'invalid',
      refusal: '/a/b must be integer',
    });
    expect(verdict({ type: 'null' }, 1)).toEqual({
      kind: 'invalid',
      refusal: 'the document must be null',
    });
    expect(verdict({ additionalProperties: false }, { size: 1 })).toEqual({
      kind: 'invalid',
      refusal: 'the document must not have property "size"',
    });
  });

  it('tells of branches the one that got furthest', () => {
    const branch = (name: string) => ({
      properties: { kind: { const: name }, size: { type: 'integer' } },
      required: ['size'],
    });
    const schema = { oneOf: [branch('a'), branch('b')] };
    expect(verdict(schema, { kind: 'a' })).toMatchObject({
      refusal: 'the document must have required property "size"',
    });
    expect(verdict({ oneOf: [{}, {}] }, 1)).toMatchObject({
      refusal: 'the document must be valid under exactly one schema of "oneOf"',
    });
  });

  it('says it in one line of bounded length', () => {
    const refused = verdict({ additionalProperties: false }, { [`a\n${'x'.repeat(5_000)}`]: 1 });
    expect(refused.kind).toBe('invalid');
    if (refused.kind === 'invalid') expect(refused.refusal).toMatch(/^[^\n]{1,400}$/);
  });
});

describe('what validateDocument() holds to', () => {
  it.each(DIALECTS)('knows the meta-schema of %s', (dialect) => {
    const schema = { $ref: `${metaSchemaUri(dialect)}#` };
    expect(kind(schema, { type: 'string' }, { dialect })).toBe('valid');
    expect(kind(schema, { type: 1 }, { dialect })).not.toBe('valid');
  });

  it.each([
    ['divides exactly', { multipleOf: 0.1 }, 0.3, 'valid'],
    ['divides exactly, to the other side', { multipleOf: 0.1 }, 0.35, 'invalid'],
    ['counts characters, not units', { maxLength: 1 }, '😀', 'valid'],
    ['does not find what every object inherits', { required: ['constructor'] }, {}, 'invalid'],
    ['matches patterns with the flag u', { pattern: '^.$' }, '😀', 'valid'],
    ['tells patterns apart', { allOf: [{ pattern: 'a' }, { pattern: 'b' }] }, 'a', 'invalid'],
    ['does not know "nullable"', { type: 'string', nullable: true }, null, 'invalid'],
    [
      'knows a property of that name',
      { properties: { nullable: false } },
      { nullable: 1 },
      'invalid',
    ],
    ['does not wait for "$async"', { $async: true, type: 'null' }, 1, 'invalid'],
    ['takes unknown keywords for remarks', { sort: 'up' }, 1, 'valid'],
    [
      'looks into every array for itself',
      { items: { contains: { const: 1 } } },
      [[1], []],
      'invalid',
    ],
    ['looks behind a tuple', { prefixItems: [true, {}], contains: { const: 1 } }, [2], 'invalid'],
    [
      'finds equal items behind a tuple',
      { prefixItems: [true, true, {}], uniqueItems: true },
      [1, 1],
      'invalid',
    ],
  ] as const)('%s', (_, schema, document, want) => {
    expect(kind(schema, document)).toBe(want);
  });

  it('ignores what stands beside a reference up to draft 7, and no longer after it', () => {
    const schema = {
      definitions: { a: {} },
      properties: { p: { $ref: '#/definitions/a', type: 'null' } },
    };
    expect(kind(schema, { p: 1 }, { dialect: 'draft-07' })).toBe('valid');
    expect(kind(schema, { p: 1 }, { dialect: '2019-09' })).toBe('invalid');
  });

  it('knows no condition in draft 6', () => {
    const schema = JSON.parse('{"if":true,"then":false}') as Json;
    expect(kind(schema, 1, { dialect: 'draft-06' })).toBe('valid');
    expect(kind(schema, 1, { dialect: 'draft-07' })).toBe('invalid');
  });

  it('finds registered schemas by their URI, absolute and relative', () => {
    const references = new Map<string, Json>([
      ['urn:x:size', { type: 'integer' }],
      ['parts.json', { $defs: { a: { type: 'null' } } }],
    ]);
    expect(kind({ $ref: 'urn:x:size' }, 'x', { references })).toBe('invalid');
    expect(kind({ $ref: 'parts.json#/$defs/a' }, null, { references })).toBe('valid');
    const based = { $id: 'folder/root.json', $ref: '../parts.json#/$defs/a' };
    expect(kind(based, 1, { references })).toBe('invalid');
  });

  it('checks formats only where they are asserted', () => {
    expect(kind({ format: 'date' }, '2026-13-01')).toBe('invalid');
    expect(kind({ format: 'date' }, '2026-12-01')).toBe('valid');
    expect(kind({ format: 'date' }, 'x', { assertsFormats: false })).toBe('valid');
  });
});

describe('what validateDocument() leaves open', () => {
  it.each([
    ['a format that nobody knows', { format: 'colour' }, 'red', {}],
    ['a schema that leads elsewhere', { $ref: 'https://example.com/other' }, 1, {}],
    ['a pattern that takes more than linear time', { pattern: '(?=a)' }, 'a', {}],
    ['two drafts in one schema', { $defs: { a: { $schema: metaSchemaUri('draft-07') } } }, 1, {}],
    [
      'references that only dynamics decide',
      { $dynamicRef: '#a', $defs: { a: { $dynamicAnchor: 'a' } } },
      1,
      {},
    ],
    ['a loop that never ends', { $ref: '#/$defs/a', $defs: { a: { $ref: '#/$defs/a' } } }, 1, {}],
    [
      'what is left over beside contained items',
      { contains: { const: 1 }, unevaluatedItems: false },
      [1],
      {},
    ],
    [
      'what is left over twice',
      { anyOf: [{ unevaluatedItems: { maximum: 0 } }], unevaluatedItems: false },
      [0],
      {},
    ],
    ['what no schema is', { type: 7 }, 1, {}],
  ] as const)('is %s', (_, schema, document, setting) => {
    expect(kind(schema as Json, document as Json, setting)).toBe('undecided');
  });

  it('does not leave open the next document because of the one before', () => {
    const validate = documentValidator(
      { anyOf: [{ type: 'integer' }, { format: 'colour' }] },
      { dialect: '2020-12', assertsFormats: true },
    );
    expect(['red', 1, 'red'].map((each) => validate(each).kind)).toEqual([
      'undecided',
      'valid',
      'undecided',
    ]);
  });
});
