import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { asker } from '#console/api/ask';
import { type DatasetFilter, DatasetPages, type DatasetRow } from '#console/api/dataset-pages';
import { Badge, Moment } from '#console/parts/bits';
import { Empty, Loading, ProblemNote } from '#console/parts/notes';
import { VirtualRows } from '#console/parts/virtual-rows';
import { countText, rowsText } from '#console/parts/words';
import { hrefOf, narrow, place } from '#console/shell/place';

const ROW_PX = 44;
/** How many rows are read ahead of those on the screen. */
const AHEAD = 200;
/** How long nobody types before the registry is asked. */
const TYPED_MS = 120;

/** All datasets: the registry searches and filters them, and gives as many as somebody looks at. */
export function DatasetsPage() {
  const { query } = place.value;
  const [status = '', text = '', at = ''] = ['status', 'q', 'at'].map(
    (name) => query.get(name) ?? '',
  );
  return (
    <>
      <h1>Datasets</h1>
      <Filters status={status} text={text} at={at} />
      <List key={asker.value} status={status} text={text} at={at} />
    </>
  );
}

function List(wanted: DatasetFilter) {
  const pages = useDatasets(wanted);
  const onShow = useCallback((count: number) => void pages?.want(count + AHEAD), [pages]);
  if (pages === undefined) return <Loading />;
  const { filter } = pages;
  const { rows, total, isWhole, problem } = pages.shown.value;
  const count = total ?? rows.length;
  return (
    <>
      {problem !== undefined && <ProblemNote problem={problem} again={() => pages.again()} />}
      <p class="quiet" role="status">
        {countText(count)} {count === 1 ? 'dataset' : 'datasets'}
        {total === undefined && !isWhole ? ' so far: more come as you scroll' : ''}
        {filter.text === '' ? '' : `, each with “${filter.text}” in its name`}
      </p>
      {count > 0 && (
        <VirtualRows
          key={keyOf(filter)}
          label="Datasets"
          count={count}
          rowPx={ROW_PX}
          onShow={onShow}
          show={(index) => <Line row={rows[index]} at={filter.at} />}
        />
      )}
      {count === 0 && isWhole && (
        <NothingFound isFiltered={filter.text !== '' || filter.status !== ''} />
      )}
    </>
  );
}

function keyOf({ status, text, at }: DatasetFilter): string {
  return [status, text, at].join('\n');
}

/** Gives the list of a filter. While it is asked for, the one before stays; while somebody types, nothing is asked. */
function useDatasets({ status, text, at }: DatasetFilter): DatasetPages | undefined {
  const [shown, setShown] = useState<DatasetPages | undefined>();
  const isFirst = useRef(true);
  useEffect(() => {
    const pages = new DatasetPages({ status, text, at });
    const ask = async (): Promise<void> => {
      await pages.want(1);
      if (!pages.isStopped) setShown(pages);
    };
    const timer = setTimeout(() => void ask(), isFirst.current ? 0 : TYPED_MS);
    isFirst.current = false;
    return () => {
      clearTimeout(timer);
      pages.stop();
    };
  }, [status, text, at]);
  return shown;
}

function Filters({ status, text, at }: DatasetFilter) {
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

interface LineProps {
  /** `undefined` until it is read. */
  readonly row: DatasetRow | undefined;
  readonly at: string;
}

function Line({ row, at }: LineProps) {
  if (row === undefined) return <div class="line quiet">…</div>;
  return (
    <div class="line">
      <a class="grow" href={hrefOf(['datasets', row.name], { at })}>
        {row.name}
      </a>
      <span class="wide number">{rowsText(row.rows)}</span>
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
