import { describe, expect, it } from 'vitest';
import type { ContractContent, GateFault } from '#contracts/gate/gate-report';
import { runGate } from '#contracts/gate/run-gate';
import { STRICT_JSON_BYTES_MAX } from '#contracts/json/parse-strict-json';
import type { JsonObject } from '#domain/canonical-json';
import { COMPATIBILITY_MODES } from '#domain/contract-gate';
import { compared, judge, ofSchema, ofWit, told } from '#test/contracts/gate/gate-job';

function rules(faults: readonly GateFault[]): readonly string[] {
  return faults.map(({ part, rule }) => `${part} ${rule}`);
}

describe('what runGate() refuses whatever came before', () => {
  it.each<[string, ContractContent, readonly string[]]>([
    ['a contract without content', {}, ['jsonSchema contract-empty']],
    [
      'a contract with references alone',
      { references: [], wit: [] },
      ['jsonSchema contract-empty'],
    ],
    ['a text that is no JSON', { jsonSchema: '{' }, ['jsonSchema json-syntax']],
    ['a reference that is not given', ofSchema({ $ref: 'urn:x:a' }), ['jsonSchema ref-unresolved']],
    ['WIT that names nothing', ofWit('package a:b; interface i { f: func() -> t; }'), ['wit name']],
    [
      'a reference that cannot be read',
      { ...ofSchema({ $ref: 'urn:x:a' }), references: [{ uri: 'urn:x:a', jsonSchema: '{' }] },
      ['jsonSchema ref-unresolved', 'references reference-invalid'],
    ],
    [
      'a descriptor that is too deep',
      { descriptor: nested(101) },
      ['descriptor descriptor-too-large'],
    ],
    [
      'a descriptor that is too long',
      { descriptor: { a: 'x'.repeat(STRICT_JSON_BYTES_MAX) } },
      ['descriptor descriptor-too-large'],
    ],
  ])('refuses %s', (_, content, want) => {
    const { faults, comparisons, level } = judge(ofSchema(true), content);
    expect(rules(faults)).toEqual(want);
    expect([comparisons, level]).toEqual([[], 'none']);
  });

  it('tells the faults of all parts at once, with their places', () => {
    const { faults } = judge(ofSchema(true), {
      jsonSchema: '{\n "type": 7 }',
      ...ofWit('package a:b;\ninterface {'),
    });
    expect(faults.map(({ part, line }) => [part, line])).toEqual([
      ['jsonSchema', 2],
      ['wit', 2],
    ]);
  });

  it('lets pass what is only just small enough', () => {
    expect(judge(ofSchema(true), { descriptor: nested(100) }).faults).toEqual([]);
  });

  it('warns of references that nothing leads to, of schemas and of WIT', () => {
    const wit = (name: string) => [
      { path: 'a.wit', text: `package x:${name}; interface i { type t = u8; }` },
    ];
    const content: ContractContent = {
      ...ofSchema({ $ref: 'urn:x:a' }),
      ...ofWit('package a:b; interface i { use x:used/i.{t}; f: func() -> t; }'),
      references: [
        { uri: 'urn:x:a', jsonSchema: '{"$ref":"urn:x:b"}' },
        { uri: 'urn:x:b', jsonSchema: 'true' },
        { uri: 'urn:x:c', jsonSchema: 'true' },
        { uri: 'urn:x:used', wit: wit('used') },
        { uri: 'urn:x:idle', wit: wit('idle') },
      ],
    };
    const { faults, warnings } = judge(content, content);
    expect(faults).toEqual([]);
    expect(warnings.map(({ rule, message }) => [rule, /"([^"]*)"/.exec(message)?.[1]])).toEqual([
      ['reference-unused', 'urn:x:c'],
      ['reference-unused', 'urn:x:idle'],
    ]);
  });
});

describe('how runGate() follows the mode', () => {
  const wide = ofSchema({ type: ['string', 'null'] });
  const narrow = ofSchema({ type: 'string' });
  const other = ofSchema({ type: ['string', 'boolean'] });

  it.each(COMPATIBILITY_MODES)('%s allows what it says', (mode) => {
    const outcome = (older: ContractContent, newer: ContractContent) => {
      const { isCompatible, level, changes } = compared(older, newer, { mode });
      return [isCompatible, level, changes.some(({ isBreaking }) => isBreaking)];
    };
    const backward = /BACKWARD|FULL/.test(mode);
    const forward = /FORWARD|FULL/.test(mode);
    const isNone = mode === 'NONE';
    expect(outcome(wide, narrow)).toEqual([
      !backward,
      backward || isNone ? 'major' : 'minor',
      backward,
    ]);
    expect(outcome(narrow, wide)).toEqual([!forward, forward ? 'major' : 'minor', forward]);
    expect(outcome(wide, other)).toEqual([isNone, 'major', !isNone]);
    expect(outcome(wide, wide)).toEqual([true, 'none', false]);
  });

  it('compares with every version that is given, and takes the largest level', () => {
    const predecessors = [wide, narrow, other].map((content, index) => ({
      version: `1.${index}.0`,
      content,
    }));
    const job = {
      candidate: wide,
      predecessors,
      mode: 'BACKWARD_TRANSITIVE',
      assertsFormats: true,
      stepsMax: 1_000,
      isExplained: true,
    } as const;
    const { comparisons, level } = runGate(job);
    expect(comparisons.map((each) => [each.version, each.level])).toEqual([
      ['1.0.0', 'none'],
      ['1.1.0', 'minor'],
      ['1.2.0', 'major'],
    ]);
    expect(level).toBe('major');
    expect(runGate(job)).toEqual(runGate(job));
    expect(runGate({ ...job, predecessors: [] })).toMatchObject({ comparisons: [], level: 'none' });
  });
});

describe('how runGate() compares WIT, descriptors and both', () => {
  const wit = (body: string) => ofWit(`package a:b@1.0.0; interface i { ${body} }`);

  it('protects callers backward and providers forward', () => {
    const one = wit('f: func();');
    const two = wit('f: func(); g: func();');
    expect(told(compared(one, two))).toEqual([
      'minor compatible incompatible',
      '+function-added [forward]',
    ]);
    expect(told(compared(one, two, { mode: 'FORWARD' }))).toEqual([
      'major compatible incompatible',
      '!function-added [forward]',
    ]);
    expect(compared(two, one).backward.kind).toBe('incompatible');
    expect(told(compared(one, one))).toEqual(['none compatible compatible']);
  });

  it('calls a package that came a feature, and one that went breaking for everybody', () => {
    const none: ContractContent = { descriptor: {} };
    const some = { ...none, ...wit('f: func();') };
    expect(told(compared(none, some))).toEqual(['minor compatible compatible', '+wit-added []']);
    expect(told(compared(some, none))).toEqual([
      'major incompatible incompatible',
      '!wit-removed [backward,forward]',
    ]);
  });

  it('joins referenced packages of several files', () => {
    const references = [
      {
        uri: 'urn:x:types',
        wit: [
          { path: 'a.wit', text: 'package x:types; interface i { type t = u8; }' },
          { path: 'b.wit', text: 'package x:types; interface j { use i.{t}; f: func() -> t; }' },
        ],
      },
    ];
    const content = { ...wit('use x:types/i.{t}; f: func() -> t;'), references };
    expect(judge(content, content)).toMatchObject({ faults: [], warnings: [], level: 'none' });
  });

  it('lists what changed in a descriptor, and breaks nothing', () => {
    const { changes, level } = compared(
      { descriptor: { a: 1, b: { c: [1] }, 'd/e': true } },
      { descriptor: { a: 1, b: { c: [2] }, f: null } },
      { mode: 'FULL' },
    );
    expect(level).toBe('patch');
    expect(
      changes.map(({ rule, before = '-', after = '-', breaks }) => [rule, before, after, breaks]),
    ).toEqual([
      ['descriptor-changed', '/b/c', '/b/c', []],
      ['descriptor-changed', '/d~1e', '-', []],
      ['descriptor-changed', '-', '/f', []],
    ]);
  });

  it('takes the worst of the parts', () => {
    const older = { ...ofSchema({ type: 'string' }), ...wit('f: func();') };
    const newer = { ...ofSchema({ type: ['string', 'null'] }), ...wit('g: func();') };
    const { backward, forward, changes } = compared(older, newer);
    expect([backward.kind, forward.kind]).toEqual(['incompatible', 'incompatible']);
    expect(new Set(changes.map(({ part }) => part))).toEqual(new Set(['jsonSchema', 'wit']));
  });
});

function nested(depth: number): JsonObject {
  let value: JsonObject = {};
  for (let at = 1; at < depth; at += 1) value = { a: value };
  return value;
}
