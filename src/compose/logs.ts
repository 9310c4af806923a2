import { join } from 'node:path';
import type { DataFolder } from '#clients/data-folder';
import type { Broker } from '#clients/nats';
import { type OpenedBroker, openBroker } from '#clients/open-broker';
import type { ArtifactStore } from '#compose/artifact-store';
import type { Setup } from '#compose/setup';
import { JetStreamLog } from '#log/jetstream-log';
import { provisionStreams } from '#log/provision';
import type { StreamName } from '#log/streams';
import { packageInfo } from '#ops/package-root';
import { artifactBodies } from '#stores/artifact-bodies';

// Room for the header block of an event inside the broker's limit for a message.
const HEADER_BYTES = 16_384;

/** The two streams. */
export type Logs = Readonly<Record<StreamName, JetStreamLog>>;

/** Connects to the broker, starting one where none was named, and provisions the streams. @throws CANNOT_START */
export async function openLogBroker(
  { config, logger, releases }: Setup,
  folder: DataFolder,
): Promise<OpenedBroker> {
  const opened = await openBroker({
    url: config.natsUrl,
    credsPath: config.natsCreds,
    connectTimeoutMs: config.natsConnectTimeoutMs,
    binary: config.natsServerBin,
    freeBytesMin: config.diskFreeBytesMin,
    embeddedFolder: join(packageInfo().root, 'embedded'),
    searchPath: config.searchPath,
    folder: () => folder.folder('nats'),
    onExit: (message) => logger.warn({ part: 'nats-server' }, message),
  });
  releases.add('nats-server', () => opened.embedded?.stop());
  releases.add('nats', () => opened.broker.close());
  await provisionStreams(opened.broker.jsm, { replicas: config.streamReplicas });
  return opened;
}

/** Opens the streams as logs. */
export function openLogs(
  { config }: Setup,
  { broker, embedded }: OpenedBroker,
  { publisher, isShared }: ArtifactStore,
): Logs {
  const bodyBytesMax = Math.max(config.jsonBytesMax * 2, config.lineageBytesMax + HEADER_BYTES);
  const open = (stream: StreamName): JetStreamLog =>
    new JetStreamLog({
      nc: broker.nc,
      jsm: broker.jsm,
      stream,
      limits: {
        messageBytesMax: messageBytesMax(broker),
        bodyBytesMax,
        // Other nodes of a shared broker could not read what lies in a folder of this one.
        bodies:
          embedded === undefined && !isShared ? undefined : artifactBodies(publisher, bodyBytesMax),
      },
      publishTimeoutMs: config.publishTimeoutMs,
      onReconnect: broker.onReconnect,
      isConnected: broker.connected,
      isFull: () => embedded?.isFull() ?? false,
    });
  return { REGISTRY: open('REGISTRY'), JOBS: open('JOBS') };
}

/** The largest body or value that fits into one message. */
export function messageBytesMax(broker: Broker): number {
  return (broker.nc.info?.max_payload ?? 0) - HEADER_BYTES;
}
