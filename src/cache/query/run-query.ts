import { unusable } from '#cache/query/file-header';
import { fromSqlite, type OpenDatasetFile } from '#cache/query/open-dataset-file';
import type { Query, QueryPage, SqlValue } from '#cache/query/query';

const EMPTY: QueryPage = { rows: '[]', count: 0, next: undefined };

/**
 * Runs a query. Its row is the JSON of one value, or the JSON of several with commas between, their count, and the sort key of
 * the row behind them.
 * @throws DATASET_UNUSABLE when SQLite cannot read the file; `details.isDamaged` says that its bytes are to blame
 */
export function runQuery(open: OpenDatasetFile, query: Query): QueryPage {
  try {
    const { shape, statement } = open.statement(query.sql);
    const found = statement.get(query.values);
    if (found === undefined) return EMPTY;
    if (shape === 'text') return { rows: `[${found as string}]`, count: 1, next: undefined };
    const [rows, count, ...next] = found as [string | null, bigint, ...unknown[]];
    if (rows === null) return EMPTY;
    return { rows: `[${rows}]`, count: Number(count), next: nextOf(open, next) };
  } catch (error) {
    throw fromSqlite(open.path, error);
  }
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
