import { SERVED } from '#test/support/fuzz/fuzz-words';
import { startTestRegistry, type TestRegistry } from '#test/support/registry';
import { GENE_TABLES, geneBytes, manyGenes, publishBytes } from '#test/support/serving';

/** Settings that make limits easy to reach, and show every route. */
export const FUZZ_SETTINGS = {
  ATLAS_ENABLE_DEBUG_DATASETS: 'true',
  ATLAS_ENABLE_ADMIN_ENDPOINTS: 'true',
  ATLAS_READ_WAIT_MS: '20',
  ATLAS_JSON_BYTES_MAX: '131072',
  ATLAS_CONTRACT_BYTES_MAX: '131072',
  ATLAS_LINEAGE_BYTES_MAX: '131072',
  ATLAS_LINEAGE_BATCH_BYTES_MAX: '262144',
  ATLAS_ARTIFACT_BYTES_MAX: '262144',
} as const;

/** Starts a registry that serves one dataset. */
export async function startFuzzRegistry(): Promise<TestRegistry> {
  const registry = await startTestRegistry(FUZZ_SETTINGS);
  const bytes = geneBytes(manyGenes(20));
  await publishBytes(registry.api, { name: SERVED, bytes, tables: GENE_TABLES });
  return registry;
}

/** The seed of this run: `ATLAS_FUZZ_SEED`, else always the same. */
export function fuzzSeed(): number {
  return Number(process.env['ATLAS_FUZZ_SEED'] ?? 1);
}
