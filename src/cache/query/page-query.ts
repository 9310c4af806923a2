import { ROOM, ROW_BYTES_SMALL } from '#cache/query/open-dataset-file';
import type { Query, QueryClass, SqlValue } from '#cache/query/query';

/** Some of the rows that a query is about; the table is `g` in it. Those of two candidates of one query never overlap. */
export interface Candidates {
  /** What stands behind FROM. */
  readonly from: string;
  /** Conditions that must all hold, and their values in order. */
  readonly where: readonly string[];
  readonly values: readonly SqlValue[];
}

export interface PageShape {
  /** The quoted name of the table. */
  readonly table: string;
  /** What is taken from a row `g`, as a JSON value. */
  readonly json: string;
  readonly candidates: readonly Candidates[];
  /** The columns of `g` by which rows are sorted. The last of them tells any two rows apart and is never NULL. */
  readonly keys: readonly string[];
  /** The keys that find the row of a page again. */
  readonly rowKeys: readonly string[];
  readonly limit: number;
  /** The keys of the first row that is wanted. */
  readonly from: readonly SqlValue[] | undefined;
  readonly class: QueryClass;
}

/**
 * The condition that a column has a value. Where a file holds samples of its columns (`sqlite_stat4`), SQLite looks at the
 * values of the statement and plans it anew for each: 180 us of 350 for a page. A sign before a value stops that, here and in
 * every other condition. The likelihood stands in for what the samples would say: that the index is worth its while.
 */
export function equals(column: string): string {
  return `likelihood(${column} = +?, 0.000001)`;
}

/**
 * The condition that a page does not become too large with its row `j`; only large rows are counted. `j` must come from a
 * subquery with a limit, even none (-1): any other is written out here once more for each `j`, and its JSON made as often.
 */
export const WITHIN = ` WHERE octet_length(j) <= ${ROW_BYTES_SMALL} OR ${ROOM}(octet_length(j))`;

/** Quotes a name for SQL. */
export function sqlName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/**
 * Writes the query of a page: one row of its JSON values with commas between, their count, and the keys of the row behind it.
 * The keys of the page are gathered first and its rows looked up then, so that nothing but keys is sorted. Its limit is the
 * first value, and there only: `runQuery()` lowers it when the rows are so large that fewer must do.
 */
export function pageQuery(shape: PageShape): Query {
  const { table, json, keys, rowKeys, limit } = shape;
  const names = keys.map((_, index) => `k${index}`);
  const from = shape.from === undefined ? undefined : atLeast(keys, shape.from);
  const arms = shape.candidates.map((candidates) => {
    const where = [...candidates.where, ...(from === undefined ? [] : [from.sql])];
    const columns = keys.map((key, index) => `${key} AS k${index}`).join(', ');
    return `SELECT ${columns} FROM ${candidates.from}${whereOf(where)}`;
  });
  const order = keys.map((_, index) => index + 1).join(', ');
  const next = names
    .map((name) => `(SELECT ${name} FROM page LIMIT 1 OFFSET (SELECT n FROM size))`)
    .join(', ');
  const found = rowKeys.map((key) => `g.${key} = p.k${keys.indexOf(`g.${key}`)}`).join(' AND ');
  const sql =
    `WITH size(n) AS (SELECT ?), page AS MATERIALIZED (${arms.join(' UNION ALL ')} ` +
    `ORDER BY ${order} LIMIT (SELECT n + 1 FROM size)) ` +
    `SELECT group_concat(j, ','), count(*), ${next} FROM (SELECT ${json} AS j ` +
    `FROM (SELECT * FROM page LIMIT (SELECT n FROM size)) AS p CROSS JOIN ${table} AS g ON ${found} LIMIT -1)` +
    WITHIN;
  const values = shape.candidates.flatMap((candidates) => [
    ...candidates.values,
    ...(from?.values ?? []),
  ]);
  return { sql, values: [limit, ...values], class: shape.class };
}

/** Writes the query of how many rows there are, as one JSON object. */
export function countQuery(
  name: string,
  candidates: readonly Candidates[],
  queryClass: QueryClass,
): Query {
  const counts = candidates.map(
    ({ from, where }) => `(SELECT count(*) FROM ${from}${whereOf(where)})`,
  );
  return {
    sql: `SELECT json_object('${name}', ${counts.join(' + ')})`,
    values: candidates.flatMap(({ values }) => values),
    class: queryClass,
  };
}

/** Adds conditions to each of the candidates. */
export function narrowed(
  candidates: readonly Candidates[],
  where: readonly string[],
  values: readonly SqlValue[],
): Candidates[] {
  return candidates.map((each) => ({
    from: each.from,
    where: [...each.where, ...where],
    values: [...each.values, ...values],
  }));
}

function whereOf(where: readonly string[]): string {
  return where.length === 0 ? '' : ` WHERE ${where.join(' AND ')}`;
}

/** The condition that a row does not come before the given keys. NULL comes before everything, as in ORDER BY. */
function atLeast(
  keys: readonly string[],
  from: readonly SqlValue[],
): Pick<Query, 'sql' | 'values'> {
  // One comparison of all keys, for which an index is followed from its first row that counts.
  if (!from.includes(null))
    return { sql: `(${keys.join(', ')}) >= (${from.map(() => '+?').join(', ')})`, values: from };
  return nullsFirst(keys, from);
}

function nullsFirst(
  [key = '', ...keys]: readonly string[],
  [value = null, ...from]: readonly SqlValue[],
): Pick<Query, 'sql' | 'values'> {
  if (keys.length === 0)
    return value === null ? { sql: 'TRUE', values: [] } : { sql: `${key} >= +?`, values: [value] };
  const rest = nullsFirst(keys, from);
  if (value === null) return { sql: `(${key} IS NOT NULL OR ${rest.sql})`, values: rest.values };
  return {
    sql: `(${key} > +? OR (${key} = +? AND ${rest.sql}))`,
    values: [value, value, ...rest.values],
  };
}
