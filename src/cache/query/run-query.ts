import { unusable } from '#cache/query/file-header';
import {
  fromSqlite,
  type OpenDatasetFile,
  PageTooLarge,
  type RowStatement,
} from '#cache/query/open-dataset-file';
import type { Query, QueryPage, SqlValue } from '#cache/query/query';
import { RegistryError } from '#domain/errors';

const EMPTY: QueryPage = { rows: '[]', count: 0, next: undefined };
// No character has more bytes in UTF-8 for each of its units in UTF-16.
const BYTES_PER_UNIT_MAX = 3;

/**
 * Runs a query. Its row is the JSON of one value, or the JSON of several with commas between, their count, and the sort key of
 * the row behind them. A page whose JSON has more than `pageBytesMax` bytes is read again with half as many rows, until it has
 * not; the rows that it leaves out are those of the next page.
 * @throws DATASET_UNUSABLE when SQLite cannot read the file; `details.isDamaged` says that its bytes are to blame.
 * QUERY_TOO_BROAD when one row alone has more bytes, or an answer that has no pages
 */
export function runQuery(open: OpenDatasetFile, query: Query): QueryPage {
  try {
    const prepared = open.statement(query.sql);
    let { values } = query;
    let page = pageOf(open, prepared, values);
    while (page === undefined) {
      values = halved(open, prepared, values);
      page = pageOf(open, prepared, values);
    }
    return page;
  } catch (error) {
    throw fromSqlite(open.path, error);
  }
}

/** Gives `undefined` for a page that is too large. */
function pageOf(
  open: OpenDatasetFile,
  { shape, statement }: RowStatement,
  values: Query['values'],
): QueryPage | undefined {
  open.beginPage();
  try {
    const found = statement.get(values);
    if (found === undefined) return EMPTY;
    if (shape === 'text')
      return within(open, { rows: `[${found as string}]`, count: 1, next: undefined });
    const [rows, count, ...next] = found as [string | null, bigint, ...unknown[]];
    if (rows === null) return EMPTY;
    return within(open, { rows: `[${rows}]`, count: Number(count), next: nextOf(open, next) });
  } catch (error) {
    if (error instanceof PageTooLarge) return undefined;
    throw error;
  }
}

function within({ pageBytesMax }: OpenDatasetFile, page: QueryPage): QueryPage | undefined {
  const { rows } = page;
  if (rows.length * BYTES_PER_UNIT_MAX <= pageBytesMax) return page;
  return Buffer.byteLength(rows) <= pageBytesMax ? page : undefined;
}

/** The limit of a page is its first value. */
function halved(
  { pageBytesMax }: OpenDatasetFile,
  { shape }: RowStatement,
  [limit, ...values]: Query['values'],
): Query['values'] {
  const is = `its JSON has more than ${pageBytesMax} bytes`;
  if (shape !== 'page')
    throw new RegistryError(
      'QUERY_TOO_BROAD',
      `Cannot read rows: ${is} (want fewer rows at once, or smaller ones)`,
    );
  if (Number(limit) <= 1)
    throw new RegistryError('QUERY_TOO_BROAD', `Cannot read row: ${is} (want at most as many)`);
  return [Math.floor(Number(limit) / 2), ...values];
}

/** The last key is never NULL in a row: it is when there is none. */
function nextOf(open: OpenDatasetFile, keys: readonly unknown[]): QueryPage['next'] {
  if (keys.at(-1) === undefined || keys.at(-1) === null) return undefined;
  return keys.map((key): SqlValue => {
    if (key instanceof Uint8Array)
      throw unusable(
        open.path,
        'a key by which its rows are sorted holds bytes (want text or numbers)',
      );
    if (typeof key !== 'bigint') return key as SqlValue;
    const number = Number(key);
    return Number.isSafeInteger(number) ? number : key;
  });
}
