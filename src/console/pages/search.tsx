import { useAnswer } from '#console/api/use-answer';
import { Badge, Section } from '#console/parts/bits';
import { Empty, Shown } from '#console/parts/notes';
import { countText } from '#console/parts/words';
import { hrefOf, place } from '#console/shell/place';

interface ContractList {
  readonly contracts: readonly {
    readonly name: string;
    readonly version: string;
    readonly stage: string;
    readonly description?: string;
  }[];
}

interface DatasetList {
  readonly datasets: readonly { readonly name: string; readonly status: string }[];
  readonly matching_count?: number;
}

const VERSIONS_MAX = 50;

/** What a text leads to: the first datasets whose names hold it, and contracts that hold it. */
export function SearchPage() {
  const text = place.value.query.get('q') ?? '';
  const query = new URLSearchParams({ text, limit: String(VERSIONS_MAX) });
  const [contracts, again] = useAnswer<ContractList>(
    text === '' ? undefined : `/registry/contracts?${query}`,
  );
  if (text === '')
    return <Empty title="Nothing to search for">Type into the field above and press Enter.</Empty>;
  return (
    <>
      <h1>Search for “{text}”</h1>
      <Section title="Datasets">
        <FoundDatasets text={text} />
      </Section>
      <Section title="Contracts">
        <Shown answer={contracts} again={again}>
          {({ contracts: found }) =>
            found.length === 0 ? (
              <Empty title="No contract holds this text" />
            ) : (
              <ContractVersionsFound of={found} text={text} />
            )
          }
        </Shown>
      </Section>
    </>
  );
}

interface VersionsFoundProps {
  readonly of: ContractList['contracts'];
  readonly text: string;
}

function ContractVersionsFound({ of, text }: VersionsFoundProps) {
  return (
    <>
      <ul class="plain">
        {of.map(({ name, version, stage, description }) => (
          <li key={`${name} ${version}`}>
            <a href={hrefOf(['contracts', name, version])}>
              {name} {version}
            </a>{' '}
            <Badge of={stage} /> <span class="quiet">{description}</span>
          </li>
        ))}
      </ul>
      {of.length === VERSIONS_MAX && (
        <p class="quiet">
          The first {VERSIONS_MAX} versions.{' '}
          <a href={hrefOf(['contracts'], { q: text })}>Look for more among the contracts</a>
        </p>
      )}
    </>
  );
}

const DATASETS_MAX = 20;

function FoundDatasets({ text }: { readonly text: string }) {
  const query = new URLSearchParams({ text, limit: String(DATASETS_MAX) });
  const [answer, again] = useAnswer<DatasetList>(`/registry/datasets?${query}`);
  return (
    <Shown answer={answer} again={again}>
      {({ datasets, matching_count: count = datasets.length }) =>
        datasets.length === 0 ? (
          <Empty title="No name of a dataset holds this text" />
        ) : (
          <>
            <ul class="plain">
              {datasets.map(({ name, status }) => (
                <li key={name}>
                  <a href={hrefOf(['datasets', name])}>{name}</a> <Badge of={status} />
                </li>
              ))}
            </ul>
            {count > datasets.length && (
              <a href={hrefOf(['datasets'], { q: text })}>All {countText(count)} of them</a>
            )}
          </>
        )
      }
    </Shown>
  );
}
