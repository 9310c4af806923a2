import { usePages } from '#console/api/use-pages';
import type { DrillSummary } from '#console/pages/drill-shape';
import { Badge, Moment } from '#console/parts/bits';
import { Empty, Loading, ProblemNote } from '#console/parts/notes';
import { Table } from '#console/parts/table';
import { durationText } from '#console/parts/words';
import { hrefOf } from '#console/shell/place';

interface DrillPage {
  readonly drills: readonly DrillSummary[];
  /** Files that are called like reports and are none. */
  readonly unreadable: readonly string[];
  readonly next_cursor?: string;
}

/** The last report of each drill, and all reports that this node keeps. */
export function Drills() {
  const { pages, problem, more, again } = usePages<DrillPage>('/registry/drills?limit=50');
  if (problem?.status === 404) return <HiddenDrills />;
  if (problem !== undefined) return <ProblemNote problem={problem} again={again} />;
  if (pages.length === 0) return <Loading />;
  const drills = pages.flatMap((page) => page.drills);
  const unreadable = pages.flatMap((page) => page.unreadable);
  if (drills.length === 0 && unreadable.length === 0)
    return (
      <Empty title="No drill has left a report on this node">
        <p>
          <code>atlas-registry drill rot</code> rehearses damaged files of the cache, with a
          registry of its own; <code>atlas-registry drill --help</code> lists the others. A report
          appears here when it is written into <code>drills</code> in the data folder of this node.
        </p>
      </Empty>
    );
  const last = drills.filter(
    (one, index) => drills.findIndex(({ drill }) => drill === one.drill) === index,
  );
  return (
    <>
      <DrillTable label="The last of each drill" drills={last} />
      {drills.length > last.length && (
        <>
          <h3>All reports</h3>
          <DrillTable label="All reports" drills={drills} />
        </>
      )}
      {unreadable.length > 0 && (
        <p class="note warn">Called like reports, and cannot be read: {unreadable.join(', ')}</p>
      )}
      {more !== undefined && (
        <button type="button" onClick={more}>
          Earlier
        </button>
      )}
    </>
  );
}

function HiddenDrills() {
  return (
    <Empty title="This node does not show its drills">
      <p>
        It does with <code>ATLAS_ENABLE_ADMIN_ENDPOINTS=true</code>. Drills run beside the registry
        and leave their reports in its data folder: <code>atlas-registry drill --help</code>.
      </p>
    </Empty>
  );
}

function DrillTable({
  label,
  drills,
}: {
  readonly label: string;
  readonly drills: readonly DrillSummary[];
}) {
  return (
    <Table
      label={label}
      rows={drills}
      keyOf={({ id }) => id}
      columns={[
        {
          title: 'Drill',
          show: ({ id, drill }) => <a href={hrefOf(['health', 'drills', id])}>{drill}</a>,
        },
        { title: 'Outcome', show: ({ outcome }) => <Badge of={outcome} /> },
        { title: 'When', show: ({ started_at: at }) => <Moment of={at} /> },
        { title: 'Took', isNumber: true, show: ({ seconds }) => durationText(seconds * 1_000) },
        {
          title: 'Steps',
          isNumber: true,
          show: ({ step_count: count, failed_step_count: failed }) =>
            failed === 0 ? count : <span class="bad">{`${failed} of ${count} failed`}</span>,
        },
        { title: 'Version', show: ({ registry_version: version }) => version },
      ]}
    />
  );
}
