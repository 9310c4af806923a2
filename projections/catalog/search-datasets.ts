import { setImmediate as yieldToOthers } from 'node:timers/promises';
import type { Scope } from '#domain/scope';
import type { DatasetPage, DatasetQueries, DatasetRow } from '#projections/catalog/dataset-queries';

/** Which datasets a search is for. */
export interface DatasetSearch extends Omit<DatasetPage, 'upTo'> {
  /** Whether to count: the first page of a list says how many there are. */
  readonly counts: boolean;
  /** Aborts when nobody waits for it any more. */
  readonly signal: AbortSignal;
}

/** A page of datasets. */
export interface FoundDatasets {
  readonly rows: readonly DatasetRow[];
  /** How many there are at that position, whatever the search is for. */
  readonly total?: number;
  /** How many names hold the text. Absent where a status is looked for too: that would read every dataset. */
  readonly matching?: number;
  /** How many names were looked at: what the search has cost. */
  readonly scanned: number;
}

// Some milliseconds where every dataset has to be looked up, less than one where names do.
const NAMES_MAX = 5_000;

/**
 * Lists datasets in the order of their names, by a text in the name and by status. Goes through names in slices and lets
 * others go on between two of them, so that a search among a million holds up nobody.
 * @throws what the signal carries
 */
export async function searchDatasets(
  datasets: () => DatasetQueries,
  scope: Scope,
  search: DatasetSearch,
): Promise<FoundDatasets> {
  const { limit, status, text, counts, ...page } = search;
  const newest = datasets().newestBy(page.asOf);
  const isFiltered = status !== undefined || text !== undefined;
  // An index knows where a page of everything begins and ends.
  const rows = isFiltered ? [] : [...datasets().list(scope, { ...page, limit })];
  let total = counts ? datasets().total(scope, newest) : undefined;
  const countsTotal = counts && total === undefined;
  const countsMatching = counts && text !== undefined && status === undefined;
  const sums = { total: 0, matching: 0, scanned: 0 };
  const isOver = (): boolean =>
    !countsTotal && !countsMatching && (!isFiltered || rows.length >= limit);
  for (let after = page.after; !isOver(); ) {
    const slice = { after, namesMax: NAMES_MAX, newest, text: text ?? '' };
    const found = datasets().names(scope, slice);
    sums.total += found.total;
    sums.matching += found.matching;
    sums.scanned += found.scanned;
    if (isFiltered && found.matching > 0 && rows.length < limit) {
      const within = { ...search, after, limit: limit - rows.length };
      rows.push(...datasets().list(scope, { ...within, upTo: found.last }));
    }
    if (found.scanned < NAMES_MAX) break;
    after = found.last;
    await yieldToOthers();
    search.signal.throwIfAborted();
  }
  if (countsTotal) {
    ({ total } = sums);
    datasets().rememberTotal(scope, { newest, total });
  }
  return {
    rows,
    scanned: sums.scanned,
    ...(total === undefined ? {} : { total }),
    ...(countsMatching ? { matching: sums.matching } : {}),
  };
}
