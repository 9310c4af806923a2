import { GO_ON } from '#cache/query/open-dataset-file';
import { type Candidates, equals } from '#cache/query/page-query';
import type { SqlValue } from '#cache/query/query';

/** Where the stretches of a table are, all names quoted. */
export interface RangeColumns {
  readonly table: string;
  readonly within: string;
  readonly start: string;
  readonly end: string;
  /** What the number of a row is called; `undefined` in a table without. */
  readonly rowName: string | undefined;
  readonly rtree: { readonly table: string; readonly id: string } | undefined;
  /** Whether an index begins with `within` and `start`. */
  readonly hasIndex: boolean;
}

/** A stretch of whole numbers, both ends included. */
export interface Stretch {
  readonly within: SqlValue;
  readonly start: number;
  readonly end: number;
}

// Up to so many rows that start before a stretch are looked at one by one. Every query counts up to it.
const FEW = 100;

// R-trees hold 32-bit floats, whose neighbours lie 2^-23 of their value apart.
const FLOAT_STEP = 2 ** -22;

/** A condition that always holds and lets a long scan be stopped, once in 1,024 rows. */
export function stoppable(rowName: string | undefined): string[] {
  return rowName === undefined ? [] : [`((g.${rowName} & 1023) OR ${GO_ON}())`];
}

/**
 * The rows that overlap a stretch. Those that start in it follow one another in the index. Those that start before it may be
 * anywhere before it: they cross its first number, and the R-tree knows those. It does not know which chromosome they are of:
 * with 100,000 short contigs nearly all rows may cross, and where few rows of the same contig start before the stretch, these
 * are looked at instead. The R-tree only proposes: columns decide, for its numbers are rounded. Among 1,000,000 rows of 24
 * chromosomes a page takes 0.2 ms; with the R-tree or the index alone for all of it 24 and 22.
 */
export function overlapping(columns: RangeColumns, stretch: Stretch): Candidates[] {
  const { within, start, end, rtree, hasIndex } = columns;
  const { table, rowName } = columns;
  if (rtree !== undefined && !hasIndex) return [fromRtree(columns, stretch)];
  if (rtree !== undefined)
    return [...crossing(columns, stretch, `g.${start} < +?`), starting(columns, stretch)];
  const where = [equals(`g.${within}`), `g.${start} <= +?`, `g.${end} >= +?`];
  return [
    {
      from: `${table} AS g`,
      where: [...stoppable(rowName), ...where],
      values: [stretch.within, stretch.end, stretch.start],
    },
  ];
}

/** The rows that start within a stretch. */
export function starting(columns: RangeColumns, stretch: Stretch): Candidates {
  const { table, within, start, rowName } = columns;
  return {
    from: `${table} AS g`,
    where: [...stoppable(rowName), equals(`g.${within}`), `g.${start} >= +?`, `g.${start} <= +?`],
    values: [stretch.within, stretch.start, stretch.end],
  };
}

/**
 * The rows that start before the first number of a stretch, or at it, and do not end before it. `before` says which of both,
 * with one value: that number. Needs R-tree and index.
 */
export function crossing(
  columns: RangeColumns,
  stretch: Stretch,
  before: string,
): readonly Candidates[] {
  const { table, within, start, end, rtree, rowName } = columns;
  const at = stretch.start;
  const many = `EXISTS (SELECT 1 FROM ${table} WHERE ${equals(within)} AND ${start} <= +? LIMIT 1 OFFSET ${FEW})`;
  const exactly = [stretch.within, at, at];
  // Joined from the left, an empty gate ends the scan before it begins. As a condition it would be looked at for each row:
  // SQLite does not take subqueries out of a loop, and a page took twice as long.
  return [
    {
      from: `(SELECT 1 WHERE NOT ${many}) CROSS JOIN ${table} AS g`,
      where: [equals(`g.${within}`), before, `g.${end} >= +?`],
      values: [stretch.within, at, ...exactly],
    },
    {
      from: `(SELECT 1 WHERE ${many}) CROSS JOIN ${rtree?.table} AS r CROSS JOIN ${table} AS g ON g.${rowName} = r.${rtree?.id}`,
      where: [
        `r.${start} <= ? AND r.${end} >= ?`,
        ...stoppable(rowName),
        `+g.${within} = +?`,
        `+${before}`,
        `+g.${end} >= +?`,
      ],
      values: [stretch.within, at, widened(at, 1), widened(at, -1), ...exactly],
    },
  ];
}

function fromRtree(columns: RangeColumns, stretch: Stretch): Candidates {
  const { table, within, start, end, rtree, rowName } = columns;
  return {
    from: `${rtree?.table} AS r CROSS JOIN ${table} AS g ON g.${rowName} = r.${rtree?.id}`,
    where: [
      `r.${start} <= ? AND r.${end} >= ?`,
      ...stoppable(rowName),
      `+g.${within} = +?`,
      `+g.${start} <= +?`,
      `+g.${end} >= +?`,
    ],
    values: [
      widened(stretch.end, 1),
      widened(stretch.start, -1),
      stretch.within,
      stretch.end,
      stretch.start,
    ],
  };
}

/** Moves a bound outwards by more than a 32-bit float may be off. */
function widened(bound: number, direction: 1 | -1): number {
  return bound + direction * (Math.ceil(Math.abs(bound) * FLOAT_STEP) + 1);
}
