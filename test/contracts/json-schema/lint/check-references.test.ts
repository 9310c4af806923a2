import { connect, createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { DIALECTS } from '#contracts/json-schema/dialect';
import { faultsOf, lint, SCHEMA_URIS } from '#test/contracts/json-schema/lint/lint';

describe('lintSchema() of references', () => {
  it.each(DIALECTS)('knows pointers, identifiers and the meta-schemas in %s', (draft) => {
    const id = draft === 'draft-04' ? 'id' : '$id';
    const schema = {
      $schema: SCHEMA_URIS[draft],
      [id]: 'https://a.example/root',
      definitions: { 'a/b~': {}, c: { [id]: 'c', definitions: { d: {} } } },
      properties: {
        a: { $ref: '#/definitions/a~1b~0' },
        b: { $ref: 'https://a.example/c#/definitions/d' },
        c: { $ref: 'c' },
        d: { $ref: '#/properties/e/x' },
        e: { x: { type: 'string' } },
        f: { $ref: '#' },
        ...Object.fromEntries(
          Object.values(SCHEMA_URIS).map(($ref, index) => [`m${index}`, { $ref }]),
        ),
      },
    };
    expect(faultsOf(schema)).toEqual([]);
  });

  it.each(DIALECTS)('refuses what leads nowhere in %s', (draft) => {
    const wrong = [
      '#/definitions/none',
      '#none',
      'none',
      'https://b.example/x',
      '#/type',
      'http://[',
    ];
    const properties = Object.fromEntries(wrong.map(($ref, index) => [`p${index}`, { $ref }]));
    const schema = { $schema: SCHEMA_URIS[draft], type: 'object', properties };
    expect(faultsOf(schema)).toEqual(
      wrong.map((_, index) => `ref-unresolved /properties/p${index}/$ref`),
    );
  });

  it('says that nothing is ever fetched', () => {
    expect(lint({ items: { $ref: 'https://b.example/x' } }).faults[0]?.message).toBe(
      'Cannot resolve $ref "https://b.example/x": names no schema that is known (want a place in this schema, a registered schema or the meta-schema of a draft; nothing is ever fetched)',
    );
  });

  it('never connects to a server that a reference names', async () => {
    let connections = 0;
    const server = createServer((socket) => {
      connections += 1;
      socket.destroy();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    const uri = `http://127.0.0.1:${port}/schema.json`;
    const schema = { $id: `${uri}/root`, properties: { a: { $ref: uri }, b: { $ref: 'other' } } };
    expect(faultsOf(schema)).toEqual([
      'ref-unresolved /properties/a/$ref',
      'ref-unresolved /properties/b/$ref',
    ]);
    expect(faultsOf({ $schema: uri })).toEqual(['dialect-unknown /$schema']);
    // Whatever had been begun would arrive before a connection that is made after it.
    await new Promise((resolve) => connect(Number(port), '127.0.0.1').on('close', resolve));
    expect(connections).toBe(1);
    await new Promise((resolve) => server.close(resolve));
  });

  it('knows registered schemas, also those that these refer to, and finds what is wrong in them', () => {
    const registered = {
      'https://a.example/one': { $defs: { x: { $ref: 'two#/properties/y' } } },
      'https://a.example/two': { properties: { y: { $ref: 'three' } } },
      'https://a.example/unused': { $ref: 'nowhere' },
    };
    const schema = { items: { $ref: 'https://a.example/one#/$defs/x' } };
    expect(faultsOf(schema, registered)).toEqual([
      'ref-unresolved https://a.example/two/properties/y/$ref',
    ]);
    expect(faultsOf(schema, { ...registered, 'https://a.example/three': true })).toEqual([]);
  });

  it('names the reference and the place in its text', () => {
    const registered = { 'https://a.example/one': { not: { $ref: '#/x' } } };
    expect(lint({ $ref: 'https://a.example/one' }, registered).faults).toMatchObject([
      { rule: 'ref-unresolved', reference: 'https://a.example/one', line: 1, column: 16 },
    ]);
  });

  it('refuses a registered schema that is not strict JSON', () => {
    const one = JSON.parse('{"a":9007199254740991}') as unknown;
    expect(faultsOf({ $ref: 'one' }, { one })).toEqual([]);
    expect(faultsOf({ $ref: 'one' }, { one: { a: '\ud800' } })).toEqual([
      'ref-unresolved /$ref',
      'reference-invalid one',
    ]);
  });

  it('checks $dynamicRef in 2020-12 and $recursiveRef in 2019-09, and neither in other drafts', () => {
    const both = { items: { $recursiveRef: '#none', $dynamicRef: '#none' } };
    expect(faultsOf(both)).toEqual(['ref-unresolved /items/$dynamicRef']);
    expect(faultsOf({ $schema: SCHEMA_URIS['2019-09'], ...both })).toEqual([
      'ref-unresolved /items/$recursiveRef',
    ]);
    expect(faultsOf({ $schema: SCHEMA_URIS['draft-07'], ...both })).toEqual([]);
    const tree = { $dynamicAnchor: 'node', items: { $dynamicRef: '#node' } };
    expect(faultsOf(tree)).toEqual([]);
  });

  it('takes no name, no value and no key for a reference that only looks like one', () => {
    const schema = {
      properties: { $ref: { type: 'string' } },
      const: { $ref: '#/none' },
      enum: [{ $ref: '#/none' }],
      default: { $ref: '#/none' },
      examples: [{ $ref: '#/none' }],
    };
    expect(faultsOf(schema)).toEqual([]);
  });

  it.each([
    [{ $ref: '#' }, '/$ref'],
    [{ allOf: [{ $ref: '#' }] }, '/allOf/0/$ref'],
    [{ anyOf: [{}, { not: { $ref: '#' } }] }, '/anyOf/1/not/$ref'],
    [{ if: { $ref: '#' } }, '/if/$ref'],
    [{ dependentSchemas: { a: { $ref: '#' } } }, '/dependentSchemas/a/$ref'],
    [{ $defs: { a: { $ref: '#/$defs/b' }, b: { $ref: '#/$defs/a' } } }, '/$defs/b/$ref'],
    [{ $anchor: 'a', oneOf: [{ $ref: '#a' }] }, '/oneOf/0/$ref'],
    [{ $dynamicAnchor: 'a', allOf: [{ $dynamicRef: '#a' }] }, '/allOf/0/$dynamicRef'],
    [{ $id: 'https://a.example/a', else: { $ref: 'a' } }, '/else/$ref'],
  ])('refuses a loop without a value between: %j', (schema, pointer) => {
    expect(faultsOf(schema)).toEqual([`ref-loop ${pointer}`]);
  });

  it('refuses a loop through a registered schema, and a $recursiveRef to where it stands', () => {
    const references = { 'https://a.example/b': { allOf: [{ $ref: 'a' }] } };
    expect(faultsOf({ $id: 'https://a.example/a', $ref: 'b' }, references)).toEqual([
      'ref-loop https://a.example/b/allOf/0/$ref',
    ]);
    const $schema = SCHEMA_URIS['2019-09'];
    expect(faultsOf({ $schema, anyOf: [{ $recursiveRef: '#' }] })).toEqual([
      'ref-loop /anyOf/0/$recursiveRef',
    ]);
  });

  it.each([
    { properties: { a: { $ref: '#' } } },
    { items: { anyOf: [{ $ref: '#' }] } },
    { additionalProperties: { $ref: '#' }, prefixItems: [{ $ref: '#' }], contains: { $ref: '#' } },
    { propertyNames: { $ref: '#/$defs/a' }, $defs: { a: { $ref: '#/$defs/b' }, b: {} } },
    {
      allOf: [{ $ref: '#/$defs/a' }, { $ref: '#/$defs/a' }],
      $defs: { a: { items: { $ref: '#' } } },
    },
    {
      $schema: SCHEMA_URIS['draft-07'],
      $ref: '#/definitions/a',
      allOf: [{ $ref: '#' }],
      definitions: { a: {} },
    },
  ])('takes recursion that goes into a value, and one schema twice: %j', (schema) => {
    expect(faultsOf(schema)).toEqual([]);
  });

  it('refuses an identifier or an anchor that is given twice', () => {
    const $id = 'https://a.example/x';
    expect(faultsOf({ $defs: { a: { $id }, b: { $id } } })).toEqual(['id-duplicate /$defs/b']);
    expect(faultsOf({ $defs: { a: { $anchor: 'x' }, b: { $dynamicAnchor: 'x' } } })).toEqual([
      'id-duplicate /$defs/b',
    ]);
    const old = {
      $schema: SCHEMA_URIS['draft-04'],
      definitions: { a: { id: $id }, b: { id: $id } },
    };
    expect(faultsOf(old)).toEqual(['id-duplicate /definitions/b']);
  });

  it('takes the same anchor in two schemas that have identifiers of their own', () => {
    const $defs = {
      a: { $id: 'https://a.example/a', $anchor: 'x' },
      b: { $id: 'https://a.example/b', $anchor: 'x' },
    };
    expect(faultsOf({ $defs, $anchor: 'x', const: { $anchor: 'x' } })).toEqual([]);
  });
});
