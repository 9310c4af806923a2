import type { Cluster } from '#cluster/cluster';
import { type ClusterSize, checkPortsFree, portsFrom } from '#cluster/cluster-ports';
import { startScratchCluster } from '#compose/cluster';
import { readConfig } from '#ops/config/read-config';
import { tempFolder } from '#test/support/temp';

/** A cluster of this test alone, on free ports. */
export interface ClusterUnderTest extends AsyncDisposable {
  readonly cluster: Cluster;
  readonly folder: string;
}

/** As small as a cluster can be that does everything. */
export const SMALL: ClusterSize = { brokers: 1, writers: 1, readers: 1, projectors: 1 };

/** Starts a cluster in a temporary folder. */
export async function startCluster(
  size: Partial<ClusterSize> = {},
  postgres: 'own' | 'none' = 'none',
): Promise<ClusterUnderTest> {
  const folder = tempFolder();
  const config = readConfig({ PATH: process.env['PATH'] });
  const sizes = { ...SMALL, ...size };
  try {
    const options = { folder: folder.path, size: sizes, postgres };
    const cluster = await startScratchCluster(config, options);
    return {
      cluster,
      folder: folder.path,
      async [Symbol.asyncDispose]() {
        await cluster.close();
        folder[Symbol.dispose]();
      },
    };
  } catch (error) {
    folder[Symbol.dispose]();
    throw error;
  }
}

/** Finds a port behind which all those of a cluster are free now. */
export async function freeBase(size: ClusterSize): Promise<number> {
  for (let base = 20_000 + (process.pid % 100) * 100; base < 32_000; base += 100) {
    const isFree = await checkPortsFree(portsFrom(base, size), 0).then(
      () => true,
      () => false,
    );
    if (isFree) return base;
  }
  throw new Error('There are no free ports for a cluster');
}
