import { join } from 'node:path';
import type { LiveView } from '#compose/live-views';
import type { Config } from '#ops/config/settings';
import { CatalogProjection } from '#projections/catalog/catalog-projection';
import { ContractValues } from '#projections/contract-kv/contract-values';
import { SqliteJobRuns } from '#projections/job-runs/sqlite-job-runs';
import type { Projection } from '#projections/projection';
import { RegistryStores } from '#projections/registry-stores/registry-stores';
import { SqliteDocuments } from '#projections/registry-stores/sqlite-documents';

/** An empty view in a file of its own, to be compared with a live one. */
export interface FreshView {
  readonly projection: Projection;
  readonly file: string;
  /** The most events in one transaction. */
  readonly batchMax: number;
}

/**
 * Makes an empty view of the same kind, whatever the live one lies in: equal content has one digest in every backend.
 * Gives `undefined` for a name that is not known here.
 */
export function freshView(
  config: Config,
  { name, valueBytesMax = 0 }: Pick<LiveView, 'name' | 'valueBytesMax'>,
  scratch: string,
): FreshView | undefined {
  const file = join(scratch, `${name}.sqlite`);
  const { projectionBatchMax, jobRunBatchMax } = config;
  const registry = { file, batchMax: projectionBatchMax };
  switch (name) {
    case 'catalog':
      return { ...registry, projection: new CatalogProjection(file) };
    case 'contracts-kv':
      return { ...registry, projection: new ContractValues(file, valueBytesMax) };
    case 'registry-stores':
      return { ...registry, projection: new RegistryStores(new SqliteDocuments(file)) };
    case 'job-runs':
      return { file, batchMax: jobRunBatchMax, projection: new SqliteJobRuns(file) };
    default:
      return undefined;
  }
}
