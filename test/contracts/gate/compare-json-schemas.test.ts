import { describe, expect, it } from 'vitest';
import type { ContractContent, GateJob } from '#contracts/gate/gate-report';
import { runGate } from '#contracts/gate/run-gate';
import { validateDocument } from '#contracts/validation/validate-document';
import type { JsonObject } from '#domain/canonical-json';
import { compared, ofSchema, told } from '#test/contracts/gate/gate-job';

describe('how runGate() compares JSON Schemas', () => {
  const size = {
    type: 'object',
    properties: { size: { type: 'integer' } },
    additionalProperties: false,
  };
  const shape = { ...size, properties: { ...size.properties, shape: { type: 'string' } } };

  it('calls an optional property of a closed object a feature', () => {
    expect(told(compared(ofSchema(size), ofSchema(shape)))).toEqual([
      'minor compatible incompatible',
      '+property-added [forward]',
    ]);
  });

  it('calls a property that became required breaking, and shows a document', () => {
    const comparison = compared(ofSchema(size), ofSchema({ ...size, required: ['size'] }));
    expect(told(comparison)).toEqual([
      'major incompatible compatible',
      '!required-added [backward]',
    ]);
    const { backward, changes } = comparison;
    expect(backward).toEqual({
      kind: 'incompatible',
      counterExample: {
        document: {},
        validUnder: 'older',
        refusal: 'the document must have required property "size"',
      },
    });
    expect(changes[0]?.counterExample).toMatchObject({ document: {}, validUnder: 'older' });
  });

  it('finds nothing that breaks when a schema moves into the definitions', () => {
    const moved = {
      ...size,
      properties: { size: { $ref: '#/$defs/n' } },
      $defs: { n: { type: 'integer' } },
    };
    expect(told(compared(ofSchema(size), ofSchema(moved), { mode: 'FULL' }))).toEqual([
      'patch compatible compatible',
      'reference-added []',
      'definition-added []',
    ]);
  });

  it('believes the proof where a rule alone would blame', () => {
    const older = { minimum: 1 };
    const newer = { exclusiveMinimum: 0, anyOf: [{ minimum: 1 }] };
    const { changes, level } = compared(ofSchema(older), ofSchema(newer), { mode: 'FULL' });
    expect(level).toBe('patch');
    expect(changes.filter(({ breaks }) => breaks.length > 0)).toEqual([]);
  });

  it('tries unclear changes by themselves, and blames those alone that break', () => {
    const branches = (more: readonly JsonObject[], pattern: string) => ({
      oneOf: [{ type: 'null' }, { type: 'string', pattern }, ...more],
    });
    const older = ofSchema(branches([], '^a$'));
    const newer = ofSchema(branches([{ type: 'boolean' }], '^[a]$'));
    expect(told(compared(older, newer))).toEqual([
      'minor compatible incompatible',
      '+one-of-branch-added [forward]',
      'pattern-changed []',
    ]);
  });

  it('takes a schema that came or went for one against everything', () => {
    const none: ContractContent = { descriptor: {} };
    const some: ContractContent = { ...none, ...ofSchema({ type: 'object' }) };
    expect(told(compared(none, some))).toEqual([
      'major incompatible compatible',
      '!schema-added [backward]',
    ]);
    expect(told(compared(some, none))).toEqual([
      'minor compatible incompatible',
      '+schema-removed [forward]',
    ]);
    expect(
      told(compared(none, { ...none, ...ofSchema({ title: 'a' }) }, { mode: 'FULL' })),
    ).toEqual(['patch compatible compatible', 'schema-added []']);
  });

  it('finds nothing where only white space and the order of keys differ', () => {
    const older = { jsonSchema: '{"type":"object","title":"a"}' };
    const newer = { jsonSchema: '{ "title": "a",\n "type": "object" }' };
    expect(told(compared(older, newer))).toEqual(['none compatible compatible']);
  });

  it('looks at what references say, not only at their names', () => {
    const content = (type: string): ContractContent => ({
      ...ofSchema({ $ref: 'urn:x:a' }),
      references: [{ uri: 'urn:x:a', jsonSchema: JSON.stringify({ type }) }],
    });
    expect(told(compared(content('number'), content('integer')))).toEqual([
      'major incompatible compatible',
      '!type-narrowed [backward]',
      'reference-changed []',
    ]);
  });

  it('says what it does not know, and counts it as incompatible', () => {
    const { backward, isCompatible, level } = compared(
      ofSchema({ format: 'colour' }),
      ofSchema({ format: 'color' }),
    );
    expect(backward.kind).toBe('unknown');
    expect([isCompatible, level]).toEqual([false, 'major']);
  });

  it('does not know what an older text that cannot be read means', () => {
    const { backward, forward } = compared({ jsonSchema: '{' }, ofSchema(true));
    expect([backward.kind, forward.kind]).toEqual(['unknown', 'unknown']);
  });

  it('stops when the time is over', () => {
    const job: GateJob = {
      candidate: ofSchema(shape),
      predecessors: [{ version: '1.0.0', content: ofSchema(size) }],
      mode: 'FULL',
      assertsFormats: true,
      stepsMax: 1_000,
      isExplained: true,
    };
    expect(runGate(job, { expired: () => true }).comparisons[0]?.backward.kind).not.toBe(
      'incompatible',
    );
  });

  it('keeps 200 changes, the breaking ones first, and counts the rest', () => {
    const schema = (count: number, required: readonly string[]) => ({
      properties: Object.fromEntries(
        Array.from({ length: count }, (_, at) => [`p${at}`, { title: `${required.length} ${at}` }]),
      ),
      required,
    });
    const { changes, changesOmitted } = compared(
      ofSchema(schema(300, [])),
      ofSchema(schema(300, ['z'])),
    );
    expect([changes.length, changesOmitted, changes[0]?.rule]).toEqual([
      200,
      101,
      'required-added',
    ]);
  });

  it('drops a counter-example that is too long, and not the verdict', () => {
    const { backward } = compared(ofSchema({ const: 'x'.repeat(70_000) }), ofSchema(false));
    expect(backward).toEqual({ kind: 'incompatible' });
  });
});

describe('what runGate() blames', () => {
  it('gives each breaking change a document that it alone makes invalid', () => {
    const older: JsonObject = {
      type: 'object',
      properties: { a: { maxLength: 9 }, b: { enum: [1, 2] } },
    };
    const newer: JsonObject = {
      type: 'object',
      properties: { a: { maxLength: 3 }, b: { enum: [1] } },
      required: ['a'],
    };
    const { changes } = compared(ofSchema(older), ofSchema(newer));
    expect(changes.map(({ rule }) => rule)).toEqual([
      'required-added',
      'max-length-lowered',
      'enum-value-removed',
    ]);
    const options = { dialect: '2020-12', assertsFormats: true } as const;
    for (const { counterExample } of changes) {
      const document = counterExample?.document ?? null;
      expect(validateDocument(older, document, options).kind).toBe('valid');
      expect(validateDocument(newer, document, options).kind).toBe('invalid');
    }
    expect(new Set(changes.map(({ counterExample }) => counterExample?.refusal)).size).toBe(3);
  });

  it('always blames somebody for a direction that is refuted', () => {
    const older = { oneOf: [{ type: 'string' }, { maxLength: 5 }] };
    const newer = { oneOf: [{ type: 'string' }, { maxLength: 10 }] };
    const { changes } = compared(ofSchema(older), ofSchema(newer));
    expect(changes.map(({ breaks }) => breaks)).toEqual([['backward']]);
  });
});
