import { useEffect, useState } from 'preact/hooks';
import { ask } from '#console/api/ask';
import type { Manifest } from '#console/pages/dataset-shape';
import { Empty } from '#console/parts/notes';
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
  const [found, setFound] = useState<readonly Found[] | undefined>();
  const names = [manifest.name, ...(manifest.tables ?? []).map(({ name }) => name)];
  const types = names.filter((name) => TYPE.test(name));
  useEffect(() => {
    const aborted = new AbortController();
    void Promise.all(types.map(async (type) => await contractFor(type, aborted.signal))).then(
      (all) => {
        if (!aborted.signal.aborted) setFound(all.flat());
      },
    );
    return () => aborted.abort();
  }, [types.join('\n')]);
  if (found === undefined)
    return (
      <p class="quiet" role="status">
        Loading…
      </p>
    );
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
  const found = await ask<Omit<Found, 'type'>>(path, { signal }).catch(() => undefined);
  return found === undefined ? [] : [{ ...found, type }];
}
