import { useEffect, useRef } from 'preact/hooks';
import { type Answer, useAnswer } from '#console/api/use-answer';
import { isHidden } from '#console/api/visible';
import { durationMs, type JobRun, type RunAction } from '#console/pages/run-shape';
import { Badge, Digest, type Fact, Facts, Moment, Section } from '#console/parts/bits';
import { Download } from '#console/parts/download';
import { JsonText } from '#console/parts/json-text';
import { ContractLink } from '#console/parts/links';
import { Shown } from '#console/parts/notes';
import { Table } from '#console/parts/table';
import { countText, durationText, metricText, prettyJson } from '#console/parts/words';
import { hrefOf } from '#console/shell/place';

const REFRESH_MS = 2_000;

/** One run: how it went, what it measured, what was done at its end. */
export function RunPage({ id }: { readonly id: string }) {
  const { answer, again, goesOn } = useRun(id);
  return (
    <>
      <p class="crumbs">
        <a href={hrefOf(['jobs'])}>Jobs</a>
      </p>
      <h1>Run {id}</h1>
      <Shown answer={answer} again={again}>
        {(run) => (
          <>
            {run.progress !== undefined && goesOn && <Progress of={run.progress} />}
            <Facts of={factsOf(run)} />
            {run.message !== undefined && <p class="note">{run.message}</p>}
            <Numbers title="Counts" of={run.counts} />
            <Numbers title="Metrics" of={run.metrics} write={metricText} />
            <Numbers title="Findings" of={run.findings} />
            <Datasets run={run} />
            <Actions actions={run.actions ?? []} />
            <Section title="Metadata">
              <JsonText text={prettyJson(JSON.stringify(run.metadata))} label="Metadata" />
            </Section>
            {run.lineage !== undefined && (
              <Section title="Lineage">
                <JsonText text={prettyJson(JSON.stringify(run.lineage))} label="Lineage" />
              </Section>
            )}
          </>
        )}
      </Shown>
    </>
  );
}

/** Asks for a run until it has ended: again some time after each answer, whatever the answer was, while somebody looks. */
function useRun(id: string) {
  const [answer, again] = useAnswer<JobRun>(`/registry/job-runs/${encodeURIComponent(id)}`);
  const last = useRef<Answer<JobRun>>(answer);
  // An answer that failed does not take away what is known.
  if (answer.state !== 'failed' || last.current.state !== 'shown') last.current = answer;
  const shown = last.current;
  const goesOn = shown.state === 'shown' && shown.value.completed_at === undefined;
  const hidden = isHidden.value;
  useEffect(() => {
    if (!goesOn || hidden) return undefined;
    const timer = setTimeout(again, REFRESH_MS);
    return () => clearTimeout(timer);
  }, [goesOn, hidden, answer, again]);
  return { answer: shown, again, goesOn };
}

function factsOf(run: JobRun): readonly Fact[] {
  const took = durationMs(run);
  const { definition, contract, parent_run_id: parent, results } = run;
  return [
    { name: 'Status', value: <Badge of={run.status} /> },
    { name: 'Job', value: `${run.job} (${run.kind})` },
    {
      name: 'Submitted',
      value: (
        <>
          <Moment of={run.submitted_at} /> by {run.submitted_by ?? run.origin}
        </>
      ),
    },
    { name: 'Began', value: <Moment of={run.started_at} /> },
    { name: 'Took', value: took === undefined ? 'not begun' : durationText(took) },
    ...(definition === undefined
      ? []
      : [
          {
            name: 'Definition',
            value: (
              <a href={hrefOf(['jobs', 'definitions', definition.id, definition.version])}>
                {definition.id} {definition.version}
              </a>
            ),
          },
        ]),
    ...(contract === undefined
      ? []
      : [{ name: 'Contract', value: <ContractLink to={contract} /> }]),
    ...(parent === undefined
      ? []
      : [{ name: 'Part of', value: <a href={hrefOf(['jobs', 'runs', parent])}>{parent}</a> }]),
    ...(run.cause === undefined ? [] : [{ name: 'Cause', value: run.cause.type }]),
    ...(run.report_uri === undefined ? [] : [{ name: 'Report', value: run.report_uri }]),
    ...(run.report_sha256 === undefined
      ? []
      : [{ name: 'Report digest', value: <Digest of={run.report_sha256} /> }]),
    ...(results === undefined
      ? []
      : [
          {
            name: 'Results',
            value: (
              <Download
                path={`/registry/job-runs/${encodeURIComponent(run.id)}/results`}
                name={`${run.id}-results`}
              >
                Stored results
              </Download>
            ),
          },
        ]),
  ];
}

function Progress({
  of: { done, total, message },
}: {
  readonly of: NonNullable<JobRun['progress']>;
}) {
  return (
    <p role="status">
      <progress
        value={done}
        {...(total === undefined ? {} : { max: total })}
        aria-label="Progress"
      />{' '}
      {countText(done)}
      {total === undefined ? '' : ` of ${countText(total)}`} {message}
    </p>
  );
}

function Numbers({
  title,
  of,
  write = countText,
}: {
  readonly title: string;
  readonly of: Readonly<Record<string, number>> | undefined;
  readonly write?: (value: number) => string;
}) {
  if (of === undefined || Object.keys(of).length === 0) return null;
  return (
    <Section title={title}>
      <Facts of={Object.entries(of).map(([name, value]) => ({ name, value: write(value) }))} />
    </Section>
  );
}

function Datasets({ run }: { readonly run: JobRun }) {
  const { inputs, outputs = [], datasets = [] } = run;
  const known = new Set(datasets.map(({ name }) => name));
  const item = (name: string) =>
    known.has(name) ? <a href={hrefOf(['datasets', name])}>{name}</a> : name;
  return (
    <Section title="Reads and writes">
      <ul class="plain">
        {inputs.map((name) => (
          <li key={`in ${name}`}>reads {item(name)}</li>
        ))}
        {outputs.map((name) => (
          <li key={`out ${name}`}>writes {item(name)}</li>
        ))}
        {inputs.length + outputs.length === 0 && (
          <li class="quiet">It names neither inputs nor outputs.</li>
        )}
      </ul>
    </Section>
  );
}

function Actions({ actions }: { readonly actions: readonly RunAction[] }) {
  if (actions.length === 0) return null;
  return (
    <Section title="Actions">
      <Table
        label="Actions"
        rows={actions}
        keyOf={({ number }) => String(number)}
        columns={[
          {
            title: 'Action',
            show: ({ type, profile }) => `${type ?? 'action'} by ${profile.id} ${profile.version}`,
          },
          { title: 'Status', show: ({ status }) => <Badge of={status} /> },
          { title: 'Attempts', isNumber: true, show: ({ attempts }) => attempts },
          {
            title: 'Due',
            show: ({ due_at: due }) => (due === undefined ? '' : <Moment of={due} />),
          },
          { title: 'Detail', show: ({ detail }) => detail ?? '' },
        ]}
      />
    </Section>
  );
}
