import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DrillHost } from '#cli/drill/drill';
import { publishScratchGenes, type ScratchDataset } from '#compose/scratch/scratch-genes';
import { until } from '#compose/scratch/scratch-process';
import { ScratchRegistry } from '#compose/scratch/scratch-registry';

const KNOWN_MS = 30_000;

/** A registry with small datasets, and another that takes its datasets from there. */
export interface ScratchPair extends AsyncDisposable {
  readonly hub: ScratchRegistry;
  readonly datasets: readonly ScratchDataset[];
  /** The port of the hub: whoever listens there is asked. */
  readonly port: number;
  /** The data folder of the reader. */
  readonly data: string;
  /** Starts the reader, with settings beside its source. */
  startReader(env?: Readonly<Record<string, string>>): Promise<ScratchRegistry>;
  /** Starts the hub again on its port. */
  startHub(): Promise<ScratchRegistry>;
}

/** Starts the hub and publishes a dataset for each of the species. */
export async function openScratchPair(
  { config, signal }: DrillHost,
  species: readonly string[],
): Promise<ScratchPair> {
  const folder = mkdtempSync(join(tmpdir(), 'atlas-drill-'));
  const at = { signal, config };
  const [hubData, data] = [join(folder, 'hub'), join(folder, 'reader')];
  const running: ScratchRegistry[] = [];
  const dispose = async (): Promise<void> => {
    for (const registry of running.toReversed()) await registry.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  const start = async (...args: Parameters<typeof ScratchRegistry.open>) => {
    const registry = await ScratchRegistry.open(...args);
    running.push(registry);
    return registry;
  };
  try {
    const hub = await start(hubData, {}, at);
    const { port } = new URL(hub.url);
    const datasets = await publishScratchGenes(hub.url, species, folder);
    return {
      hub,
      datasets,
      data,
      port: Number(port),
      startReader: (env = {}) =>
        start(
          data,
          {
            ATLAS_REGISTRY_SOURCES: `hub=http:http://127.0.0.1:${port}/store`,
            ATLAS_ALLOW_PRIVATE_STORE_HOSTS: 'true',
            ATLAS_ENABLE_ADMIN_ENDPOINTS: 'true',
            ATLAS_ENABLE_DEBUG_DATASETS: 'true',
            ATLAS_REGISTRY_TTL_MS: '500',
            ...env,
          },
          at,
        ),
      startHub: () => start(hubData, { BIND_ADDR: `127.0.0.1:${port}` }, at),
      [Symbol.asyncDispose]: dispose,
    };
  } catch (error) {
    await dispose();
    throw error;
  }
}

/** The address of a question that reads the file of a dataset; the answer names the artifact. */
export function countOf({ name }: ScratchDataset): string {
  return `/v1/genes/count?dataset=${encodeURIComponent(name)}`;
}

/** The address of one gene of a dataset. */
export function geneOf({ name }: ScratchDataset, geneId: string): string {
  return `/v1/genes?dataset=${encodeURIComponent(name)}&gene_id=${geneId}`;
}

/** Asks a reader until it has the dataset; gives the text of the answer. */
export async function warm(
  reader: ScratchRegistry,
  dataset: ScratchDataset,
  signal: AbortSignal,
): Promise<string> {
  return await until(
    `dataset ${dataset.name} answers`,
    async () => {
      const { status, text } = await reader.get(countOf(dataset));
      return status === 200 ? text : undefined;
    },
    { timeoutMs: KNOWN_MS, signal },
  );
}
