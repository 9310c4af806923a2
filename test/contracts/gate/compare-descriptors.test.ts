import { describe, expect, it } from 'vitest';
import type { JsonObject } from '#domain/canonical-json';
import { compared, judge, told } from '#test/contracts/gate/gate-job';
import { columnOf, dataContractOf, datasetOf, wholeDataset } from '#test/support/data-contracts';

function tell(older: JsonObject, newer: JsonObject): readonly string[] {
  return told(compared({ descriptor: older }, { descriptor: newer }));
}

/** What one column becomes, as a whole comparison. */
function tellColumn(older: JsonObject, newer: JsonObject): readonly string[] {
  const of = (rest: JsonObject) => datasetOf({ columns: [columnOf('a', rest)] });
  return tell(of(older), of(newer));
}

const SAME = ['none compatible compatible'];
const constrained = (constraints: JsonObject, dataType = 'string'): JsonObject => ({
  dataType,
  constraints,
});

describe('how two typed descriptors are compared', () => {
  it('finds no difference between equal ones, nor where only a default was written out', () => {
    expect(tell(wholeDataset, wholeDataset)).toEqual(SAME);
    expect(tellColumn({}, { required: true, constraints: { unique: false } })).toEqual(SAME);
  });

  it.each<[string, JsonObject, JsonObject, string]>([
    [
      'an optional column is a feature',
      datasetOf(),
      datasetOf({ columns: [...columns(), columnOf('c', { required: false })] }),
      'minor compatible compatible | +column-added []',
    ],
    [
      'a required column with a default is a feature',
      datasetOf(),
      datasetOf({ columns: [...columns(), columnOf('c', { defaultValue: '' })] }),
      'minor compatible compatible | +column-added []',
    ],
    [
      'a required column breaks who reads older rows',
      datasetOf(),
      datasetOf({ columns: [...columns(), columnOf('c')] }),
      'major incompatible compatible | !column-added [backward]',
    ],
    [
      'a column that went breaks who knows it',
      datasetOf(),
      datasetOf({ columns: columns().slice(0, 1) }),
      'minor compatible incompatible | column-removed [forward]',
    ],
    [
      'an alias tells that a column was renamed',
      datasetOf({ columns: [columnOf('a')] }),
      datasetOf({ columns: [columnOf('b', { aliases: ['a'] })] }),
      'minor compatible incompatible | column-renamed [forward] | descriptor-changed []',
    ],
    [
      'an alias that takes the name of another column',
      datasetOf({ columns: [columnOf('a', { required: false }), columnOf('b')] }),
      datasetOf({ columns: [columnOf('a', { required: false, aliases: ['b'] })] }),
      'major incompatible incompatible | !column-name-taken [backward] | column-removed [forward]',
    ],
    [
      'an alias of before that is a column now',
      datasetOf({ columns: [columnOf('a', { aliases: ['b'] })] }),
      datasetOf({ columns: [columnOf('a'), columnOf('b', { required: false })] }),
      'minor compatible incompatible | +column-added [] | column-name-taken [forward]',
    ],
    [
      'another order is a patch',
      datasetOf(),
      datasetOf({ columns: columns().toReversed() }),
      'patch compatible compatible | columns-reordered []',
    ],
    [
      'a primary key that came',
      datasetOf(),
      datasetOf({ primaryKeys: ['order_id'] }),
      'major incompatible compatible | !primary-key-changed [backward]',
    ],
    [
      'another primary key',
      datasetOf({ primaryKeys: ['order_id'] }),
      datasetOf({ primaryKeys: ['order_id', 'note'] }),
      'major incompatible incompatible | !primary-key-changed [backward,forward]',
    ],
    [
      'another type of dataset is another dataset',
      datasetOf(),
      datasetOf({ datasetType: 'bills' }),
      'major incompatible incompatible | !dataset-removed [backward,forward] | +dataset-added []',
    ],
    [
      'the case of a type does not count',
      datasetOf(),
      datasetOf({ datasetType: 'Orders' }),
      'patch compatible compatible | descriptor-changed []',
    ],
    [
      'a dataset among others',
      dataContractOf(),
      dataContractOf({ datasets: [datasetOf(), datasetOf({ datasetType: 'b' })] }),
      'minor compatible compatible | +dataset-added []',
    ],
    [
      'from one dataset to several with the same one',
      datasetOf(),
      dataContractOf(),
      'patch compatible compatible | descriptor-changed []',
    ],
    [
      'a typed descriptor that became free',
      datasetOf(),
      { note: 'gone' },
      'major incompatible incompatible | !dataset-removed [backward,forward]',
    ],
    [
      'a description',
      datasetOf(),
      datasetOf({ description: 'More' }),
      'patch compatible compatible | descriptor-changed []',
    ],
  ])('%s', (_, older, newer, want) => {
    expect(tell(older, newer).slice(0, want.split(' | ').length)).toEqual(want.split(' | '));
  });

  it.each<[string, JsonObject, JsonObject, string]>([
    ['made required', { required: false }, {}, 'column-made-required [backward]'],
    ['made optional', {}, { required: false }, 'column-made-optional [forward]'],
    [
      'wider type',
      { dataType: 'integer' },
      { dataType: 'number' },
      'column-type-widened [forward]',
    ],
    [
      'narrower type',
      { dataType: 'decimal' },
      { dataType: 'integer' },
      'column-type-narrowed [backward]',
    ],
    [
      'another type',
      { dataType: 'date' },
      { dataType: 'string' },
      'column-type-changed [backward,forward]',
    ],
    ['unique', {}, constrained({ unique: true }), 'column-unique-narrowed [backward]'],
    ['not unique', constrained({ unique: true }), {}, 'column-unique-widened [forward]'],
    ['no nulls', {}, constrained({ disallowNulls: true }), 'column-nulls-narrowed [backward]'],
    [
      'a higher least value',
      constrained({ minValue: 1 }, 'integer'),
      constrained({ minValue: 2 }, 'integer'),
      'column-min-value-narrowed [backward]',
    ],
    [
      'a higher most value',
      constrained({ maxValue: 1 }, 'integer'),
      constrained({ maxValue: 2 }, 'integer'),
      'column-max-value-widened [forward]',
    ],
    [
      'an earlier last day',
      constrained({ maxValue: '2026-02-01' }, 'date'),
      constrained({ maxValue: '2026-01-31' }, 'date'),
      'column-max-value-narrowed [backward]',
    ],
    ['a length', {}, constrained({ maxLength: 9 }), 'column-max-length-narrowed [backward]'],
    [
      'a shorter least length',
      constrained({ minLength: 2 }),
      constrained({ minLength: 1 }),
      'column-min-length-widened [forward]',
    ],
    ['a pattern', {}, constrained({ regex: 'a' }), 'column-regex-narrowed [backward]'],
    [
      'another pattern',
      constrained({ regex: 'a' }),
      constrained({ regex: 'b' }),
      'column-regex-changed [backward,forward]',
    ],
    [
      'fewer values',
      constrained({ allowedValues: ['a', 'b'] }),
      constrained({ allowedValues: ['a'] }),
      'column-values-narrowed [backward]',
    ],
    [
      'more values',
      constrained({ allowedValues: ['a'] }),
      constrained({ allowedValues: ['b', 'a'] }),
      'column-values-widened [forward]',
    ],
    [
      'other values',
      constrained({ allowedValues: ['a'] }),
      constrained({ allowedValues: ['b'] }),
      'column-values-changed [backward,forward]',
    ],
  ])('tells what a column breaks by %s, once', (_, older, newer, want) => {
    const [verdict, ...changes] = tellColumn(older, newer);
    const isBreaking = want.includes('backward');
    expect(changes).toEqual([`${isBreaking ? '!' : ''}${want}`]);
    expect(verdict?.startsWith(isBreaking ? 'major incompatible' : 'minor compatible')).toBe(true);
  });

  it('reads each bound by the type of its own side', () => {
    const older = constrained({ minValue: 0.5 }, 'number');
    expect(tellColumn(older, constrained({ minValue: 0 }, 'integer'))).toEqual([
      'major incompatible incompatible',
      '!column-type-narrowed [backward]',
      'column-min-value-widened [forward]',
    ]);
  });

  it('says nothing about the order of values, and of bounds written otherwise', () => {
    const of = (...allowedValues: readonly string[]) => constrained({ allowedValues });
    expect(tellColumn(of('a', 'b'), of('b', 'a'))[0]).toBe('patch compatible compatible');
  });

  it('points to where a column was and is, and says what happened in a sentence', () => {
    const older = datasetOf({
      columns: [columnOf('a'), columnOf('b', constrained({ maxLength: 9 }))],
    });
    const newer = datasetOf({
      columns: [columnOf('b', constrained({ maxLength: 8 })), columnOf('a')],
    });
    const { changes } = compared({ descriptor: older }, { descriptor: newer });
    expect(changes[0]).toMatchObject({
      rule: 'column-max-length-narrowed',
      before: '/columns/1/constraints/maxLength',
      after: '/columns/0/constraints/maxLength',
      message: 'The maxLength of /columns/0 went from 9 to 8',
    });
  });

  it('compares what was published before its kind had a form as free', () => {
    const before = { kind: 'dataset-contract', anything: 1 };
    const { backward, changes } = compared({ descriptor: before }, { descriptor: datasetOf() });
    expect(backward.kind).toBe('compatible');
    expect(changes.map(({ rule }) => rule)).toContain('dataset-added');
  });
});

describe('what is wrong with a typed descriptor', () => {
  it('is told up to a hundred times, and then counted', () => {
    const columns = Array.from({ length: 150 }, (_, at) => columnOf(`c${at}`, { colour: 'red' }));
    const { faults } = judge({ descriptor: {} }, { descriptor: datasetOf({ columns }) });
    expect(faults).toHaveLength(101);
    expect(faults.at(-1)).toEqual({
      rule: 'descriptor-invalid',
      part: 'descriptor',
      message: 'Cannot accept descriptor: it has 50 more faults (want none)',
    });
  });

  it('is a fault of the contract, with its pointer', () => {
    expect(() =>
      compared({ descriptor: {} }, { descriptor: datasetOf({ columns: [columnOf('')] }) }),
    ).toThrow(/descriptor-invalid.*\/columns\/0\/id/);
  });
});

function columns(): readonly JsonObject[] {
  return [columnOf('order_id'), columnOf('note', { required: false })];
}
