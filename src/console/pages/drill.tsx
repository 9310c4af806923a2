import { useAnswer } from '#console/api/use-answer';
import { type DrillReport, figureText } from '#console/pages/drill-shape';
import { Badge, Facts, Moment, Section } from '#console/parts/bits';
import { Shown } from '#console/parts/notes';
import { Table } from '#console/parts/table';
import { durationText } from '#console/parts/words';
import { hrefOf } from '#console/shell/place';

/** The report of one drill: how it went, every step with what was seen, every figure. */
export function DrillPage({ id }: { readonly id: string }) {
  const [answer, again] = useAnswer<DrillReport>(`/registry/drills/${encodeURIComponent(id)}`);
  return (
    <>
      <p class="crumbs">
        <a href={hrefOf(['health'])}>Health</a>
      </p>
      <h1>Drill {id}</h1>
      <Shown answer={answer} again={again}>
        {(report) => <Report of={report} />}
      </Shown>
    </>
  );
}

function Report({ of }: { readonly of: DrillReport }) {
  return (
    <>
      <Facts
        of={[
          { name: 'Outcome', value: <Badge of={of.outcome} /> },
          { name: 'Began', value: <Moment of={of.started_at} /> },
          { name: 'Took', value: durationText(of.seconds * 1_000) },
          { name: 'Version of the registry', value: of.registry_version },
        ]}
      />
      <Section title="Steps">
        <Table
          label="Steps"
          rows={of.steps.map((step, index) => ({ ...step, number: index + 1 }))}
          keyOf={({ number }) => String(number)}
          columns={[
            { title: 'Step', show: ({ name }) => name },
            { title: 'Outcome', show: ({ outcome }) => <Badge of={outcome} /> },
            {
              title: 'What was seen',
              show: ({ detail }) => detail ?? <span class="quiet">on the node, in its report</span>,
            },
            { title: 'Took', isNumber: true, show: ({ seconds }) => durationText(seconds * 1_000) },
          ]}
        />
      </Section>
      {of.figures.length > 0 && (
        <Section title="Figures">
          <Facts of={of.figures.map((one) => ({ name: one.name, value: figureText(one) }))} />
        </Section>
      )}
    </>
  );
}
