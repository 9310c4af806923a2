import { useAnswer } from '#console/api/use-answer';
import type { JobRun } from '#console/pages/run-shape';
import { RunTimeline } from '#console/pages/run-timeline';
import { Badge, Moment, Section } from '#console/parts/bits';
import { Empty, Shown } from '#console/parts/notes';
import { Table } from '#console/parts/table';
import { go, hrefOf, narrow, place } from '#console/shell/place';

interface DefinitionList {
  readonly definitions: readonly DefinitionSummary[];
}

interface DefinitionSummary {
  readonly id: string;
  readonly version: string;
  readonly name: string;
  readonly stage: string;
  readonly tags: readonly string[];
  readonly createdAt: string;
  readonly author: string;
}

const STATUSES = ['pending', 'running', 'succeeded', 'failed', 'cancelled', 'skipped'];
const RUNS_MAX = 100;
const DEFINITIONS_MAX = 200;

/** What jobs there are, and how they ran. */
export function JobsPage() {
  return (
    <>
      <h1>Jobs</h1>
      <Runs />
      <Definitions />
    </>
  );
}

function Runs() {
  const { query } = place.value;
  const search = new URLSearchParams({ limit: String(RUNS_MAX) });
  for (const name of ['status', 'job', 'cursor']) {
    const value = query.get(name);
    if (value !== null) search.set(name, value);
  }
  const [answer, again] = useAnswer<{
    readonly job_runs: readonly JobRun[];
    readonly next_cursor?: string;
  }>(`/registry/job-runs?${search}`);
  return (
    <Section title="Runs">
      <RunFilters again={again} />
      <Shown answer={answer} again={again}>
        {({ job_runs: runs, next_cursor: next }) =>
          runs.length === 0 ? (
            <Empty title="No run fits">
              <p>
                A run appears here when a worker reports it with{' '}
                <code>POST /registry/job-runs</code>, when a definition is run, or through
                OpenLineage.
              </p>
            </Empty>
          ) : (
            <>
              <RunTimeline runs={runs} />
              {next !== undefined && (
                <button
                  type="button"
                  onClick={() =>
                    go(hrefOf(['jobs'], { ...Object.fromEntries(query), cursor: next }))
                  }
                >
                  Older runs
                </button>
              )}
            </>
          )
        }
      </Shown>
    </Section>
  );
}

function RunFilters({ again }: { readonly again: () => void }) {
  const { query } = place.value;
  return (
    <form class="row filters" onSubmit={(event) => event.preventDefault()}>
      <label>
        Status
        <select
          value={query.get('status') ?? ''}
          onChange={(event) => narrow({ status: event.currentTarget.value, cursor: undefined })}
        >
          <option value="">any</option>
          {STATUSES.map((status) => (
            <option key={status}>{status}</option>
          ))}
        </select>
      </label>
      <label>
        Job
        <input
          type="search"
          value={query.get('job') ?? ''}
          onChange={(event) => narrow({ job: event.currentTarget.value, cursor: undefined })}
        />
      </label>
      <button type="button" onClick={again}>
        Refresh
      </button>
    </form>
  );
}

function Definitions() {
  const [answer, again] = useAnswer<DefinitionList>(
    `/registry/job-definitions?limit=${DEFINITIONS_MAX}`,
  );
  return (
    <Section title="Definitions">
      <Shown answer={answer} again={again}>
        {({ definitions }) =>
          definitions.length === 0 ? (
            <Empty title="There are no definitions in this scope">
              <p>
                Define one with <code>POST /registry/job-definitions</code>: what it checks, and
                when it runs.
              </p>
            </Empty>
          ) : (
            <>
              <Table
                label="Definitions"
                rows={definitions}
                keyOf={({ id, version }) => `${id} ${version}`}
                columns={[
                  {
                    title: 'Definition',
                    show: ({ id, version }) => (
                      <a href={hrefOf(['jobs', 'definitions', id, version])}>{id}</a>
                    ),
                  },
                  { title: 'Version', show: ({ version }) => version },
                  { title: 'Name', show: ({ name }) => name },
                  { title: 'Stage', show: ({ stage }) => <Badge of={stage} /> },
                  { title: 'Tags', show: ({ tags }) => tags.join(', ') },
                  {
                    title: 'Defined',
                    show: ({ createdAt, author }) => (
                      <>
                        <Moment of={createdAt} /> by {author}
                      </>
                    ),
                  },
                ]}
              />
              {definitions.length === DEFINITIONS_MAX && (
                <p class="quiet">
                  The first {DEFINITIONS_MAX} versions. <code>GET /registry/job-definitions</code>{' '}
                  lists all of them.
                </p>
              )}
            </>
          )
        }
      </Shown>
    </Section>
  );
}
