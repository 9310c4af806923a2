import { versionOrderKey } from '#domain/contract-name';
import type { ContractRow } from '#projections/catalog/contract-queries';
import type { ContractStore } from '#projections/registry-stores/contract-store';
import { checkedLimit, type DocumentBackend } from '#projections/registry-stores/document-backend';
import { firstOf, rowOf, rowsOf } from '#projections/registry-stores/document-rows';
import { termOf } from '#projections/registry-stores/document-terms';

const kind = 'contract';

/** Makes the store of contracts on a backend. */
export function contractStoreOn(backend: DocumentBackend): ContractStore {
  return {
    get: async (scope, { name, version }) => {
      const orderKey = versionOrderKey(version);
      return firstOf<ContractRow>(await backend.read([{ scope, kind, name, orderKey }]));
    },
    getLatestForDataset: async (scope, datasetType) => {
      const all = [termOf('approved-for', datasetType.toLowerCase())];
      return rowOf<ContractRow>(await backend.highest(scope, { kind, all }));
    },
    list: async (scope, { after, limit, stage }) => {
      const all = stage === undefined ? [] : [termOf('stage', stage)];
      return rowsOf<ContractRow>(
        await backend.list(scope, { kind, all, after, limit: checkedLimit(limit) }),
      );
    },
  };
}
