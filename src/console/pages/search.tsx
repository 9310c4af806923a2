import { useAnswer } from '#console/api/use-answer';
import { Badge, Section } from '#console/parts/bits';
import { Empty, Shown } from '#console/parts/notes';
import { hrefOf, place } from '#console/shell/place';

interface ContractList {
  readonly contracts: readonly {
    readonly name: string;
    readonly version: string;
    readonly stage: string;
    readonly description?: string;
  }[];
}

/** What a text leads to: a dataset of that name, contracts that hold it, and the searches of the pages. */
export function SearchPage() {
  const text = place.value.query.get('q') ?? '';
  const query = new URLSearchParams({ text, limit: '50' });
  const [contracts, again] = useAnswer<ContractList>(
    text === '' ? undefined : `/registry/contracts?${query}`,
  );
  if (text === '')
    return <Empty title="Nothing to search for">Type into the field above and press Enter.</Empty>;
  return (
    <>
      <h1>Search for “{text}”</h1>
      <Section title="Datasets">
        <p>
          <a href={hrefOf(['datasets'], { q: text })}>Datasets whose name holds “{text}”</a>
        </p>
      </Section>
      <Section title="Contracts">
        <Shown answer={contracts} again={again}>
          {({ contracts: found }) =>
            found.length === 0 ? (
              <Empty title="No contract holds this text" />
            ) : (
              <ul class="plain">
                {found.map(({ name, version, stage, description }) => (
                  <li key={`${name} ${version}`}>
                    <a href={hrefOf(['contracts', name, version])}>
                      {name} {version}
                    </a>{' '}
                    <Badge of={stage} /> <span class="quiet">{description}</span>
                  </li>
                ))}
              </ul>
            )
          }
        </Shown>
      </Section>
    </>
  );
}
