import { usePages } from '#console/api/use-pages';
import { Badge } from '#console/parts/bits';
import { Timeline, type TimelineStep } from '#console/parts/history';
import { Loading, ProblemNote } from '#console/parts/notes';
import { bytesText, countText, rowsText } from '#console/parts/words';

interface HistoryPage {
  readonly entries: readonly Change[];
  readonly next_cursor?: string;
}

/** What was done to a dataset, and how it stood afterwards. */
interface Change extends TimelineStep {
  readonly status: string;
  readonly row_count: number | null;
  readonly object_count: number;
  readonly bytes: number;
  readonly reason?: string;
}

const PAGE = 100;

/** Everything that was done to a dataset, the newest first. */
export function DatasetHistory({ name }: { readonly name: string }) {
  const path = `/registry/history/datasets/${encodeURIComponent(name)}?order=newest&limit=${PAGE}`;
  const { pages, problem, more, again } = usePages<HistoryPage>(path);
  if (problem !== undefined) return <ProblemNote problem={problem} again={again} />;
  if (pages.length === 0) return <Loading />;
  return (
    <>
      <Timeline
        steps={pages.flatMap(({ entries }) => entries)}
        show={(change) => <After of={change} />}
      />
      {more !== undefined && (
        <button type="button" onClick={more}>
          Earlier
        </button>
      )}
    </>
  );
}

function After({ of }: { readonly of: Change }) {
  const { status, row_count: rows, object_count: objects, bytes, reason } = of;
  return (
    <p class="quiet">
      <Badge of={status} /> {rows === null ? '' : `${rowsText(rows)}, `}
      {countText(objects)} {objects === 1 ? 'object' : 'objects'}, {bytesText(bytes)}
      {reason === undefined ? '' : `: ${reason}`}
    </p>
  );
}
