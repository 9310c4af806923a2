import type { ArtifactFetch } from '#cache/artifact-fetch';
import type { DatasetCacheOptions } from '#cache/dataset-cache-options';
import type { Loss } from '#cache/integrity';
import type { Ledger, Wanted } from '#cache/ledger';
import type { ServedDataset } from '#cache/served-dataset';
import type { FetchOptions } from '#stores/store';

export interface RepairOptions extends Pick<DatasetCacheOptions, 'find' | 'cachedOnly'> {
  readonly fetch: ArtifactFetch;
  readonly ledger: Ledger;
}

/** Downloads a damaged file again for those of its datasets that still have it. What nobody has any more stays away. */
export async function repair(
  loss: Loss,
  { find, cachedOnly, fetch, ledger }: RepairOptions,
  fetching: FetchOptions,
): Promise<void> {
  if (cachedOnly) return;
  for (const { scope, name, served } of loss.uses) {
    const dataset = served ?? (await find(scope, name, fetching));
    const wanted = dataset === undefined ? undefined : wantedAgain(loss, dataset);
    if (wanted === undefined) continue;
    await fetch.fetch(wanted, fetching);
    const kept = ledger.get(wanted.ref.sha256);
    // Its dataset may have a newer one meanwhile.
    const isFree = wanted.kind !== 'artifact' || ledger.artifactOf(wanted.dataset) === undefined;
    if (kept !== undefined && isFree) ledger.claim(kept, wanted);
  }
}

function wantedAgain({ kept }: Loss, dataset: ServedDataset): Wanted | undefined {
  const { kind, file } = kept;
  const candidates = kind === 'artifact' ? [dataset.entry.artifact] : dataset.objects;
  const ref = candidates.find(({ sha256 }) => sha256 === file.sha256);
  return ref === undefined ? undefined : { dataset, ref, kind };
}
