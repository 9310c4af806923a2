/** How much a query may cost, which decides where it runs and how many run at once. */
export type QueryClass = 'cheap' | 'medium' | 'heavy';

/** A value that can be bound to a statement. */
export type SqlValue = string | number | bigint | null;

/**
 * A prepared shape of SQL with its values. The text is built from a closed set of shapes and from names that a manifest has
 * declared and the file has confirmed: nothing from a request is in it. It gives one row.
 */
export interface Query {
  readonly sql: string;
  readonly values: readonly SqlValue[];
  readonly class: QueryClass;
}

/** What a query gives: a page of rows as JSON that was written by SQLite, and where the next page begins. */
export interface QueryPage {
  /** A JSON array. */
  readonly rows: string;
  /** How many rows are in it. */
  readonly count: number;
  /** The sort key of the first row of the next page; `undefined` on the last page. */
  readonly next: readonly SqlValue[] | undefined;
}
