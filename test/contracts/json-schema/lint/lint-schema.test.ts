import { describe, expect, it } from 'vitest';
import { DIALECTS } from '#contracts/json-schema/dialect';
import { lintSchema } from '#contracts/json-schema/lint/lint-schema';
import { faultsOf, lint, SCHEMA_URIS } from '#test/contracts/json-schema/lint/lint';

const lintText = (text: string) => lintSchema(text, { references: new Map() });

describe('lintSchema()', () => {
  it('tells every fault of strict JSON, with its place and rule', () => {
    const { faults, draft } = lintText('{"a":1,"a":1e999,\n"b":"\\ud800"}');
    expect(draft).toBeUndefined();
    expect(faults.map(({ rule, line, column }) => [rule, line, column])).toEqual([
      ['json-duplicate-key', 1, 8],
      ['json-number', 1, 12],
      ['json-surrogate', 2, 6],
    ]);
  });

  it.each(['[]', '"a"', '1', 'null'])('refuses %s: a schema is an object or a boolean', (text) => {
    const { faults, draft } = lintText(text);
    expect(faults).toMatchObject([{ rule: 'schema-root', pointer: '', line: 1, column: 1 }]);
    expect(draft).toBeUndefined();
  });

  it.each(['true', 'false', '{}'])('takes %s for a schema of 2020-12', (text) => {
    expect(lintText(text)).toEqual({ faults: [], warnings: [], draft: '2020-12' });
  });

  it.each(DIALECTS)('tells %s by its $schema, by either scheme and with or without #', (draft) => {
    const plain = SCHEMA_URIS[draft].replace(/#$/, '');
    for (const scheme of ['http:', 'https:']) {
      for (const end of ['', '#']) {
        const $schema = plain.replace(/^https?:/, scheme) + end;
        expect(lint({ $schema })).toEqual({ faults: [], warnings: [], draft });
      }
    }
  });

  it.each([
    'http://json-schema.org/schema#',
    'http://json-schema.org/draft-03/schema#',
    'https://json-schema.org/draft/next/schema',
    'http://127.0.0.1/schema',
    'draft-07',
    '',
    7,
    null,
  ])('refuses the $schema %j, whose draft is not known', ($schema) => {
    const { faults, draft } = lint({ type: 1, $schema });
    expect(faults).toMatchObject([{ rule: 'dialect-unknown', pointer: '/$schema', line: 1 }]);
    expect(draft).toBeUndefined();
  });

  it('refuses an unknown $schema inside too', () => {
    const inner = { $id: 'https://a.example/b', $schema: 'https://a.example/own' };
    expect(faultsOf({ $defs: { b: inner } })).toEqual(['dialect-unknown /$defs/b/$schema']);
  });

  it.each(DIALECTS)(
    'refuses what is not valid under the meta-schema of %s, every place once',
    (draft) => {
      const wrong = {
        $schema: SCHEMA_URIS[draft],
        type: 'strnig',
        required: 'a',
        properties: { a: 1, b: { minLength: -1, items: { multipleOf: 0 } } },
        allOf: [],
        not: { anyOf: [{ maxItems: 'x' }] },
      };
      const want = ['/type', '/required', '/properties/a', '/properties/b/minLength'];
      want.push('/properties/b/items/multipleOf', '/allOf', '/not/anyOf/0/maxItems');
      expect(faultsOf(wrong)).toEqual(want.map((pointer) => `schema-invalid ${pointer}`));
      expect(lint(wrong).draft).toBe(draft);
    },
  );

  it('says what is wrong, where, and under which draft', () => {
    const text = '{\n  "type": "object",\n  "properties": { "a": { "type": "strnig" } }\n}';
    expect(lintText(text).faults).toEqual([
      {
        rule: 'schema-invalid',
        pointer: '/properties/a/type',
        line: 3,
        column: 34,
        message:
          'Cannot accept schema at "/properties/a/type": must be equal to one of the allowed values (array, boolean, integer, null, number, object, string), or must be array (want a schema that is valid under 2020-12)',
      },
    ]);
  });

  it.each([
    ['draft-04', { exclusiveMinimum: 1 }, true],
    ['draft-06', { exclusiveMinimum: 1 }, false],
    ['draft-04', { minimum: 1, exclusiveMinimum: true }, false],
    ['draft-06', { minimum: 1, exclusiveMinimum: true }, true],
    ['draft-04', { additionalProperties: true, not: {} }, false],
    ['draft-04', { not: true }, true],
    ['draft-06', { not: true }, false],
    ['draft-06', { readOnly: 1 }, false],
    ['draft-07', { readOnly: 1 }, true],
    ['draft-07', { deprecated: 1 }, false],
    ['2019-09', { deprecated: 1 }, true],
    ['2019-09', { items: [{}] }, false],
    ['2020-12', { items: [{}] }, true],
    ['2019-09', { $recursiveRef: 1 }, true],
    ['2020-12', { $dynamicAnchor: '' }, true],
    ['2019-09', { $dynamicAnchor: '' }, false],
    ['2019-09', { dependencies: { a: { type: 1 } } }, true],
  ] as const)('judges by the keywords of %s: %j', (draft, keywords, isWrong) => {
    const faults = faultsOf({ $schema: SCHEMA_URIS[draft], ...keywords });
    expect(faults.some((fault) => fault.startsWith('schema-invalid'))).toBe(isWrong);
  });

  it('judges an embedded schema by the draft that it names', () => {
    const $id = 'https://a.example/b';
    const $schema = SCHEMA_URIS['draft-07'];
    const inner = { $schema, $id, items: { $ref: '#', minLength: 1 }, exclusiveMinimum: 'a' };
    const { faults, warnings } = lint({ $defs: { b: inner } });
    expect(warnings).toMatchObject([{ pointer: '/$defs/b/items/minLength' }]);
    expect(faults[0]?.message).toContain('valid under draft-07');
  });

  it.each(['draft-04', 'draft-06', 'draft-07'] as const)(
    'refuses an enum of %s with a value twice',
    (draft) => {
      const $schema = SCHEMA_URIS[draft];
      expect(
        faultsOf({
          $schema,
          enum: [
            { a: 1, b: 2 },
            { b: 2, a: 1 },
          ],
        }),
      ).toEqual(['schema-invalid /enum']);
      expect(faultsOf({ $schema, enum: [1, '1', [1], { a: 1 }, null] })).toEqual([]);
      expect(faultsOf({ $schema, type: ['string', 'string'] })).toEqual(['schema-invalid /type']);
    },
  );

  it('takes an enum with a value twice from 2019-09 on, but no such type', () => {
    expect(faultsOf({ enum: [1, 1] })).toEqual([]);
    expect(faultsOf({ type: ['string', 'null', 'string'] })).toEqual(['schema-invalid /type']);
  });

  it.each([
    ['(', 'pattern-syntax'],
    ['[b-a]', 'pattern-syntax'],
    ['(?=a)b', 'pattern-not-linear'],
    ['(a)\\1', 'pattern-not-linear'],
    ['(?:a{1000}){1000}', 'pattern-too-large'],
    ['^(a+)+$', 'pattern-backtracking'],
    ['(a|a)*b', 'pattern-backtracking'],
  ])('refuses the pattern %j by the rule %s, in a value and in a key', (pattern, rule) => {
    const schema = { properties: { a: { pattern } }, patternProperties: { [pattern]: {} } };
    expect(faultsOf(schema)).toEqual([
      `${rule} /properties/a/pattern`,
      `${rule} /patternProperties/${pattern}`,
    ]);
  });

  it.each(['', '^[a-z]+$', '^\\d{4}-\\d{2}-\\d{2}$', '^\\p{L}+( \\p{L}+)*$', '^.{1,255}$'])(
    'takes the pattern %j, and data that only looks like one',
    (pattern) => {
      expect(faultsOf({ pattern, const: { pattern: '(' }, properties: { pattern: {} } })).toEqual(
        [],
      );
    },
  );

  it('tells everything at once, in the order of the text', () => {
    const schema = {
      $defs: { a: { pattern: '(' }, b: { $ref: '#/none' }, c: { $ref: '#/$defs/c' } },
      minLength: -1,
      properties: { d: { $anchor: 'd' }, e: { $anchor: 'd' } },
    };
    expect(faultsOf(schema)).toEqual([
      'pattern-syntax /$defs/a/pattern',
      'ref-unresolved /$defs/b/$ref',
      'ref-loop /$defs/c/$ref',
      'schema-invalid /minLength',
      'id-duplicate /properties/e',
    ]);
  });

  it('tells at most 100 faults and 100 warnings', () => {
    const allOf = Array.from({ length: 300 }, () => ({ type: 1, format: 'x', pattern: '(' }));
    const { faults, warnings } = lint({ allOf });
    expect(faults).toHaveLength(100);
    expect(warnings).toHaveLength(100);
  });
});
