import { useEffect, useMemo, useState } from 'preact/hooks';
import { asker, type Problem } from '#console/api/ask';
import { askPatiently } from '#console/api/ask-patiently';
import { problemFrom } from '#console/api/use-answer';
import { Badge, Moment } from '#console/parts/bits';
import { Empty, ProblemNote } from '#console/parts/notes';
import { VirtualRows } from '#console/parts/virtual-rows';
import { countText } from '#console/parts/words';
import { hrefOf, narrow, place } from '#console/shell/place';

/** What the list keeps of a dataset: a hundred thousand of them have to fit into a page. */
interface Row {
  readonly name: string;
  readonly status: string;
  readonly rows: number | null;
  readonly updatedAt: string;
}

interface DatasetList {
  readonly datasets: readonly {
    readonly name: string;
    readonly status: string;
    readonly row_count: number | null;
    readonly updated_at: string;
  }[];
  readonly next_cursor?: string;
}

interface Loaded {
  readonly rows: readonly Row[];
  readonly isWhole: boolean;
  readonly problem?: Problem;
}

const FIRST_PAGE = 100;
const PAGE = 1_000;
const ROW_PX = 44;
const NONE: Loaded = { rows: [], isWhole: false };

/** All datasets: searched and filtered here, loaded page by page behind the first. */
export function DatasetsPage() {
  const { query } = place.value;
  const [status, text, at] = ['status', 'q', 'at'].map((name) => query.get(name) ?? '');
  const loaded = useDatasets(status ?? '', at ?? '');
  const wanted = (text ?? '').toLowerCase();
  const found = useMemo(
    () =>
      wanted === ''
        ? loaded.rows
        : loaded.rows.filter(({ name }) => name.toLowerCase().includes(wanted)),
    [loaded.rows, wanted],
  );
  return (
    <>
      <h1>Datasets</h1>
      <Filters status={status ?? ''} text={text ?? ''} at={at ?? ''} />
      {loaded.problem !== undefined && <ProblemNote problem={loaded.problem} />}
      <p class="quiet" role="status">
        {countText(found.length)} of {countText(loaded.rows.length)}
        {loaded.isWhole ? '' : ' so far, loading…'}
      </p>
      {found.length > 0 && (
        <VirtualRows
          label="Datasets"
          count={found.length}
          rowPx={ROW_PX}
          show={(index) => <DatasetRow row={found[index]} at={at ?? ''} />}
        />
      )}
      {found.length === 0 && loaded.isWhole && (
        <NothingFound isFiltered={wanted !== '' || status !== ''} />
      )}
    </>
  );
}

/** Loads the first page at once and the others behind it, one after the other. */
function useDatasets(status: string, at: string): Loaded {
  const [loaded, setLoaded] = useState<Loaded>(NONE);
  const who = asker.value;
  useEffect(() => {
    const aborted = new AbortController();
    setLoaded(NONE);
    const load = async (): Promise<void> => {
      const rows: Row[] = [];
      let cursor: string | undefined;
      do {
        const query = new URLSearchParams({ limit: String(rows.length === 0 ? FIRST_PAGE : PAGE) });
        if (status !== '') query.set('status', status);
        if (at !== '') query.set('at', at);
        if (cursor !== undefined) query.set('cursor', cursor);
        const page = await askPatiently<DatasetList>(`/registry/datasets?${query}`, aborted.signal);
        rows.push(
          ...page.datasets.map((dataset) => ({
            name: dataset.name,
            status: dataset.status,
            rows: dataset.row_count,
            updatedAt: dataset.updated_at,
          })),
        );
        cursor = page.next_cursor;
        setLoaded({ rows: rows.slice(), isWhole: cursor === undefined });
      } while (cursor !== undefined && !aborted.signal.aborted);
    };
    load().catch((error: unknown) => {
      if (!aborted.signal.aborted)
        setLoaded((before) => ({ ...before, isWhole: true, problem: problemFrom(error) }));
    });
    return () => aborted.abort();
  }, [status, at, who]);
  return loaded;
}

function Filters({
  status,
  text,
  at,
}: {
  readonly status: string;
  readonly text: string;
  readonly at: string;
}) {
  return (
    <form class="row filters" onSubmit={(event) => event.preventDefault()}>
      <label>
        Name holds
        <input
          type="search"
          value={text}
          onInput={(event) => narrow({ q: event.currentTarget.value })}
        />
      </label>
      <label>
        Status
        <select value={status} onChange={(event) => narrow({ status: event.currentTarget.value })}>
          <option value="">any</option>
          <option value="registered">registered</option>
          <option value="published">published</option>
          <option value="withdrawn">withdrawn</option>
        </select>
      </label>
      <label>
        As of (position or time)
        <input
          value={at}
          placeholder="now"
          onChange={(event) => narrow({ at: event.currentTarget.value })}
        />
      </label>
    </form>
  );
}

function DatasetRow({ row, at }: { readonly row: Row | undefined; readonly at: string }) {
  if (row === undefined) return null;
  return (
    <div class="line">
      <a class="grow" href={hrefOf(['datasets', row.name], { at })}>
        {row.name}
      </a>
      <span class="wide">{countText(row.rows)} rows</span>
      <Badge of={row.status} />
      <span class="quiet wide">
        <Moment of={row.updatedAt} />
      </span>
    </div>
  );
}

function NothingFound({ isFiltered }: { readonly isFiltered: boolean }) {
  if (!isFiltered)
    return (
      <Empty title="There are no datasets in this scope">
        <p>
          Register one with <code>POST /registry/datasets</code>, or{' '}
          <a href={hrefOf(['session'])}>look at another scope</a>.
        </p>
      </Empty>
    );
  return (
    <Empty title="No dataset fits">
      <button type="button" onClick={() => narrow({ q: '', status: '' })}>
        Show all
      </button>
    </Empty>
  );
}
