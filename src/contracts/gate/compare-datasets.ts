import {
  compareColumns,
  isIndispensable,
  type PlacedColumn,
} from '#contracts/gate/compare-columns';
import { compareFree, type FreeValue } from '#contracts/gate/compare-free';
import { DIRECTIONS, type Direction } from '#contracts/gate/direction';
import type { UnjudgedChange } from '#contracts/gate/unjudged-change';
import { placed, show } from '#contracts/json-schema-diff/show';
import { canonicalJson, type Json } from '#domain/canonical-json';
import type { TypedDescriptor } from '#domain/data-contract';
import type { DatasetContract } from '#domain/dataset-contract';

interface PlacedDataset {
  readonly dataset: DatasetContract;
  /** A JSON pointer. */
  readonly pointer: string;
}

type Datasets = ReadonlyMap<string, PlacedDataset>;

/**
 * Compares what two descriptors say of datasets. Datasets are matched by their type, columns by their id, else by an alias.
 * A descriptor that is not typed has no datasets.
 */
export function compareDatasets(
  older: TypedDescriptor | undefined,
  newer: TypedDescriptor | undefined,
): readonly UnjudgedChange[] {
  const [was, is] = [datasetsOf(older), datasetsOf(newer)];
  return [...new Set([...was.keys(), ...is.keys()])].flatMap((type) => {
    const [before, after] = [was.get(type), is.get(type)];
    if (before !== undefined && after !== undefined) return comparePair(before, after);
    return [presence(`dataset ${show(type)}`, { rule: 'dataset', before, after })];
  });
}

function datasetsOf(descriptor: TypedDescriptor | undefined): Datasets {
  if (descriptor === undefined) return new Map();
  const all =
    descriptor.kind === 'dataset-contract'
      ? [{ dataset: descriptor, pointer: '' }]
      : descriptor.datasets.map((dataset, at) => ({ dataset, pointer: `/datasets/${at}` }));
  return new Map(all.map((one) => [one.dataset.datasetType.toLowerCase(), one]));
}

interface Presence {
  readonly rule: 'dataset' | 'column';
  readonly before: { readonly pointer: string } | undefined;
  readonly after: { readonly pointer: string } | undefined;
  /** What its coming or going breaks; by default nothing, or everything. */
  readonly breaks?: readonly Direction[];
}

function presence(what: string, { rule, before, after, ...rest }: Presence): UnjudgedChange {
  const isAdded = before === undefined;
  const { breaks = isAdded ? [] : DIRECTIONS } = rest;
  return {
    rule: `${rule}-${isAdded ? 'added' : 'removed'}`,
    part: 'descriptor',
    message: `The ${what} was ${isAdded ? 'added' : 'removed'}`,
    ...(before === undefined ? {} : { before: before.pointer }),
    ...(after === undefined ? {} : { after: after.pointer }),
    breaks,
    isFeature: isAdded && breaks.length === 0,
  };
}

function comparePair(was: PlacedDataset, is: PlacedDataset): readonly UnjudgedChange[] {
  return [
    ...compareFree(withoutColumns(was), withoutColumns(is)),
    ...compareKeys(was, is),
    ...compareAllColumns(was, is),
  ];
}

function withoutColumns({ dataset, pointer }: PlacedDataset): FreeValue {
  const { columns: _, primaryKeys: __, kind: ___, ...rest } = dataset;
  return { value: rest, pointer };
}

/** Another key makes other rows the same one; a key that came is a rule, one that went is none any more. */
function compareKeys(was: PlacedDataset, is: PlacedDataset): readonly UnjudgedChange[] {
  const [older, newer] = [was.dataset.primaryKeys.toSorted(), is.dataset.primaryKeys.toSorted()];
  if (canonicalJson(older) === canonicalJson(newer)) return [];
  const breaks: readonly Direction[] =
    older.length === 0 ? ['backward'] : newer.length === 0 ? ['forward'] : DIRECTIONS;
  return [
    {
      rule: 'primary-key-changed',
      part: 'descriptor',
      message: `The primary key${placed(is.pointer)} went from ${show(was.dataset.primaryKeys)} to ${show(is.dataset.primaryKeys)}`,
      before: `${was.pointer}/primaryKeys`,
      after: `${is.pointer}/primaryKeys`,
      breaks,
      isFeature: false,
    },
  ];
}

function compareAllColumns(was: PlacedDataset, is: PlacedDataset): readonly UnjudgedChange[] {
  const [older, newer] = [columnsOf(was), columnsOf(is)];
  const pairs = pairColumns(older, newer);
  const origins = new Map([...pairs].map(([before, after]) => [after, before]));
  const added = newer.filter((one) => !origins.has(one));
  const order = newer.filter((one) => origins.has(one));
  const isReordered = [...pairs.values()].some((one, at) => one !== order[at]);
  return [
    ...older.flatMap((before) => {
      const after = pairs.get(before);
      if (after !== undefined) return comparePlaced(before, after);
      const name = `column ${show(before.column.id)}`;
      return [presence(name, { rule: 'column', before, after, breaks: ['forward'] })];
    }),
    ...added.map((after) =>
      presence(`column ${show(after.column.id)}`, {
        rule: 'column',
        before: undefined,
        after,
        breaks: isIndispensable(after.column) ? ['backward'] : [],
      }),
    ),
    ...takenNames(older, newer, { pairs, breaks: 'backward' }),
    ...takenNames(newer, older, { pairs: origins, breaks: 'forward' }),
    ...(isReordered ? [reordered(was, is)] : []),
  ];
}

type Pairs = ReadonlyMap<PlacedColumn, PlacedColumn>;

/** Lists the columns of whoever writes that whoever reads takes for another one, by an alias. */
function takenNames(
  written: readonly PlacedColumn[],
  read: readonly PlacedColumn[],
  { pairs, breaks }: { readonly pairs: Pairs; readonly breaks: Direction },
): readonly UnjudgedChange[] {
  const byAlias = new Map(
    read.flatMap((one) => one.column.aliases.map((alias) => [alias, one] as const)),
  );
  return written.flatMap((one): UnjudgedChange[] => {
    const taker = byAlias.get(one.column.id);
    if (taker === undefined || pairs.get(one) === taker) return [];
    const [before, after] = breaks === 'backward' ? [one, taker] : [taker, one];
    return [
      {
        rule: 'column-name-taken',
        part: 'descriptor',
        message: `The name ${show(one.column.id)} is an alias of column ${show(taker.column.id)} ${breaks === 'backward' ? 'and was a column of its own' : 'before, and is a column of its own'}`,
        before: before.pointer,
        after: after.pointer,
        breaks: [breaks],
        isFeature: false,
      },
    ];
  });
}

function columnsOf({ dataset, pointer }: PlacedDataset): readonly PlacedColumn[] {
  return dataset.columns.map((column, at) => ({ column, pointer: `${pointer}/columns/${at}` }));
}

function pairColumns(older: readonly PlacedColumn[], newer: readonly PlacedColumn[]): Pairs {
  const byId = new Map(newer.map((one) => [one.column.id, one]));
  const byAlias = new Map(
    newer.flatMap((one) => one.column.aliases.map((alias) => [alias, one] as const)),
  );
  const kept = new Set(older.map(({ column }) => column.id));
  const pairs = older.flatMap((one): [PlacedColumn, PlacedColumn][] => {
    const same = byId.get(one.column.id);
    if (same !== undefined) return [[one, same]];
    const renamed = byAlias.get(one.column.id);
    return renamed === undefined || kept.has(renamed.column.id) ? [] : [[one, renamed]];
  });
  // Two columns of before may have become aliases of one: it is the first of them.
  const taken = new Set<PlacedColumn>();
  return new Map(
    pairs.filter(([, after]) => {
      if (taken.has(after)) return false;
      taken.add(after);
      return true;
    }),
  );
}

function comparePlaced(was: PlacedColumn, is: PlacedColumn): readonly UnjudgedChange[] {
  const { changes, told } = compareColumns(was, is);
  return [...changes, ...compareFree(untold(was, told), untold(is, told))];
}

function untold({ column, pointer }: PlacedColumn, told: ReadonlySet<string>): FreeValue {
  const without = (object: object, prefix: string) =>
    Object.entries(object).filter(([name]) => !told.has(`${prefix}${name}`)) as [string, Json][];
  const constraints = Object.fromEntries(without(column.constraints, 'constraints/'));
  return { value: { ...Object.fromEntries(without(column, '')), constraints }, pointer };
}

function reordered(was: PlacedDataset, is: PlacedDataset): UnjudgedChange {
  return {
    rule: 'columns-reordered',
    part: 'descriptor',
    message: `The columns${placed(is.pointer)} stand in another order`,
    before: `${was.pointer}/columns`,
    after: `${is.pointer}/columns`,
    breaks: [],
    isFeature: false,
  };
}
