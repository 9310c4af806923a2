import { useMemo } from 'preact/hooks';
import { useAnswer } from '#console/api/use-answer';
import { NEW_CONTRACT } from '#console/pages/contract-shape';
import { Badge, Moment } from '#console/parts/bits';
import { Empty, Shown } from '#console/parts/notes';
import { countText } from '#console/parts/words';
import { hrefOf, narrow, place } from '#console/shell/place';

interface Version {
  readonly name: string;
  readonly version: string;
  readonly stage: string;
  readonly description?: string;
  readonly createdAt: string;
}

interface ContractList {
  readonly contracts: readonly Version[];
  readonly next_cursor?: string;
}

const VERSIONS_MAX = 1_000;
const STAGES = ['draft', 'pending_approval', 'approved', 'deprecated', 'retired'];

/** All contracts, each with its versions. */
export function ContractsPage() {
  const { query } = place.value;
  const text = query.get('q') ?? '';
  const stage = query.get('stage') ?? '';
  const search = new URLSearchParams({ limit: String(VERSIONS_MAX) });
  if (text !== '') search.set('text', text);
  if (stage !== '') search.set('stage', stage);
  const [answer, again] = useAnswer<ContractList>(`/registry/contracts?${search}`);
  return (
    <>
      <h1>Contracts</h1>
      <form class="row filters" onSubmit={(event) => event.preventDefault()}>
        <label>
          Text
          <input
            type="search"
            value={text}
            onInput={(event) => narrow({ q: event.currentTarget.value })}
          />
        </label>
        <label>
          Stage
          <select value={stage} onChange={(event) => narrow({ stage: event.currentTarget.value })}>
            <option value="">any</option>
            {STAGES.map((name) => (
              <option key={name} value={name}>
                {name.replaceAll('_', ' ')}
              </option>
            ))}
          </select>
        </label>
        <a class="button" href={hrefOf(['contracts', NEW_CONTRACT])}>
          Would this publish?
        </a>
      </form>
      <Shown answer={answer} again={again}>
        {({ contracts }) => <Names versions={contracts} isFiltered={text !== '' || stage !== ''} />}
      </Shown>
    </>
  );
}

function Names({
  versions,
  isFiltered,
}: {
  readonly versions: readonly Version[];
  readonly isFiltered: boolean;
}) {
  const names = useMemo(() => byName(versions), [versions]);
  if (names.length === 0)
    return isFiltered ? (
      <Empty title="No contract fits">
        <button type="button" onClick={() => narrow({ q: '', stage: '' })}>
          Show all
        </button>
      </Empty>
    ) : (
      <Empty title="There are no contracts in this scope">
        <p>
          <a href={hrefOf(['contracts', NEW_CONTRACT])}>Write the first one</a>, or publish it with{' '}
          <code>POST /registry/contracts</code>.
        </p>
      </Empty>
    );
  return (
    <>
      <p class="quiet" role="status">
        {countText(names.length)} contracts, {countText(versions.length)} versions
        {versions.length === VERSIONS_MAX && ': the first of them. Search to see others.'}
      </p>
      <ul class="lines">
        {names.map(([name, own]) => {
          const newest = own.at(-1);
          return (
            <li key={name} class="line">
              <a class="grow" href={hrefOf(['contracts', name])}>
                {name}
              </a>
              <span class="wide">
                {own.length} {own.length === 1 ? 'version' : 'versions'}, newest {newest?.version}
              </span>
              {newest !== undefined && <Badge of={newest.stage} />}
              <span class="quiet wide">
                <Moment of={newest?.createdAt} />
              </span>
            </li>
          );
        })}
      </ul>
    </>
  );
}

function byName(versions: readonly Version[]): readonly (readonly [string, readonly Version[]])[] {
  const groups = new Map<string, Version[]>();
  for (const version of versions) {
    const own = groups.get(version.name) ?? [];
    own.push(version);
    groups.set(version.name, own);
  }
  return [...groups];
}
