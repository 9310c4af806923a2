import { RegistryStores } from '#projections/registry-stores/registry-stores';
import { documentBackendConformance } from '#test/support/document-backend-conformance';
import { writeRegistryHistory } from '#test/support/history';
import { projectionConformance } from '#test/support/projection-conformance';
import { registryStoreConformance } from '#test/support/registry-store-conformance';
import { storeStorage } from '#test/support/store-storages';

documentBackendConformance('sqlite', async () => await storeStorage('sqlite'));
registryStoreConformance('sqlite', async () => await storeStorage('sqlite'));

projectionConformance('registry stores in sqlite', {
  stream: 'REGISTRY',
  kind: 'contract',
  writeHistory: writeRegistryHistory,
  storage: async () => {
    const storage = await storeStorage('sqlite');
    return {
      open: () => new RegistryStores(storage.backend()),
      [Symbol.asyncDispose]: async () => await storage[Symbol.asyncDispose](),
    };
  },
});
