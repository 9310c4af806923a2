import { useAnswer } from '#console/api/use-answer';
import { useCommand } from '#console/api/use-command';
import { usePages } from '#console/api/use-pages';
import { StageButtons } from '#console/pages/contract-stage';
import type { JobRun } from '#console/pages/run-shape';
import { RunTimeline } from '#console/pages/run-timeline';
import { Badge, Facts, Moment, Section } from '#console/parts/bits';
import { JsonText } from '#console/parts/json-text';
import { ContractLink, DatasetLinks } from '#console/parts/links';
import { Empty, Loading, ProblemNote, Shown } from '#console/parts/notes';
import { durationText, prettyJson } from '#console/parts/words';
import { go, hrefOf } from '#console/shell/place';

const RUNS_MAX = 100;

interface JobDefinition {
  readonly id: string;
  readonly version: string;
  readonly stage: string;
  readonly createdAt: string;
  readonly author: string;
  readonly name: string;
  readonly description?: string;
  readonly kind: string;
  readonly contract?: { readonly name: string; readonly version: string };
  readonly datasets?: readonly string[];
  readonly trigger: { readonly type: string };
  readonly timeoutMs?: number;
}

export interface DefinitionPageProps {
  readonly id: string;
  readonly version: string | undefined;
}

interface DefinitionVersions {
  readonly latest?: string;
  readonly versions: readonly { readonly version: string; readonly stage: string }[];
}

/** One definition of a job: its versions, what it checks, its runs. */
export function DefinitionPage({ id, version }: DefinitionPageProps) {
  const path = `/registry/job-definitions/${encodeURIComponent(id)}`;
  const [answer, again] = useAnswer<DefinitionVersions>(path);
  return (
    <>
      <p class="crumbs">
        <a href={hrefOf(['jobs'])}>Jobs</a>
      </p>
      <h1>{id}</h1>
      <Shown answer={answer} again={again}>
        {({ latest, versions }) => {
          const shown = version ?? latest ?? versions.at(-1)?.version ?? '';
          return (
            <>
              <label>
                Version
                <select
                  value={shown}
                  onChange={(event) =>
                    go(hrefOf(['jobs', 'definitions', id, event.currentTarget.value]))
                  }
                >
                  {versions.map((known) => (
                    <option key={known.version} value={known.version}>
                      {known.version} {known.stage.replaceAll('_', ' ')}
                    </option>
                  ))}
                </select>
              </label>
              <OneVersion path={`${path}/${encodeURIComponent(shown)}`} changed={again} />
            </>
          );
        }}
      </Shown>
      <Runs id={id} />
    </>
  );
}

interface OneVersionProps {
  readonly path: string;
  readonly changed: () => void;
}

function OneVersion({ path, changed }: OneVersionProps) {
  const [answer, again] = useAnswer<JobDefinition>(path);
  const refresh = (): void => {
    again();
    changed();
  };
  return (
    <Shown answer={answer} again={again}>
      {(definition) => <Shape definition={definition} again={refresh} />}
    </Shown>
  );
}

function Shape({
  definition,
  again,
}: {
  readonly definition: JobDefinition;
  readonly again: () => void;
}) {
  const { contract, datasets = [], trigger, timeoutMs } = definition;
  return (
    <>
      <Facts
        of={[
          { name: 'Name', value: definition.name },
          { name: 'Stage', value: <Badge of={definition.stage} /> },
          { name: 'Version', value: definition.version },
          { name: 'Kind', value: definition.kind },
          { name: 'Trigger', value: trigger.type },
          {
            name: 'Time-out',
            value: timeoutMs === undefined ? 'the default' : durationText(timeoutMs),
          },
          {
            name: 'Contract',
            value: contract === undefined ? 'none' : <ContractLink to={contract} />,
          },
          { name: 'Datasets', value: <DatasetLinks names={datasets} /> },
          {
            name: 'Defined',
            value: (
              <>
                <Moment of={definition.createdAt} /> by {definition.author}
              </>
            ),
          },
        ]}
      />
      <StageButtons
        of="job-definitions"
        name={definition.id}
        version={definition.version}
        stage={definition.stage}
        again={again}
      />
      {definition.stage === 'active' && <RunButton id={definition.id} />}
      <Section title="Definition">
        <JsonText text={prettyJson(JSON.stringify(definition))} label="Definition" />
      </Section>
    </>
  );
}

function RunButton({ id }: { readonly id: string }) {
  const { isSending, problem, post } = useCommand<{ readonly id: string }>();
  const run = (): void =>
    post(`/registry/job-definitions/${encodeURIComponent(id)}/runs`, {}, (made) =>
      go(hrefOf(['jobs', 'runs', made.id])),
    );
  return (
    <>
      <button type="button" class="primary" disabled={isSending} onClick={run}>
        Run it now
      </button>
      {problem !== undefined && <ProblemNote problem={problem} />}
    </>
  );
}

interface RunPage {
  readonly job_runs: readonly JobRun[];
  readonly next_cursor?: string;
}

function Runs({ id }: { readonly id: string }) {
  const { pages, problem, more, again } = usePages<RunPage>(
    `/registry/job-runs?definition=${encodeURIComponent(id)}&limit=${RUNS_MAX}`,
  );
  const runs = pages.flatMap((page) => page.job_runs);
  return (
    <Section title="Runs">
      {problem !== undefined && <ProblemNote problem={problem} again={again} />}
      {pages.length === 0 && problem === undefined && <Loading />}
      {pages.length > 0 && runs.length === 0 && (
        <Empty title="It has not run yet">
          A run begins when it is asked for, or when its trigger comes.
        </Empty>
      )}
      {runs.length > 0 && <RunTimeline runs={runs} />}
      {more !== undefined && (
        <button type="button" onClick={more}>
          Older runs
        </button>
      )}
    </Section>
  );
}
