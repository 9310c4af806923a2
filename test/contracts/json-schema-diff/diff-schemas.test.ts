import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SchemaSet } from '#contracts/json-schema/schema-set';
import { diffSchemas, SCHEMA_CHANGES_MAX } from '#contracts/json-schema-diff/diff-schemas';
import { randomPairs } from '#test/contracts/gate/random-schemas';
import { diffOf, told } from '#test/contracts/json-schema-diff/told';

const text = { type: 'string' } as const;

describe('where diffSchemas() finds a difference', () => {
  it('points into the definition where a keyword stands, on both sides, whatever it is called', () => {
    const older = { $defs: { a: { maxLength: 20 } }, properties: { name: { $ref: '#/$defs/a' } } };
    const newer = { $defs: { b: { maxLength: 10 } }, properties: { name: { $ref: '#/$defs/b' } } };
    expect(told(older, newer)).toContain(
      'max-length-lowered narrows /$defs/a/maxLength -> /$defs/b/maxLength',
    );
  });

  it('tells a definition that is used from many places once', () => {
    const schema = (maxLength: number) => ({
      $defs: { a: { maxLength } },
      properties: { x: { $ref: '#/$defs/a' }, y: { $ref: '#/$defs/a' }, z: { $ref: '#/$defs/a' } },
    });
    expect(told(schema(2), schema(1))).toEqual([
      'max-length-lowered narrows /$defs/a/maxLength -> /$defs/a/maxLength',
    ]);
  });

  it('finds nothing that breaks when a schema is moved into the definitions', () => {
    const older = { properties: { a: { type: 'object', properties: { b: text } } } };
    const newer = {
      properties: { a: { $ref: '#/$defs/a' } },
      $defs: { a: { type: 'object', properties: { b: text } } },
    };
    expect(told(older, newer)).toEqual([
      'reference-added none - -> /properties/a/$ref',
      'definition-added none - -> /$defs/a',
    ]);
  });

  it('names the document of a reference in its pointers', () => {
    const set = (maxLength: number) =>
      new SchemaSet({ $ref: 'urn:x:a' }, { references: new Map([['urn:x:a', { maxLength }]]) });
    const { changes } = diffSchemas(set(2), set(1), { assertsFormats: true });
    expect(changes.map(({ before, after }) => [before, after])).toEqual([
      ['urn:x:a#/maxLength', 'urn:x:a#/maxLength'],
    ]);
    expect(changes[0]?.alone).toBeUndefined();
  });

  it('escapes names in pointers', () => {
    expect(told({ properties: { 'a/b~': text } }, { properties: { 'a/b~': {} } })).toEqual([
      'type-widened widens /properties/a~1b~0/type -> -',
    ]);
  });

  it('tells a definition that nothing refers to as harmless', () => {
    expect(told({ $defs: { a: text } }, { $defs: { a: { type: 'null' } } })).toEqual([
      'type-changed none /$defs/a/type -> /$defs/a/type',
    ]);
  });

  it('calls unclear what is used both as it is and denied', () => {
    const schema = (maxLength: number) => ({
      $defs: { a: { maxLength } },
      properties: { x: { $ref: '#/$defs/a' }, y: { not: { $ref: '#/$defs/a' } } },
    });
    expect(told(schema(2), schema(1))).toEqual([
      'max-length-lowered unclear /$defs/a/maxLength -> /$defs/a/maxLength',
    ]);
  });

  it('tells a renamed property as removed and added', () => {
    expect(told({ properties: { a: text } }, { properties: { b: text } })).toEqual([
      'property-removed widens /properties/a -> -',
      'property-added narrows - -> /properties/b',
    ]);
  });

  it('compares tuples and definitions across drafts by what they mean', () => {
    const older = {
      $schema: 'http://json-schema.org/draft-07/schema#',
      items: [text, { $ref: '#/definitions/a' }],
      additionalItems: false,
      definitions: { a: { maxLength: 2 } },
    };
    const newer = {
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      prefixItems: [text, { $ref: '#/$defs/a' }],
      items: false,
      $defs: { a: { maxLength: 1 } },
    };
    expect(told(older, newer)).toEqual([
      'dialect-changed unclear  -> ',
      'reference-changed none /items/1/$ref -> /prefixItems/1/$ref',
      'max-length-lowered narrows /definitions/a/maxLength -> /$defs/a/maxLength',
    ]);
  });

  it('looks behind a reference that hides what stands beside it', () => {
    const schema = (minLength: number) => ({
      definitions: { a: text },
      properties: { p: { $ref: '#/definitions/a', minLength } },
    });
    expect(told(schema(1), schema(2), { dialect: 'draft-07' })).toEqual([]);
    const modern = 'min-length-raised narrows /properties/p/minLength -> /properties/p/minLength';
    expect(told(schema(1), schema(2), { dialect: '2019-09' })).toEqual([modern]);
  });
});

describe('how diffSchemas() matches branches', () => {
  const kind = (name: string, more: object = {}) => ({
    properties: { kind: { const: name }, ...more },
  });

  it('tells one branch when one is inserted before the others', () => {
    const older = { anyOf: [kind('b'), kind('c'), text] };
    const newer = { anyOf: [kind('a'), kind('b'), kind('c'), text] };
    expect(told(older, newer)).toEqual(['any-of-branch-added widens - -> /anyOf/0']);
    expect(told(newer, older)).toEqual(['any-of-branch-removed narrows /anyOf/0 -> -']);
  });

  it('pairs branches that changed by their constants, titles and references before their index', () => {
    const named = { $defs: { x: { minLength: 1 } } };
    const older = {
      ...named,
      anyOf: [kind('a'), { title: 't', minimum: 1 }, { $ref: '#/$defs/x' }],
    };
    const newer = {
      ...named,
      anyOf: [
        { $ref: '#/$defs/x', minimum: 0 },
        { title: 't', minimum: 2 },
        kind('a', { b: true }),
      ],
    };
    expect(told(older, newer).toSorted()).toEqual([
      'minimum-added narrows - -> /anyOf/0/minimum',
      'minimum-raised narrows /anyOf/1/minimum -> /anyOf/1/minimum',
      'property-added none - -> /anyOf/2/properties/b',
    ]);
  });

  it('says nothing when branches only change places', () => {
    const branches = [kind('a'), kind('b'), text, { type: 'null' }];
    for (const keyword of ['allOf', 'anyOf', 'oneOf']) {
      expect(told({ [keyword]: branches }, { [keyword]: branches.toReversed() })).toEqual([]);
    }
  });
});

describe('what diffSchemas() holds out against', () => {
  it('ends on schemas that lead into themselves, also in circles of different length', () => {
    const ring = (length: number, maxLength: number) => ({
      $ref: '#/$defs/n0',
      $defs: Object.fromEntries(
        Array.from({ length }, (_, index) => [
          `n${index}`,
          { maxLength, properties: { next: { $ref: `#/$defs/n${(index + 1) % length}` } } },
        ]),
      ),
    });
    const { changes, omitted } = diffOf(ring(7, 2), ring(5, 1));
    expect(omitted).toBe(0);
    // Every one of seven meets every one of five.
    expect(changes.filter(({ rule }) => rule === 'max-length-lowered')).toHaveLength(35);
  });

  it('ends on references that only lead to each other', () => {
    const loop = {
      $ref: '#/$defs/a',
      $defs: { a: { $ref: '#/$defs/b' }, b: { $ref: '#/$defs/a' } },
    };
    expect(told(loop, loop)).toEqual([]);
  });

  it(`keeps ${SCHEMA_CHANGES_MAX} changes and counts the rest`, () => {
    const schema = (type: string) => ({
      properties: Object.fromEntries(Array.from({ length: 700 }, (_, at) => [`p${at}`, { type }])),
    });
    const { changes, omitted } = diffOf(schema('string'), schema('null'));
    expect([changes.length, omitted]).toEqual([SCHEMA_CHANGES_MAX, 200]);
  });

  it('bounds how many pairs of schemas it compares', () => {
    const ring = (length: number) => ({
      $ref: '#/$defs/n0',
      $defs: Object.fromEntries(
        Array.from({ length }, (_, index) => [
          `n${index}`,
          { properties: { next: { $ref: `#/$defs/n${(index + 1) % length}` } } },
        ]),
      ),
    });
    expect(diffOf(ring(211), ring(199)).omitted).toBeGreaterThan(0);
  });

  it('finds nothing in any schema against itself, and something where the text differs', () => {
    fc.assert(
      fc.property(randomPairs(), ({ dialect, inner }) => {
        expect(told(inner, structuredClone(inner), { dialect })).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });
});

describe('how diffSchemas() says it', () => {
  const sentence = (older: object, newer: object) =>
    diffOf({ ...older }, { ...newer }).changes[0]?.message;

  it('says one plain sentence with both values', () => {
    expect(sentence({ required: [] }, { required: ['size'] })).toBe(
      'Property "size" became required',
    );
    expect(
      sentence(
        { properties: { name: { maxLength: 20 } } },
        { properties: { name: { maxLength: 10 } } },
      ),
    ).toBe('"maxLength" of /properties/name went from 20 to 10');
    expect(sentence({ enum: ['a'] }, { enum: ['a', 'b'] })).toBe('The value "b" was added');
    expect(sentence({ minimum: 1 }, {})).toBe('"minimum" was removed, which was 1');
  });

  it('cuts values, and lets nothing out of its quotes', () => {
    const long = sentence({ const: 'a'.repeat(10_000) }, { const: '\u001b[31m"\n' });
    expect(long?.length).toBeLessThan(400);
    expect(long).not.toMatch(/\p{Cc}/u);
    const odd = sentence({ properties: { 'a\n"b': text } }, { properties: { 'a\n"b': {} } });
    expect(odd).toContain('"/properties/a\\n\\"b"');
  });
});
