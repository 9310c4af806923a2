import { useEffect, useState } from 'preact/hooks';
import { ask, asker, type Problem, Refusal } from '#console/api/ask';
import { problemFrom } from '#console/api/use-answer';
import type { Manifest } from '#console/pages/dataset-shape';
import { Empty, Loading, ProblemNote } from '#console/parts/notes';
import { hrefOf } from '#console/shell/place';

interface Found {
  readonly name: string;
  readonly version: string;
  readonly type: string;
}

/** What a descriptor can name: a dataset whose name has a slash is found by its tables. */
const TYPE = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/;

/** The contract that a dataset follows: the approved one that is for its name, or for one of its tables. */
export function DatasetContract({ manifest }: { readonly manifest: Manifest }) {
  const [found, setFound] = useState<readonly Found[] | Problem | undefined>();
  const [turn, setTurn] = useState(0);
  const who = asker.value;
  const names = [manifest.name, ...(manifest.tables ?? []).map(({ name }) => name)];
  const types = names.filter((name) => TYPE.test(name));
  useEffect(() => {
    const aborted = new AbortController();
    void Promise.all(types.map(async (type) => await contractFor(type, aborted.signal)))
      .then((all) => all.flat(), problemFrom)
      .then((all) => {
        if (!aborted.signal.aborted) setFound(all);
      });
    return () => aborted.abort();
  }, [types.join('\n'), turn, who]);
  if (found === undefined) return <Loading />;
  if ('detail' in found)
    return <ProblemNote problem={found} again={() => setTurn((before) => before + 1)} />;
  if (found.length === 0)
    return (
      <Empty title="No approved contract is for this dataset">
        <p>
          A contract is for a dataset when its descriptor names it, or one of its tables, as{' '}
          <code>datasetType</code>.{' '}
          {types.length === 0
            ? 'This one declares no tables, and names with a slash cannot stand there.'
            : `Looked for: ${types.join(', ')}.`}{' '}
          <a href={hrefOf(['contracts'])}>See the contracts</a>.
        </p>
      </Empty>
    );
  return (
    <ul class="plain">
      {found.map(({ name, version, type }) => (
        <li key={type}>
          <a href={hrefOf(['contracts', name, version])}>
            {name} {version}
          </a>{' '}
          <span class="quiet">for {type}</span>
        </li>
      ))}
    </ul>
  );
}

async function contractFor(type: string, signal: AbortSignal): Promise<readonly Found[]> {
  const path = `/registry/dataset-contracts/${encodeURIComponent(type)}`;
  try {
    return [{ ...(await ask<Omit<Found, 'type'>>(path, { signal })), type }];
  } catch (error) {
    if (error instanceof Refusal && error.problem.status === 404) return [];
    throw error;
  }
}
