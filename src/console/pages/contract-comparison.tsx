import type { Change, Comparison, CounterExample, Verdict } from '#console/pages/contract-shape';
import { Badge } from '#console/parts/bits';
import { JsonText } from '#console/parts/json-text';
import { Empty } from '#console/parts/notes';
import { prettyJson } from '#console/parts/words';

/** What a comparison of two versions has found: verdicts, every change explained, and the documents that prove it. */
export function ComparisonView({ comparison }: { readonly comparison: Comparison }) {
  const { changes, changesOmitted, backward, forward, level } = comparison;
  return (
    <>
      <p class="row">
        <Badge of={level} />
        <VerdictText title="Readers of the newer version take older documents" verdict={backward} />
        <VerdictText title="Readers of the older version take newer documents" verdict={forward} />
      </p>
      <div class="columns">
        <ChangeList changes={changes} omitted={changesOmitted} />
        <div>
          <Proof example={backward.counterExample} />
          <Proof example={forward.counterExample} />
        </div>
      </div>
    </>
  );
}

function VerdictText({ title, verdict }: { readonly title: string; readonly verdict: Verdict }) {
  const word = { compatible: 'yes', incompatible: 'no', unknown: 'not known' }[verdict.kind];
  return (
    <span class={verdict.kind === 'incompatible' ? 'bad' : ''}>
      {title}: <strong>{word}</strong>
      {verdict.reason === undefined ? '' : ` (${verdict.reason})`}
    </span>
  );
}

function ChangeList({
  changes,
  omitted,
}: {
  readonly changes: readonly Change[];
  readonly omitted: number;
}) {
  if (changes.length === 0) return <Empty title="Nothing has changed" />;
  return (
    <div>
      <ol class="changes" aria-label="Changes">
        {changes.map((change) => (
          <li
            key={`${change.rule} ${change.before ?? ''} ${change.after ?? ''} ${change.message}`}
            class={change.isBreaking ? 'breaking' : ''}
          >
            <span>
              {change.isBreaking && <strong class="bad">Breaking: </strong>}
              {change.isFeature && <strong>New: </strong>}
              {change.message}
            </span>
            <span class="quiet">
              {change.rule}
              {change.breaks.length > 0 && `, breaks ${change.breaks.join(' and ')}`}
            </span>
            {change.counterExample !== undefined && <Proof example={change.counterExample} />}
          </li>
        ))}
      </ol>
      {omitted > 0 && <p class="quiet">and {omitted} more</p>}
    </div>
  );
}

/** A document that shows a break, with who takes it and who refuses it. */
function Proof({ example }: { readonly example: CounterExample | undefined }) {
  if (example === undefined) return null;
  const [takes, refuses] = example.validUnder === 'older' ? ['older', 'newer'] : ['newer', 'older'];
  return (
    <figure class="proof">
      <figcaption>
        The {takes} version takes this document, the {refuses} one refuses it: {example.refusal}
      </figcaption>
      <JsonText text={prettyJson(JSON.stringify(example.document))} label="Counter-example" />
    </figure>
  );
}
