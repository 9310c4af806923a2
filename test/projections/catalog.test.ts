import { join } from 'node:path';
import { CatalogProjection } from '#projections/catalog/catalog-projection';
import { writeRegistryHistory } from '#test/support/history';
import { projectionConformance } from '#test/support/projection-conformance';
import { tempFolder } from '#test/support/temp';

projectionConformance('catalog in SQLite', {
  stream: 'REGISTRY',
  kind: 'dataset',
  writeHistory: writeRegistryHistory,
  storage: async () => {
    const folder = tempFolder();
    return {
      open: () => new CatalogProjection(join(folder.path, 'catalog.sqlite')),
      [Symbol.asyncDispose]: async () => folder[Symbol.dispose](),
    };
  },
});
