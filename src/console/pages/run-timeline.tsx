import { durationMs, type JobRun } from '#console/pages/run-shape';
import { Badge, Moment } from '#console/parts/bits';
import { durationText } from '#console/parts/words';
import { hrefOf } from '#console/shell/place';

const WIDTH_MIN = 0.6;

/** Runs with when they went on and for how long: a bar each on one line of time, and the same in words. */
export function RunTimeline({ runs }: { readonly runs: readonly JobRun[] }) {
  const begins = runs.map(({ submitted_at: at }) => Date.parse(at));
  const ends = runs.map(
    (run, index) => (begins[index] ?? 0) + Math.max(0, waitMs(run) + (durationMs(run) ?? 0)),
  );
  const first = Math.min(...begins);
  const spanMs = Math.max(1, Math.max(...ends) - first);
  return (
    <ol class="runs" aria-label="Runs, the newest first">
      {runs.map((run, index) => {
        const took = durationMs(run);
        const x = (((begins[index] ?? first) + waitMs(run) - first) / spanMs) * 100;
        const width = Math.max(WIDTH_MIN, ((took ?? 0) / spanMs) * 100);
        return (
          <li key={run.id}>
            <a class="grow" href={hrefOf(['jobs', 'runs', run.id])}>
              {run.job} <span class="quiet">{run.id}</span>
            </a>
            <Badge of={run.status} />
            <span class="took">{took === undefined ? 'not begun' : durationText(took)}</span>
            <span class="quiet when">
              <Moment of={run.submitted_at} />
            </span>
            <svg
              viewBox="0 0 100 6"
              preserveAspectRatio="none"
              aria-hidden="true"
              class={`bar ${run.status}`}
            >
              <rect x={Math.min(x, 100 - width)} y="0" width={width} height="6" rx="0.4" />
            </svg>
          </li>
        );
      })}
    </ol>
  );
}

function waitMs({ submitted_at: submitted, started_at: started }: JobRun): number {
  return started === undefined ? 0 : Math.max(0, Date.parse(started) - Date.parse(submitted));
}
