import { join } from 'node:path';
import type { ClusterRequest, StartCluster } from '#cli/cluster';
import { findNatsServer } from '#clients/nats-binary';
import { Cluster, type ClusterOptions } from '#cluster/cluster';
import { freeClusterPorts, portsFrom } from '#cluster/cluster-ports';
import { RegistryError } from '#domain/errors';
import { systemClock } from '#flow/clock';
import type { Config } from '#ops/config/settings';
import { packageInfo } from '#ops/package-root';

const COMES_BACK_MS = 5_000;

/** Starts a cluster for people: on ports that they can remember, and with everybody coming back who was lost. */
export const startCluster: StartCluster = async (config, request) => {
  checkSize(request);
  const { folder, port, postgres, onEvent } = request;
  const closing = new AbortController();
  const cluster: Cluster = await Cluster.start({
    ...(await clusterParts(config)),
    folder,
    size: request,
    ports: portsFrom(port, request),
    postgres: postgresOf(config, postgres),
    settings: { ATLAS_LOG_LEVEL: config.logLevel },
    onEvent,
    onLoss: (name, how) => {
      if (closing.signal.aborted) return;
      onEvent(`${name} was lost (${how}); it is started again in ${COMES_BACK_MS / 1_000} s`);
      void comeBack(name, closing.signal);
    },
  });
  const comeBack = async (name: string, signal: AbortSignal): Promise<void> => {
    try {
      await systemClock.sleep(COMES_BACK_MS, signal);
      await cluster.start(name);
      onEvent(`${name} is ready again`);
    } catch (error) {
      if (!signal.aborted) onEvent(error instanceof Error ? error.message : String(error));
    }
  };
  return {
    get members() {
      return cluster.members;
    },
    close: async () => {
      closing.abort();
      await cluster.close();
    },
  };
};

/** What a cluster of this installation is started from, wherever it lies. */
export async function clusterParts(
  config: Config,
): Promise<Pick<ClusterOptions, 'natsBinary' | 'entry' | 'searchPath' | 'freeBytesMin'>> {
  const { root } = packageInfo();
  const { path } = await findNatsServer({
    override: config.natsServerBin,
    embeddedFolder: join(root, 'embedded'),
    searchPath: config.searchPath,
  });
  return {
    natsBinary: path,
    entry: join(root, 'dist/src/main.js'),
    searchPath: config.searchPath,
    freeBytesMin: config.diskFreeBytesMin,
  };
}

/** Starts a cluster in a folder of its own on whatever ports are free, for a drill. Lost processes stay away. */
export async function startScratchCluster(
  config: Config,
  options: Pick<ClusterOptions, 'folder' | 'size' | 'postgres'> &
    Partial<Pick<ClusterOptions, 'settings'>>,
): Promise<Cluster> {
  const ports = await freeClusterPorts(options.size);
  const settings = { ATLAS_LOG_LEVEL: 'info', ...options.settings };
  return await Cluster.start({ ...(await clusterParts(config)), ...options, ports, settings });
}

function postgresOf({ databaseUrl }: Config, startsOne: boolean): ClusterOptions['postgres'] {
  if (startsOne) return 'own';
  return databaseUrl === undefined ? 'none' : { url: databaseUrl };
}

function checkSize({ brokers }: ClusterRequest): void {
  if ([1, 3, 5].includes(brokers)) return;
  throw new RegistryError(
    'CANNOT_START',
    `Cannot start a cluster of ${brokers} brokers: they decide by majority (want 1, 3 or 5)`,
  );
}
