import type { ServedDataset } from '#cache/served-dataset';
import type { DatasetName } from '#domain/dataset-name';
import type { Scope } from '#domain/scope';
import { asOfCatalog } from '#http/consistency';
import { datasetNotFound } from '#http/dataset-routes';
import type { HttpDependencies } from '#http/dependencies';

/** What a request says of the dataset that it wants. */
export interface WantedDataset {
  readonly scope: Scope;
  readonly name: DatasetName;
  readonly header: (name: string) => string | undefined;
  readonly signal: AbortSignal;
}

/** Finds a published dataset. @throws NOT_FOUND, BEHIND, NOT_READY, and what `DatasetDirectory.find` throws */
export async function servedDataset(
  dependencies: HttpDependencies,
  { scope, name, header, signal }: WantedDataset,
): Promise<ServedDataset> {
  await asOfCatalog(dependencies, { header, at: undefined });
  const dataset = await dependencies.serving.directory.find(scope, name, { signal });
  if (dataset === undefined) throw datasetNotFound(name);
  return dataset;
}
