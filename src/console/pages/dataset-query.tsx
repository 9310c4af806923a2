import { useEffect, useRef, useState } from 'preact/hooks';
import { ask, asker, type Problem } from '#console/api/ask';
import { problemFrom } from '#console/api/use-answer';
import type { Manifest, TableDeclaration } from '#console/pages/dataset-shape';
import { isPlaced, type PlacedRow, RegionPicture } from '#console/pages/region-picture';
import { type RowFilter, RowFilterForm } from '#console/pages/row-filter';
import { Empty, Loading, ProblemNote } from '#console/parts/notes';
import { Table } from '#console/parts/table';
import { narrow, place } from '#console/shell/place';

type Row = Readonly<Record<string, unknown>>;

interface RowPage {
  readonly rows: readonly Row[];
  readonly next_cursor?: string;
}

const ROWS_MAX = 100;
/** What the address says where all rows were asked for. */
const ALL = 'all';

/** Asks for rows by what was declared: a key, or a range. */
export function DatasetQuery({ manifest }: { readonly manifest: Manifest }) {
  const tables = manifest.release?.tables ?? [];
  if (manifest.status !== 'published')
    return (
      <Empty title="Only a published dataset can be asked for its rows">
        <p>
          Publish it with <code>POST /registry/datasets/{'{name}'}/publish</code>.
        </p>
      </Empty>
    );
  const wanted = place.value.query.get('table');
  const table = tables.find(({ name }) => name === wanted) ?? tables[0];
  if (table === undefined)
    return (
      <Empty title="It declares no columns that can be asked for">
        <p>
          Register it with <code>tables</code>, which say by which key and range rows are found.
        </p>
      </Empty>
    );
  return <QueryBox key={table.name} dataset={manifest.name} table={table} tables={tables} />;
}

interface BoxProps {
  readonly dataset: string;
  readonly table: TableDeclaration;
  readonly tables: readonly TableDeclaration[];
}

/** Asks for rows, page after page; what the address names already is asked at once. */
function useRows(dataset: string, table: string) {
  const [page, setPage] = useState<RowPage | undefined>();
  const [problem, setProblem] = useState<Problem | undefined>();
  const [isLoading, setIsLoading] = useState(false);
  const asked = useRef(new AbortController());
  const load = (filter: RowFilter, cursor?: string): void => {
    // The rows of the question before are no answer to this one.
    asked.current.abort();
    const { signal } = (asked.current = new AbortController());
    setIsLoading(true);
    if (cursor === undefined) setPage(undefined);
    void queryRows({ dataset, table, ...filter, cursor, signal }).then(
      (found) => {
        if (signal.aborted) return;
        setIsLoading(false);
        setProblem(undefined);
        setPage((before) => {
          const earlier = cursor === undefined ? [] : (before?.rows ?? []);
          return { ...found, rows: [...earlier, ...found.rows] };
        });
      },
      (error: unknown) => {
        if (signal.aborted) return;
        setIsLoading(false);
        setProblem(problemFrom(error));
      },
    );
  };
  const who = asker.value;
  useEffect(() => {
    const { query } = place.peek();
    const [key, range] = [query.get('key') ?? '', query.get('range') ?? ''];
    if (key !== '' || range !== '' || query.get('rows') === ALL) load({ key, range });
    return () => asked.current.abort();
  }, [dataset, table, who]);
  return { page, problem, isLoading, load };
}

function QueryBox({ dataset, table, tables }: BoxProps) {
  const { query } = place.value;
  const [filter, setFilter] = useState<RowFilter>({
    key: query.get('key') ?? '',
    range: query.get('range') ?? '',
  });
  const { page, problem, isLoading, load } = useRows(dataset, table.name);
  const run = (wanted: RowFilter): void => {
    setFilter(wanted);
    const rows = wanted.key === '' && wanted.range === '' ? ALL : '';
    narrow({ table: table.name, ...wanted, rows });
    load(wanted);
  };
  return (
    <>
      <RowFilterForm
        table={table}
        tables={tables}
        begin={filter}
        isAll={query.get('rows') === ALL}
        onTable={(name) => narrow({ table: name, key: '', range: '', rows: '' })}
        onAsk={run}
      />
      {problem !== undefined && <ProblemNote problem={problem} />}
      {page === undefined && isLoading && <Loading />}
      {page !== undefined && problem === undefined && (
        <Rows
          page={page}
          range={filter.range}
          isLoading={isLoading}
          more={() => load(filter, page.next_cursor)}
        />
      )}
    </>
  );
}

function Rows({
  page,
  range,
  isLoading,
  more,
}: {
  readonly page: RowPage;
  readonly range: string;
  readonly isLoading: boolean;
  readonly more: () => void;
}) {
  const { rows, next_cursor: next } = page;
  if (rows.length === 0)
    return <Empty title="No row fits">Another key or a wider range may.</Empty>;
  const columns = Object.keys(rows[0] ?? {}).filter((name) =>
    rows.some((row) => row[name] !== null),
  );
  const placed = rows.filter((row): row is Row & PlacedRow => isPlaced(row));
  return (
    <>
      {placed.length > 0 && range !== '' && <RegionPicture rows={placed} range={range} />}
      <Table
        label="Rows"
        rows={rows.map((row, index) => ({ ...row, '#': index }))}
        keyOf={(row: Row) => String(row['#'])}
        columns={columns.map((name) => ({
          title: name,
          isNumber: typeof rows[0]?.[name] === 'number',
          show: (row: Row) => cellText(row[name]),
        }))}
      />
      <p class="quiet" role="status">
        {rows.length} {rows.length === 1 ? 'row' : 'rows'}
        {next === undefined ? '' : ', and there are more'}
      </p>
      {next !== undefined && (
        <button type="button" disabled={isLoading} onClick={more}>
          More
        </button>
      )}
    </>
  );
}

function cellText(value: unknown): string {
  if (value === null || value === undefined) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

interface RowQuery extends RowFilter {
  readonly dataset: string;
  readonly table: string;
  readonly cursor: string | undefined;
  readonly signal: AbortSignal;
}

async function queryRows({
  dataset,
  table,
  key,
  range,
  cursor,
  signal,
}: RowQuery): Promise<RowPage> {
  const query = new URLSearchParams({ limit: String(ROWS_MAX) });
  if (key !== '') query.set('key', key);
  if (range !== '') query.set('range', range);
  if (cursor !== undefined) query.set('cursor', cursor);
  const name = dataset.split('/').map(encodeURIComponent).join('/');
  const path = `/v1/datasets/${name}/rows/${encodeURIComponent(table)}?${query}`;
  return await ask<RowPage>(path, { signal });
}
