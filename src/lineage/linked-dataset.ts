import { type DatasetName, parseDatasetName } from '#domain/dataset-name';
import { isRegistryError } from '#domain/errors';

/**
 * Finds the dataset of this registry that an event names: one in the given namespace whose name is that of a dataset.
 * `undefined` for everything else, which lies somewhere else.
 */
export function linkedDataset(
  dataset: { readonly namespace: string; readonly name: string },
  registryNamespace: string,
): DatasetName | undefined {
  if (dataset.namespace !== registryNamespace) return undefined;
  try {
    return parseDatasetName(dataset.name);
  } catch (error) {
    if (isRegistryError(error, 'INVALID_NAME')) return undefined;
    throw error;
  }
}
