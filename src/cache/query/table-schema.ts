import type { RangeDeclaration } from '#domain/table-declaration';

export interface ColumnSchema {
  readonly name: string;
  /** As the file declares it; empty where it does not. */
  readonly type: string;
}

export interface IndexSchema {
  readonly name: string;
  /** The columns in their order; `undefined` stands for an expression. */
  readonly columns: readonly (string | undefined)[];
  readonly isUnique: boolean;
  /** Whether it holds only some of the rows. */
  readonly isPartial: boolean;
}

export interface TableSchema {
  readonly name: string;
  readonly columns: readonly ColumnSchema[];
  /** The columns of the primary key in its order; none where the row's number is the only one. */
  readonly primaryKey: readonly string[];
  readonly indexes: readonly IndexSchema[];
  /** What the number of a row is called; `undefined` in a table without (`WITHOUT ROWID`, or all its names taken). */
  readonly rowName: string | undefined;
}

export interface VirtualSchema {
  readonly name: string;
  /** In lower case, such as `rtree`. */
  readonly module: string;
  /** Known for R-trees only: others are not touched. */
  readonly columns: readonly string[];
}

/** What is in a dataset file. Names are as the file writes them. */
export interface DatasetSchema {
  readonly userVersion: number;
  /** `UTF-8` in nearly all files. */
  readonly encoding: string;
  readonly tables: ReadonlyMap<string, TableSchema>;
  readonly virtualTables: ReadonlyMap<string, VirtualSchema>;
  readonly triggers: readonly string[];
  readonly views: readonly string[];
  /** What a gene dataset has and this file has not; `undefined` when it is a gene dataset. */
  readonly geneFault: string | undefined;
}

/** Whether a module is one of the R-trees that SQLite brings along. */
export function isRtree(module: string): boolean {
  return module === 'rtree' || module === 'rtree_i32';
}

/** Whether an index over all rows, or the primary key, begins with these columns in this order. */
export function hasIndex(table: TableSchema, key: readonly string[]): boolean {
  const whole = table.indexes.filter(({ isPartial }) => !isPartial).map(({ columns }) => columns);
  return [table.primaryKey, ...whole].some((columns) =>
    key.every((name, index) => columns[index] === name),
  );
}

/**
 * Finds the R-tree of a table: `<table>_rtree` with the row's number, start and end as its only columns.
 */
export function rtreeOf(
  schema: DatasetSchema,
  table: TableSchema,
  { start, end }: RangeDeclaration,
): VirtualSchema | undefined {
  const rtree = schema.virtualTables.get(`${table.name}_rtree`);
  if (rtree === undefined || table.rowName === undefined || !isRtree(rtree.module))
    return undefined;
  const [, first, second, ...more] = rtree.columns;
  return first === start && second === end && more.length === 0 ? rtree : undefined;
}
