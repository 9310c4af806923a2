import type { Scope } from '#domain/scope';
import type { DocumentFilter, DocumentPage } from '#projections/registry-stores/document-backend';

/** One statement and its values, which it names `$1`, `$2` or `?1`, `?2`. */
export interface DocumentStatement {
  readonly sql: string;
  readonly values: readonly (string | number)[];
}

/** What differs between databases. */
export interface DocumentDialect {
  /** What stands before the number of a value. */
  readonly mark: '$' | '?';
  /** What stands before the names of tables. */
  readonly schema: string;
  /** How many further terms the planner may join by; the rest is looked up for each key. */
  readonly joinsMax: number;
  /** Writes the look-up of the documents of the keys `k`. */
  lookUp(columns: string, table: string, condition: string): string;
}

// Enough to tell rare from common.
const COUNTED_MAX = 1_000;

/** The columns of a document, as rows have them. */
export const DOCUMENT_COLUMNS =
  'tenant, environment, kind, name, order_key, id, rank, position, document, terms';

/**
 * Writes the query of a page. Each term gives its keys in the order of the list straight from the index, so that a page
 * of a list by one term or by any of many reads about as many entries as it shows.
 */
export function pageStatement(
  dialect: DocumentDialect,
  scope: Scope,
  page: DocumentPage,
): DocumentStatement {
  const text = new KeyQuery(dialect, scope, page);
  const { all, any, after } = page;
  text.limit = text.value(page.limit);
  if (after !== undefined)
    text.conditions.push(
      `(x.name, x.order_key) > (${text.value(after.name)}, ${text.value(after.orderKey)})`,
    );
  const order = 'ORDER BY x.name, x.order_key';
  if (any === undefined) {
    const [first, ...others] = all;
    return text.withDocuments(text.keys(first, others, order));
  }
  if (any.length === 0) return text.withDocuments(text.keys(undefined, [], `AND false ${order}`));
  const parts = any.map(
    (term, index) => `SELECT name, order_key FROM (${text.keys(term, all, order)}) AS u${index}`,
  );
  return text.withDocuments(
    `SELECT name, order_key FROM (${parts.join(' UNION ')}) AS x ${order} LIMIT ${text.limit}`,
  );
}

/**
 * Writes the query that counts, up to a bound, how many documents have each of two or more terms. The term that the fewest
 * have is to be the first of `all`: its entries are the ones that are read.
 */
export function countStatement(
  dialect: DocumentDialect,
  scope: Scope,
  { kind, all }: DocumentFilter,
): DocumentStatement {
  // Without the name: a value that a statement does not use is refused.
  const text = new KeyQuery(dialect, scope, { kind, all });
  const parts = all.map((term, at) => text.counted(term, at));
  return { sql: parts.join(' UNION ALL '), values: text.values };
}

/** Writes the query of the document of the highest rank of the first name. */
export function highestStatement(
  dialect: DocumentDialect,
  scope: Scope,
  filter: DocumentFilter,
): DocumentStatement {
  const text = new KeyQuery(dialect, scope, filter);
  text.limit = '1';
  const [first, ...others] = filter.all;
  return text.withDocuments(text.keys(first, others, 'ORDER BY x.name, x.rank DESC'));
}

/** The parts of one statement while it is written. */
class KeyQuery {
  readonly conditions: string[] = [];
  limit = '';
  readonly #dialect: DocumentDialect;
  readonly values: (string | number)[] = [];

  constructor(dialect: DocumentDialect, scope: Scope, { kind, name }: DocumentFilter) {
    this.#dialect = dialect;
    // The first three: every part of the statement names them.
    for (const value of [scope.tenant, scope.environment, kind]) this.value(value);
    if (name !== undefined) this.conditions.push(`x.name = ${this.value(name)}`);
  }

  /** Adds a value and gives how the statement names it. */
  value(value: string | number): string {
    this.values.push(value);
    return `${this.#dialect.mark}${this.values.length}`;
  }

  /** Writes a query that counts the documents that have a term. */
  counted(term: string, at: number): string {
    const { schema } = this.#dialect;
    return `SELECT ${at} AS at, count(*) AS count FROM (
      SELECT 1 FROM ${schema}document_term x WHERE ${this.#ofKind('x')} AND x.term = ${this.value(term)}
      LIMIT ${COUNTED_MAX}) AS c${at}`;
  }

  /** Writes a query of the keys of documents that have a term and all others. */
  keys(term: string | undefined, others: readonly string[], order: string): string {
    const { schema, joinsMax } = this.#dialect;
    const table = term === undefined ? 'document' : 'document_term';
    const conditions = [
      this.#ofKind('x'),
      ...(term === undefined ? [] : [`x.term = ${this.value(term)}`]),
      ...this.conditions,
      ...others.map((other, at) => this.#has(other, at < joinsMax)),
    ];
    return `SELECT x.name, x.order_key FROM ${schema}${table} x
      WHERE ${conditions.join(' AND ')} ${order} LIMIT ${this.limit}`;
  }

  /** Completes the statement: the documents of these keys, and the position in the same snapshot. */
  withDocuments(keys: string): DocumentStatement {
    const { schema } = this.#dialect;
    const columns = DOCUMENT_COLUMNS.split(', ').map((column) => `d.${column}`);
    const condition = `${this.#ofKind('d')} AND d.name = k.name AND d.order_key = k.order_key`;
    return {
      sql: `SELECT c.position AS shown, f.* FROM ${schema}checkpoint c LEFT JOIN (
        SELECT ${columns.join(', ')} FROM (${keys}) AS k
        ${this.#dialect.lookUp(DOCUMENT_COLUMNS, `${schema}document d`, condition)}
      ) AS f ON true ORDER BY f.name, f.order_key`,
      values: this.values,
    };
  }

  // A planner makes a join of EXISTS. Where it is not to, the row is compared with 1: one probe of the index for each key.
  // Postgres plans 2 joins in less than 1 ms, and 32 in 200 ms.
  #has(term: string, isJoined: boolean): string {
    const row = `(SELECT 1 FROM ${this.#dialect.schema}document_term o WHERE ${this.#ofKind('o')}
      AND o.term = ${this.value(term)} AND o.name = x.name AND o.order_key = x.order_key)`;
    return isJoined ? `EXISTS ${row}` : `${row} = 1`;
  }

  #ofKind(table: string): string {
    const { mark } = this.#dialect;
    return `${table}.tenant = ${mark}1 AND ${table}.environment = ${mark}2 AND ${table}.kind = ${mark}3`;
  }
}

/** A row of `countStatement`: the place of a term in `all`, and how many documents have it. */
export interface CountRow {
  readonly at: number;
  /** Postgres gives it as text. */
  readonly count: number | string;
}

/** Puts the terms of a filter in the order of their counts. */
export function rarestFirst(
  all: readonly string[],
  counts: readonly CountRow[],
): readonly string[] {
  return counts
    .toSorted((a, b) => Number(a.count) - Number(b.count))
    .flatMap(({ at }) => all[at] ?? []);
}
