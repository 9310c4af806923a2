import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DrillHost } from '#cli/drill/drill';
import { until } from '#compose/scratch/scratch-process';
import { ScratchRegistry } from '#compose/scratch/scratch-registry';

const KNOWN_MS = 30_000;

/** A dataset as its catalog has it, and what its genes are. */
export interface ScratchDataset {
  readonly name: string;
  readonly sha256: string;
}

/** A registry with the bundled examples, and another that takes its datasets from there. */
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

/** Starts the hub and loads its examples. */
export async function openScratchPair({ config, signal }: DrillHost): Promise<ScratchPair> {
  const folder = mkdtempSync(join(tmpdir(), 'atlas-drill-'));
  const at = { signal, searchPath: config.searchPath };
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
    const hub = await start(hubData, {}, { ...at, args: ['--examples'] });
    const { port } = new URL(hub.url);
    const catalog = await hub.get('/catalog');
    const datasets = (catalog.json['datasets'] as CatalogEntry[]).map(
      ({ name, artifact: { sha256 } }) => ({ name, sha256 }),
    );
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

interface CatalogEntry {
  readonly name: string;
  readonly artifact: { readonly sha256: string };
}

/** The address of a question that reads the file of a dataset; the answer names the artifact. */
export function genesOf({ name }: ScratchDataset): string {
  return `/v1/genes/count?dataset=${encodeURIComponent(name)}`;
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
      const { status, text } = await reader.get(genesOf(dataset));
      return status === 200 ? text : undefined;
    },
    { timeoutMs: KNOWN_MS, signal },
  );
}
