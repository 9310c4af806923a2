import { useAnswer } from '#console/api/use-answer';
import { ComparisonView } from '#console/pages/contract-comparison';
import {
  type Comparison,
  type ContractBundle,
  type ContractVersions,
  contractPath,
} from '#console/pages/contract-shape';
import { Section } from '#console/parts/bits';
import { Empty, Shown } from '#console/parts/notes';
import { SideBySide } from '#console/parts/side-by-side';
import { prettyJson } from '#console/parts/words';
import { narrow, place } from '#console/shell/place';

export interface DiffProps {
  readonly contract: ContractVersions;
  readonly version: string;
}

/** What a version changes after an older one. */
export function ContractDiffView({ contract, version }: DiffProps) {
  const others = contract.versions.filter((other) => other.version !== version);
  const index = contract.versions.findIndex((other) => other.version === version);
  const before =
    place.value.query.get('with') ?? contract.versions[index - 1]?.version ?? others[0]?.version;
  if (before === undefined)
    return (
      <Empty title="There is one version">
        <p>Publish another, and this shows what lies between them.</p>
      </Empty>
    );
  return (
    <>
      <div class="row filters">
        <label>
          What changed after
          <select value={before} onChange={(event) => narrow({ with: event.currentTarget.value })}>
            {others.map((other) => (
              <option key={other.version}>{other.version}</option>
            ))}
          </select>
        </label>
      </div>
      <Between name={contract.name} older={before} newer={version} />
    </>
  );
}

interface BetweenProps {
  readonly name: string;
  readonly older: string;
  readonly newer: string;
}

function Between({ name, older, newer }: BetweenProps) {
  const at = place.value.query.get('at');
  const [diff, again] = useAnswer<{ readonly comparison: Comparison }>(
    contractPath([name, older, 'diff', newer], at),
  );
  const [left] = useAnswer<ContractBundle>(contractPath([name, older], at));
  const [right] = useAnswer<ContractBundle>(contractPath([name, newer], at));
  return (
    <>
      <Shown answer={diff} again={again}>
        {({ comparison }) => <ComparisonView comparison={comparison} />}
      </Shown>
      <Section title="Side by side">
        {left.state === 'shown' && right.state === 'shown' && (
          <SideBySide
            left={{ title: older, text: textOf(left.value) }}
            right={{ title: newer, text: textOf(right.value) }}
          />
        )}
      </Section>
    </>
  );
}

function textOf({ jsonSchema, wit = [], descriptor }: ContractBundle): string {
  const parts = [
    ...(jsonSchema === undefined ? [] : [prettyJson(jsonSchema)]),
    ...wit.map(({ text }) => text),
    ...(descriptor === undefined ? [] : [prettyJson(descriptor)]),
  ];
  return `${parts.join('\n')}\n`;
}
