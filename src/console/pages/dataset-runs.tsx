import { useAnswer } from '#console/api/use-answer';
import type { JobRun } from '#console/pages/run-shape';
import { RunTimeline } from '#console/pages/run-timeline';
import { Empty, Shown } from '#console/parts/notes';

const RUNS_MAX = 200;

/** The newest runs that name a dataset among their inputs, outputs or metadata. */
export function DatasetRuns({ name }: { readonly name: string }) {
  const [answer, again] = useAnswer<{ readonly job_runs: readonly JobRun[] }>(
    `/registry/job-runs?limit=${RUNS_MAX}`,
  );
  return (
    <Shown answer={answer} again={again}>
      {({ job_runs: all }) => {
        const own = all.filter((run) => namesDataset(run, name));
        return (
          <>
            <p class="quiet">
              Looked for among the newest {RUNS_MAX} runs: those that name this dataset.
            </p>
            {own.length === 0 ? (
              <Empty title="None of them names this dataset">
                <p>
                  A run names what it reads and writes in <code>inputs</code> and{' '}
                  <code>metadata.dataset</code>, or as OpenLineage.
                </p>
              </Empty>
            ) : (
              <RunTimeline runs={own} />
            )}
          </>
        );
      }}
    </Shown>
  );
}

function namesDataset({ inputs, outputs = [], metadata }: JobRun, name: string): boolean {
  return [...inputs, ...outputs, metadata['dataset']].includes(name);
}
