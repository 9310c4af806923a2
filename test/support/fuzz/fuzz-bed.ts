import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DRILL, SERVED } from '#test/support/fuzz/fuzz-words';
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

/** Starts a registry that serves one dataset, and has the report of one drill. */
export async function startFuzzRegistry(): Promise<TestRegistry> {
  const registry = await startTestRegistry(FUZZ_SETTINGS);
  leaveReport(join(registry.folder, 'drills'));
  const bytes = geneBytes(manyGenes(20));
  await publishBytes(registry.api, { name: SERVED, bytes, tables: GENE_TABLES });
  return registry;
}

function leaveReport(folder: string): void {
  const report = {
    drill: 'rot',
    registryVersion: '0.1.0',
    startedAt: '2026-01-31T12:00:00.000Z',
    seconds: 1,
    outcome: 'succeeded',
    steps: [{ name: 'begin', outcome: 'succeeded', detail: 'seen', seconds: 1 }],
    figures: [],
  };
  mkdirSync(folder);
  writeFileSync(join(folder, `${DRILL}.json`), JSON.stringify(report));
}

/** The seed of this run: `ATLAS_FUZZ_SEED`, else always the same. */
export function fuzzSeed(): number {
  return Number(process.env['ATLAS_FUZZ_SEED'] ?? 1);
}
