import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Json, JsonObject } from '#domain/canonical-json';
import { readDescriptor } from '#domain/data-contract';
import { COLUMNS_MAX, datasetTypesOf } from '#domain/dataset-contract';
import { columnOf, dataContractOf, datasetOf, wholeDataset } from '#test/support/data-contracts';
import { HOSTILE } from '#test/support/hostile';

function pathsOf(descriptor: JsonObject): readonly string[] {
  const read = readDescriptor(descriptor);
  return read.kind === 'refused' ? read.faults.map(({ path }) => path).toSorted() : [];
}

function ofColumn(rest: JsonObject): readonly string[] {
  return pathsOf(datasetOf({ columns: [columnOf('a', rest)] }));
}

describe('readDescriptor() of a dataset contract', () => {
  it('takes one that uses every member, and gives each its default', () => {
    expect(pathsOf(wholeDataset)).toEqual([]);
    expect(readDescriptor(datasetOf())).toMatchObject({
      kind: 'typed',
      descriptor: {
        columns: [
          { id: 'order_id', required: true, constraints: { unique: false, disallowNulls: false } },
          { id: 'note', required: false },
        ],
        primaryKeys: [],
        qualitySlos: [],
      },
    });
    expect(readDescriptor(wholeDataset)).toMatchObject({
      descriptor: { qualitySlos: [{ periodDays: 30 }, { periodDays: 7 }] },
    });
  });

  it('names every fault with its pointer, all at once', () => {
    const faulty = {
      kind: 'dataset-contract',
      datasetType: 'two words',
      lifecycle: { status: 'approved' },
      columns: [
        { id: 'a', dataType: 'text' },
        { id: 'b', dataType: 'string', colour: 'red' },
        'x',
        { dataType: 'string' },
      ],
      primaryKeys: ['a', 'nowhere'],
      indexes: [{ name: 'i', fields: [] }],
      dependsOn: [{ name: 'Not A Name', version: 'newest' }],
      schemaRegistryRef: { subject: 's', version: 0, registryType: 'confluent' },
    };
    expect(pathsOf(faulty)).toEqual([
      '/columns/0/dataType',
      '/columns/1/colour',
      '/columns/2',
      '/columns/3/id',
      '/datasetType',
      '/dependsOn/0/name',
      '/dependsOn/0/version',
      '/indexes/0/fields',
      '/lifecycle',
      '/primaryKeys/1',
      '/schemaRegistryRef/version',
    ]);
  });

  it('takes at most so many columns, and one at least', () => {
    const columns = (count: number) =>
      datasetOf({ columns: Array.from({ length: count }, (_, at) => columnOf(`c${at}`)) });
    expect(pathsOf(columns(COLUMNS_MAX))).toEqual([]);
    expect(pathsOf(columns(COLUMNS_MAX + 1))).toEqual(['/columns']);
    expect(pathsOf(columns(0))).toEqual(['/columns']);
  });

  it('refuses two columns of one id, and takes ids that differ in case', () => {
    const two = (a: string, b: string) => datasetOf({ columns: [columnOf(a), columnOf(b)] });
    expect(pathsOf(two('a', 'a'))).toEqual(['/columns/1']);
    expect(pathsOf(two('a', 'A'))).toEqual([]);
  });

  it.each<[string, readonly JsonObject[], readonly string[]]>([
    ['an id', [columnOf('a'), columnOf('b', { aliases: ['a'] })], ['/columns/1/aliases/0']],
    [
      'a later id',
      [columnOf('a', { aliases: ['c', 'b'] }), columnOf('b')],
      ['/columns/0/aliases/1'],
    ],
    [
      'another alias',
      [columnOf('a', { aliases: ['x'] }), columnOf('b', { aliases: ['x'] })],
      ['/columns/1/aliases/0'],
    ],
    ['its own id', [columnOf('a', { aliases: ['a'] })], ['/columns/0/aliases/0']],
  ])('refuses an alias that is %s', (_, columns, want) => {
    expect(pathsOf(datasetOf({ columns }))).toEqual(want);
  });

  it.each<[string, JsonObject, readonly string[]]>([
    [
      'bounds the wrong way round',
      { dataType: 'integer', constraints: { minValue: 2, maxValue: 1 } },
      ['/constraints/minValue'],
    ],
    [
      'dates the wrong way round',
      { dataType: 'date', constraints: { minValue: '2026-02-01', maxValue: '2026-01-31' } },
      ['/constraints/minValue'],
    ],
    [
      'lengths the wrong way round',
      { constraints: { minLength: 2, maxLength: 1 } },
      ['/constraints/minLength'],
    ],
    ['a bound of a text', { constraints: { minValue: 'a' } }, ['/constraints/minValue']],
    [
      'a length of a number',
      { dataType: 'number', constraints: { maxLength: 1 } },
      ['/constraints/maxLength'],
    ],
    [
      'a pattern of a number',
      { dataType: 'number', constraints: { regex: 'a' } },
      ['/constraints/regex'],
    ],
    ['a pattern that does not compile', { constraints: { regex: '(' } }, ['/constraints/regex']],
    [
      'a pattern that is too long',
      { constraints: { regex: 'a'.repeat(1_001) } },
      ['/constraints/regex'],
    ],
    ['no allowed value', { constraints: { allowedValues: [] } }, ['/constraints/allowedValues']],
    [
      'allowed values of another type, and twice',
      { constraints: { allowedValues: ['a', 1, 'a'] } },
      ['/constraints/allowedValues/1', '/constraints/allowedValues/2'],
    ],
    [
      'allowed values of objects',
      { dataType: 'object', constraints: { allowedValues: [{}] } },
      ['/constraints/allowedValues'],
    ],
    ['a default of another type', { dataType: 'integer', defaultValue: 1.5 }, ['/defaultValue']],
    [
      'a default that is not allowed',
      { defaultValue: 'b', constraints: { allowedValues: ['a'] } },
      ['/defaultValue'],
    ],
    [
      'null for a column without nulls',
      { defaultValue: null, constraints: { disallowNulls: true } },
      ['/defaultValue'],
    ],
    [
      'constraints that contradict the column',
      { required: false, constraints: { required: true } },
      ['/constraints/required'],
    ],
    [
      'thresholds the wrong way round',
      { profilingExpectations: [{ metric: 'm', minThreshold: 2, maxThreshold: 1 }] },
      ['/profilingExpectations/0/minThreshold'],
    ],
    [
      'a tolerance below zero',
      { profilingExpectations: [{ metric: 'm', changeTolerancePct: -1 }] },
      ['/profilingExpectations/0/changeTolerancePct'],
    ],
    ['a tag with spaces', { sensitivityTags: ['very secret'] }, ['/sensitivityTags/0']],
  ])('refuses %s', (_, column, want) => {
    expect(ofColumn(column)).toEqual(want.map((path) => `/columns/0${path}`));
  });

  it.each<[string, Json, readonly string[]]>([
    ['completeness', 1, []],
    ['completeness', 1.01, ['/qualitySlos/0/target']],
    ['completeness', -0.1, ['/qualitySlos/0/target']],
    ['completeness', '1', ['/qualitySlos/0/target']],
    ['delay_minutes', 90, []],
    ['rowCount', 1_000_000, []],
    ['count', 5, []],
    ['delay_minutes', -1, ['/qualitySlos/0/target']],
    ['account', 5, ['/qualitySlos/0/target']],
  ])('takes a target by the name of its metric: %s %s', (metric, target, want) => {
    expect(pathsOf(datasetOf({ qualitySlos: [{ metric, target }] }))).toEqual(want);
  });

  it('never throws and never takes a hostile text for a dataset type', () => {
    for (const datasetType of HOSTILE)
      expect(pathsOf(datasetOf({ datasetType }))).toEqual(['/datasetType']);
  });

  it('reads any JSON without throwing', () => {
    const anything = fc.jsonValue() as fc.Arbitrary<Json>;
    fc.assert(
      fc.property(fc.dictionary(fc.string(), anything), anything, (rest, columns) => {
        const read = readDescriptor({ ...rest, kind: 'dataset-contract', columns });
        expect(read.kind).toBe('refused');
      }),
    );
  });
});

describe('datasetTypesOf()', () => {
  it.each<[string, JsonObject | undefined, readonly string[]]>([
    ['nothing', undefined, []],
    ['a free descriptor', { datasetType: 'orders', kind: 'other' }, []],
    ['a dataset', datasetOf({ datasetType: 'Orders' }), ['orders']],
    [
      'several datasets',
      dataContractOf({
        datasets: [
          datasetOf({ datasetType: 'b' }),
          datasetOf({ datasetType: 'A' }),
          datasetOf({ datasetType: 'B' }),
        ],
      }),
      ['a', 'b'],
    ],
    [
      'malformed parts',
      dataContractOf({ datasets: [7, null, { datasetType: 'a b' }, { datasetType: 'c' }] }),
      ['c'],
    ],
    ['datasets that are no list', dataContractOf({ datasets: 'orders' }), []],
  ])('gives the types of %s', (_, descriptor, want) => {
    expect(datasetTypesOf(descriptor === undefined ? {} : { descriptor })).toEqual(want);
  });

  it('never throws, whatever the descriptor holds', () => {
    const kind = fc.constantFrom('dataset-contract', 'data-contract', 'x');
    fc.assert(
      fc.property(kind, fc.jsonValue(), fc.jsonValue(), (of, datasets, datasetType) => {
        const descriptor = { kind: of, datasets, datasetType } as JsonObject;
        expect(Array.isArray(datasetTypesOf({ descriptor }))).toBe(true);
      }),
    );
  });
});
