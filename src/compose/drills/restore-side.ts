import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { JetStreamApiError } from '@nats-io/jetstream';
import { startEmbeddedNats } from '#clients/embedded-nats';
import { type Broker, connectBroker } from '#clients/nats';
import { findNatsServer } from '#clients/nats-binary';
import type { OpenedBroker } from '#clients/open-broker';
import { openArtifactsToRead } from '#compose/artifact-store';
import { type Logs, openLogs, openOrStartBroker } from '#compose/logs';
import { openBrokerAlone } from '#compose/open-to-read';
import type { Setup } from '#compose/setup';
import { API_ERRORS } from '#log/jetstream-errors';
import { provisionStreams } from '#log/provision';
import { packageInfo } from '#ops/package-root';
import { LocalfsPublisher } from '#stores/localfs/localfs-publisher';
import type { Publisher } from '#stores/publisher';

/** Where a backup is restored to. */
export interface RestoreSide {
  readonly broker: Broker;
  readonly logs: Logs;
  /** Where bodies of events go. */
  readonly artifacts: Publisher;
  /** For people. */
  readonly description: string;
  hasStream(name: string): Promise<boolean>;
  /** Makes the streams that are not there. */
  provision(): Promise<void>;
}

/** Opens the broker and the artifact store of the settings; a broker of its own is there for this process alone. @throws CANNOT_START */
export async function openRealTarget(setup: Setup): Promise<RestoreSide> {
  const { config } = setup;
  const opened =
    config.natsUrl === undefined
      ? await openBrokerAlone(setup)
      : await openOrStartBroker(setup, { folder: (name) => join(config.dataDir, name) });
  const artifacts = await openArtifactsToRead(setup);
  return sideOf(setup, opened, { artifacts, replicas: config.streamReplicas });
}

/** Starts a broker with an artifact store beside it, both in a folder that is removed by whoever made it. */
export async function openShadow(setup: Setup, scratch: string): Promise<RestoreSide> {
  const { config, releases, logger } = setup;
  const { path: binary } = await findNatsServer({
    override: config.natsServerBin,
    embeddedFolder: join(packageInfo().root, 'embedded'),
    searchPath: config.searchPath,
  });
  const folder = join(scratch, 'nats');
  mkdirSync(folder);
  const embedded = await startEmbeddedNats({
    binary,
    folder,
    // Nobody needs it when the power is gone.
    syncAlways: false,
    onExit: (message) => logger.warn({ part: 'nats-server' }, message),
  });
  releases.add('nats-server', () => embedded.stop());
  const { url, token } = embedded;
  const connectTimeoutMs = config.natsConnectTimeoutMs;
  const broker = await connectBroker({
    url,
    token,
    name: 'atlas-registry drill',
    connectTimeoutMs,
  });
  releases.add('nats', () => broker.close());
  const artifacts = new LocalfsPublisher(join(scratch, 'store'));
  const description = 'a temporary broker';
  return sideOf(setup, { broker, embedded, description }, { artifacts, replicas: 1 });
}

function sideOf(
  setup: Setup,
  opened: OpenedBroker,
  { artifacts, replicas }: { readonly artifacts: Publisher; readonly replicas: number },
): RestoreSide {
  const { broker, description } = opened;
  return {
    broker,
    description,
    artifacts,
    logs: openLogs(setup, opened, artifacts),
    hasStream: async (name) => await hasStream(broker, name),
    provision: async () => await provisionStreams(broker.jsm, { replicas }),
  };
}

async function hasStream({ jsm }: Broker, name: string): Promise<boolean> {
  try {
    await jsm.streams.info(name);
    return true;
  } catch (error) {
    const isGone = error instanceof JetStreamApiError && error.code === API_ERRORS.streamNotFound;
    if (!isGone) throw error;
    return false;
  }
}
