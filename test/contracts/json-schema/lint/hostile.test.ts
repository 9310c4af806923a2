import { describe, expect, it } from 'vitest';
import {
  OBJECT_MEMBERS_MAX,
  SCHEMA_RESOURCES_MAX,
  SCHEMA_URI_UNITS_MAX,
  SUBSCHEMAS_MAX,
} from '#contracts/json-schema/lint/check-limits';
import { lintSchema } from '#contracts/json-schema/lint/lint-schema';
import { faultsOf, lint, SCHEMA_URIS } from '#test/contracts/json-schema/lint/lint';

const times = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => make(index));

/** Schemas by short keys. */
const many = (count: number, make: (index: number) => unknown) =>
  Object.fromEntries(times(count, (index) => [index.toString(36), make(index)]));

/** What would take for ever, or all the memory, if the work were not bounded: each test ends at all, well under its limit. */
describe('lintSchema() of hostile schemas', () => {
  it('refuses 100,000 properties, and takes as many as are allowed', () => {
    expect(faultsOf({ properties: many(100_000, () => 0) })).toEqual([
      'schema-too-large /properties',
    ]);
    expect(faultsOf({ properties: many(OBJECT_MEMBERS_MAX, () => ({})) })).toEqual([]);
    expect(faultsOf({ properties: many(OBJECT_MEMBERS_MAX + 1, () => ({})) })).toEqual([
      'schema-too-large /properties',
    ]);
  });

  it(`takes ${SUBSCHEMAS_MAX} subschemas and refuses one more`, () => {
    expect(faultsOf({ allOf: times(SUBSCHEMAS_MAX - 1, () => ({})) })).toEqual([]);
    expect(faultsOf({ allOf: times(SUBSCHEMAS_MAX, () => true) })).toEqual(['schema-too-large ']);
  });

  it('refuses a depth of 10,000 in the text, however it is made', () => {
    const deep = (open: string, close: string) => open.repeat(10_000) + close.repeat(10_000);
    for (const text of [deep('{"not":', '}'), deep('[', ']'), `{"allOf":${deep('[', ']')}}`]) {
      expect(lintSchema(text, { references: new Map() }).faults).toMatchObject([
        { rule: 'json-depth', line: 1 },
      ]);
    }
  });

  it('visits each schema once where references fan out to 2^27 ways', () => {
    const $defs = many(27, (index) => {
      const $ref = `#/$defs/${(index + 1).toString(36)}`;
      return { allOf: [{ $ref }, { $ref }] };
    });
    const fan = { $ref: '#/$defs/0', $defs: { ...$defs, r: {} } };
    expect(faultsOf(fan)).toEqual([]);
    expect(faultsOf({ ...fan, $defs: { ...$defs, r: { $ref: '#/$defs/0' } } })).toEqual([
      'ref-loop /$defs/r/$ref',
    ]);
  });

  it('follows a chain of 9,000 references without a stack for it', () => {
    const chain = many(9_000, (index) => ({ $ref: `#/$defs/${(index + 1).toString(36)}` }));
    const end = (9_000).toString(36);
    expect(faultsOf({ $defs: { ...chain, [end]: {} } })).toEqual([]);
    expect(faultsOf({ $defs: { ...chain, [end]: { $ref: '#/$defs/0' } } })).toEqual([
      `ref-loop /$defs/${end}/$ref`,
    ]);
  });

  it('ends where references make the same schemas again and again of what no keyword holds', () => {
    let x: unknown = { allOf: times(20_000, () => ({})) };
    for (let depth = 0; depth < 80; depth += 1) x = { not: x };
    const inwards = times(80, (depth) => ({ $ref: `#/x${'/not'.repeat(depth)}` }));
    expect(faultsOf({ allOf: inwards, x })).toEqual([]);
    const faults = faultsOf({ allOf: inwards.toReversed(), x });
    expect(faults.filter((fault) => fault !== 'schema-too-large ')).toEqual([]);
  });

  it('refuses keys and identifiers that would grow with every schema below them', () => {
    const below = { properties: many(9_000, () => ({})) };
    expect(faultsOf({ $defs: { ['k'.repeat(400_000)]: below } })).toEqual(['schema-too-large ']);
    const long = `https://a.example/${'a'.repeat(SCHEMA_URI_UNITS_MAX)}`;
    expect(faultsOf({ $id: long, ...below })[0]).toBe('schema-too-large ');
    expect(faultsOf({ items: { $ref: long } })).toEqual(['schema-too-large /items']);
    const $schema = SCHEMA_URIS['draft-04'];
    expect(faultsOf({ $schema, items: { id: long } })).toEqual(['schema-too-large /items']);
    expect(faultsOf({ examples: [{ id: long }] })).toEqual([]);
    const named = many(SCHEMA_RESOURCES_MAX + 1, (index) => ({ $id: `i${index}` }));
    expect(faultsOf({ $defs: named })).toEqual(['schema-too-large ']);
  });

  it('reads an enum, a type and a list of names of 100,000 items in one pass', () => {
    const numbers = times(100_000, (index) => index);
    const $schema = SCHEMA_URIS['draft-07'];
    expect(faultsOf({ $schema, enum: numbers })).toEqual([]);
    expect(faultsOf({ $schema, enum: [...numbers, 0] })).toEqual(['schema-invalid /enum']);
    for (const uri of Object.values(SCHEMA_URIS)) {
      const faults = faultsOf({ $schema: uri, dependencies: { a: { type: numbers } } });
      expect(faults.every((fault) => fault.startsWith('schema-invalid /dependencies'))).toBe(true);
    }
    expect(faultsOf({ required: numbers.map(String) })).toEqual([]);
  });

  it('reads 49,000 subschemas that are all wrong, and tells the first hundred', () => {
    const { faults } = lint({ allOf: times(49_000, () => ({ type: 1 })) });
    expect(faults).toHaveLength(100);
    expect(faults[0]).toMatchObject({ rule: 'schema-invalid', pointer: '/allOf/0/type' });
  });

  it('refuses patterns that are too much work together, and takes many plain ones', () => {
    const wide = many(4_000, (index) => ({ pattern: `(?:[ab]?){0,${600 + index}}` }));
    expect(faultsOf({ properties: wide }).at(0)).toMatch(/^pattern-too-large /);
    const plain = many(5_000, (index) => ({ pattern: `^k${index}-[a-z0-9]{1,20}$` }));
    expect(faultsOf({ properties: plain })).toEqual([]);
  });

  it('gives up warning of required members where patterns would be matched for ever', () => {
    const names = times(10, () => 'ab'.repeat(20_000));
    const patternProperties = { '(?:[ab]?){0,9000}c': {} };
    const schema = {
      patternProperties,
      additionalProperties: false,
      required: [...new Set(names)],
    };
    expect(lint(schema).warnings).toEqual([]);
  });

  it('takes keys that are names of the language for what they are', () => {
    const text =
      '{"properties":{"__proto__":{"type":"x"},"constructor":{"$ref":"#/none"}},"__proto__":1}';
    const { faults } = lintSchema(text, { references: new Map() });
    expect(faults.map(({ pointer }) => pointer)).toEqual([
      '/properties/__proto__/type',
      '/properties/constructor/$ref',
    ]);
  });
});
