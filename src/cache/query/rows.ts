import { overlapping, type RangeColumns, stoppable } from '#cache/query/overlap';
import { type Candidates, equals, pageQuery, sqlName } from '#cache/query/page-query';
import type { Query, QueryClass, SqlValue } from '#cache/query/query';
import { type DatasetSchema, hasIndex, rtreeOf, type TableSchema } from '#cache/query/table-schema';
import { quote, RegistryError } from '#domain/errors';
import type { TableDeclaration } from '#domain/table-declaration';

/** Which rows of a table are meant: all, those of a key or of the first columns of it, or those that overlap a stretch. */
export interface RowsFilter {
  /** Values of the key's columns, the first ones at least. */
  readonly key?: readonly SqlValue[];
  readonly range?: { readonly within: SqlValue; readonly start: number; readonly end: number };
}

export interface RowsRequest {
  /** A declaration that `checkSchema()` has found to fit the schema. */
  readonly declaration: TableDeclaration;
  readonly schema: DatasetSchema;
  readonly filter: RowsFilter;
  /** 1 to 500. */
  readonly limit: number;
  /** The sort key of the first row that is wanted, as the page before it gave it. */
  readonly from?: readonly SqlValue[];
}

const LIMIT_MAX = 500;

/**
 * Writes the query of a page of rows: objects with all columns of the table, sorted by the key, or by start where a range is
 * asked for. Numbers have all their digits. Bytes (BLOB) are written as `{"hex": "00FF"}`.
 * @throws INVALID_REQUEST for a filter that the declaration does not allow, INVALID_CURSOR, DATASET_UNUSABLE for a table that
 * is not in the schema
 */
export function planRows({ declaration, schema, filter, limit, from }: RowsRequest): Query {
  const table = schema.tables.get(declaration.name);
  if (table === undefined)
    throw new RegistryError(
      'DATASET_UNUSABLE',
      `Cannot read table ${quote(declaration.name)}: it is not in the file`,
      { details: { reason: 'it is not in the file', table: declaration.name, isDamaged: false } },
    );
  if (!Number.isInteger(limit) || limit < 1 || limit > LIMIT_MAX)
    throw invalid('limit', String(limit), `it is out of bounds (want 1 to ${LIMIT_MAX})`);
  const rowKeys = rowKeysOf(table);
  const sorted = filter.range === undefined ? declaration.key : startOf(declaration);
  const keys = [...new Set([...sorted.map(sqlName), ...rowKeys])].map((name) => `g.${name}`);
  if (from !== undefined && from.length !== keys.length)
    throw new RegistryError(
      'INVALID_CURSOR',
      `Cannot go on in table ${quote(table.name)}: the cursor has ${from.length} values (want ${keys.length})`,
    );
  return pageQuery({
    table: sqlName(table.name),
    json: jsonOf(table),
    candidates: candidatesOf(declaration, { table, schema, filter }),
    keys,
    rowKeys,
    limit,
    from,
    class: classOf(declaration, filter),
  });
}

function classOf({ key }: TableDeclaration, filter: RowsFilter): QueryClass {
  if (filter.range !== undefined) return 'heavy';
  return filter.key?.length === key.length ? 'cheap' : 'medium';
}

/** What tells any two rows apart. */
function rowKeysOf({ rowName, primaryKey }: TableSchema): readonly string[] {
  return rowName === undefined ? primaryKey.map(sqlName) : [rowName];
}

function startOf({ name, range }: TableDeclaration): readonly string[] {
  if (range === undefined)
    throw invalid('range', name, 'the table has no range (want another filter)');
  return [range.start];
}

function jsonOf({ columns }: TableSchema): string {
  const pairs = columns.map(({ name }) => {
    const column = `g.${sqlName(name)}`;
    const key = name.replaceAll("'", "''");
    return `'${key}', CASE typeof(${column}) WHEN 'blob' THEN json_object('hex', hex(${column})) ELSE ${column} END`;
  });
  return `json_object(${pairs.join(', ')})`;
}

interface Place {
  readonly table: TableSchema;
  readonly schema: DatasetSchema;
  readonly filter: RowsFilter;
}

function candidatesOf(declaration: TableDeclaration, place: Place): readonly Candidates[] {
  const { table, filter } = place;
  const { key, range } = filter;
  if (range !== undefined) {
    if (key !== undefined) throw invalid('range', table.name, 'a key is given too (want one)');
    checkStretch(range.start, range.end);
    return overlapping(rangeColumns(declaration, place), range);
  }
  const from = `${sqlName(table.name)} AS g`;
  if (key === undefined) return [{ from, where: [], values: [] }];
  if (key.length === 0 || key.length > declaration.key.length)
    throw invalid(
      'key',
      table.name,
      `it has ${key.length} values (want 1 to ${declaration.key.length})`,
    );
  const where = key.map((_, index) => equals(`g.${sqlName(declaration.key[index] ?? '')}`));
  return [{ from, where: [...stoppable(table.rowName), ...where], values: key }];
}

function rangeColumns({ range, name }: TableDeclaration, { table, schema }: Place): RangeColumns {
  if (range === undefined) throw invalid('range', name, 'the table has none (want another filter)');
  const rtree = rtreeOf(schema, table, range);
  return {
    table: sqlName(table.name),
    within: sqlName(range.within),
    start: sqlName(range.start),
    end: sqlName(range.end),
    rowName: table.rowName,
    rtree:
      rtree === undefined
        ? undefined
        : { table: sqlName(rtree.name), id: sqlName(rtree.columns[0] ?? '') },
    hasIndex: hasIndex(table, [range.within, range.start]),
  };
}

function checkStretch(start: number, end: number): void {
  if (Number.isSafeInteger(start) && Number.isSafeInteger(end) && start <= end) return;
  throw invalid('range', `${start}-${end}`, 'it is no stretch (want start <= end)');
}

function invalid(noun: string, value: string, is: string): RegistryError {
  return new RegistryError('INVALID_REQUEST', `Cannot use ${noun} ${quote(value)}: ${is}`);
}
