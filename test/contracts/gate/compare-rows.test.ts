import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareDescriptors } from '#contracts/gate/compare-descriptors';
import { canonicalJson, type Json, type JsonObject } from '#domain/canonical-json';
import type { ColumnContract } from '#domain/column-contract';
import { readDescriptor } from '#domain/data-contract';
import { type DataType, orderOf, readTyped } from '#domain/data-type';
import { DefinitionFaults } from '#domain/definition-reader';
import { datasetOf } from '#test/support/data-contracts';

/** Values of each type, close enough to each other for bounds and lists to tell them apart. */
const VALUES = {
  string: ['', 'a', 'b', 'ab'],
  integer: [0, 1, 2],
  number: [0, 0.5, 1, 2],
  date: ['2026-01-01', '2026-01-02', '2026-01-03'],
} as const satisfies Partial<Record<DataType, readonly Json[]>>;
type Type = keyof typeof VALUES;
type Row = Readonly<Record<string, Json>>;
const types = Object.keys(VALUES) as readonly Type[];

// More often absent than there: where everything is bounded hardly any two contracts are compatible.
const perhaps = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.oneof({ weight: 3, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary });

function constraintsOf(type: Type): fc.Arbitrary<JsonObject> {
  const some = perhaps(fc.subarray([...VALUES[type]], { minLength: 1 }));
  const bounds = perhaps(fc.subarray([...VALUES[type]] as Json[], { minLength: 2, maxLength: 2 }));
  return fc
    .record({ disallowNulls: perhaps(fc.boolean()), some, bounds, length: perhaps(fc.nat(2)) })
    .map(({ disallowNulls, some: allowedValues, bounds: two, length: maxLength }) =>
      withoutAbsent({
        disallowNulls,
        allowedValues,
        ...(type === 'string' ? { maxLength } : { minValue: two?.[0], maxValue: two?.[1] }),
      }),
    );
}

const column = fc.constantFrom(...types).chain((dataType) =>
  fc
    .record({
      id: fc.constantFrom('a', 'b', 'c'),
      required: fc.boolean(),
      constraints: constraintsOf(dataType),
      defaultValue: perhaps(fc.constantFrom(...VALUES[dataType])),
      alias: perhaps(fc.constantFrom('a', 'b', 'c')),
    })
    .map(({ alias, ...rest }) =>
      withoutAbsent({ ...rest, dataType, aliases: alias === undefined ? undefined : [alias] }),
    ),
);

const descriptor = fc
  .uniqueArray(column, { minLength: 1, maxLength: 3, selector: (one) => one['id'] })
  .map((columns) => datasetOf({ columns }))
  .filter((one) => readDescriptor(one).kind === 'typed');

const changed = fc
  .tuple(descriptor, column, fc.boolean())
  .map(([older, one, isNewest]): readonly [JsonObject, JsonObject] => {
    const columns = older['columns'] as readonly JsonObject[];
    const newer = datasetOf({ columns: [...columns.slice(1), one] });
    return isNewest ? [older, newer] : [newer, older];
  })
  .filter((pair) => pair.every((one) => readDescriptor(one).kind === 'typed'));

/** Two versions: of nothing in common, or with one column that differs. */
const versions = fc.oneof(fc.tuple(descriptor, descriptor), changed);

/** Says whether a contract allows a row, by what its members say and nothing else. */
function allows(columns: readonly ColumnContract[], values: Row): boolean {
  return columns.every((one) => {
    const name = [one.id, ...one.aliases].find((each) => Object.hasOwn(values, each));
    const value = name === undefined ? undefined : values[name];
    if (value === undefined) return !one.required || one.defaultValue !== undefined;
    if (value === null) return !one.constraints.disallowNulls;
    return isAllowed(one, value);
  });
}

/** Gives every row that somebody may write by a contract: each of its columns without a value, or with one that it allows. */
function written(columns: readonly ColumnContract[]): readonly Row[] {
  let rows: readonly Row[] = [{}];
  for (const one of columns) {
    const values = [null, ...VALUES[one.dataType as Type]].filter((value) =>
      allows([one], { [one.id]: value }),
    );
    rows = rows.flatMap((row) => [
      ...(allows([one], {}) ? [row] : []),
      ...values.map((value) => Object.assign({}, row, { [one.id]: value })),
    ]);
  }
  return rows;
}

function isAllowed({ dataType, constraints }: ColumnContract, value: Json): boolean {
  const faults = new DefinitionFaults();
  if (readTyped({ value, path: '', faults }, dataType) === undefined) return false;
  const { minValue, maxValue, allowedValues, maxLength } = constraints;
  const order = (of: Json | undefined, otherwise: number) =>
    of === undefined ? otherwise : (orderOf(of, dataType) ?? otherwise);
  const at = order(value, 0);
  if (at < order(minValue, -Infinity) || at > order(maxValue, Infinity)) return false;
  if (typeof value === 'string' && maxLength !== undefined && value.length > maxLength)
    return false;
  const text = canonicalJson(value);
  return allowedValues === undefined || allowedValues.some((one) => canonicalJson(one) === text);
}

function columnsOf(of: JsonObject): readonly ColumnContract[] {
  const read = readDescriptor(of);
  if (read.kind !== 'typed' || read.descriptor.kind !== 'dataset-contract') throw new TypeError();
  return read.descriptor.columns;
}

function withoutAbsent(members: Readonly<Record<string, Json | undefined>>): JsonObject {
  return Object.fromEntries(
    Object.entries(members).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, value]],
    ),
  );
}

describe('the verdict about two dataset contracts', () => {
  it('is never compatible where a row shows that it is not, in either direction', () => {
    fc.assert(
      fc.property(versions, ([older, newer]) => {
        const { backward, forward } = compareDescriptors(older, newer);
        const [was, is] = [columnsOf(older), columnsOf(newer)];
        if (backward.kind === 'compatible')
          expect(written(was).filter((row) => !allows(is, row))).toEqual([]);
        if (forward.kind === 'compatible')
          expect(written(is).filter((row) => !allows(was, row))).toEqual([]);
      }),
      { numRuns: 6_000 },
    );
  });

  it('is compatible with itself, and says nothing of what is the same', () => {
    fc.assert(
      fc.property(descriptor, (one) => {
        expect(compareDescriptors(one, structuredClone(one)).changes).toEqual([]);
      }),
    );
  });
});
