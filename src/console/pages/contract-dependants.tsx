import { useAnswer } from '#console/api/use-answer';
import { contractPath } from '#console/pages/contract-shape';
import { Badge, Section } from '#console/parts/bits';
import { Empty, Shown } from '#console/parts/notes';
import { hrefOf, place } from '#console/shell/place';

interface Contracts {
  readonly dependants: readonly {
    readonly name: string;
    readonly version: string;
    readonly stage: string;
  }[];
}

interface Definitions {
  readonly dependants: readonly {
    readonly id: string;
    readonly version: string;
    readonly stage: string;
  }[];
}

export interface DependantsProps {
  readonly name: string;
  readonly version: string;
}

/** Who would notice a change of a version: contracts that refer to it, and definitions of jobs that check against it. */
export function ContractDependants({ name, version }: DependantsProps) {
  const at = place.value.query.get('at');
  const [contracts, askContracts] = useAnswer<Contracts>(
    contractPath([name, version, 'dependants'], at),
  );
  const [definitions, askDefinitions] = useAnswer<Definitions>(
    contractPath([name, version, 'job-definitions'], at),
  );
  return (
    <>
      <Section title="Contracts that refer to it">
        <Shown answer={contracts} again={askContracts}>
          {({ dependants }) =>
            dependants.length === 0 ? (
              <Empty title={`No contract refers to ${version}`} />
            ) : (
              <ul class="plain">
                {dependants.map((on) => (
                  <li key={`${on.name} ${on.version}`}>
                    <a href={hrefOf(['contracts', on.name, on.version])}>
                      {on.name} {on.version}
                    </a>{' '}
                    <Badge of={on.stage} />
                  </li>
                ))}
              </ul>
            )
          }
        </Shown>
      </Section>
      <Section title="Jobs that check against it">
        <Shown answer={definitions} again={askDefinitions}>
          {({ dependants }) =>
            dependants.length === 0 ? (
              <Empty title={`No job checks against ${version}`} />
            ) : (
              <ul class="plain">
                {dependants.map(({ id, version: own, stage }) => (
                  <li key={`${id} ${own}`}>
                    <a href={hrefOf(['jobs', 'definitions', id, own])}>
                      {id} {own}
                    </a>{' '}
                    <Badge of={stage} />
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
