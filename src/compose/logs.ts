import { join } from 'node:path';
import type { DataFolder } from '#clients/data-folder';
import type { Broker } from '#clients/nats';
import { type OpenedBroker, openBroker } from '#clients/open-broker';
import type { ArtifactStore } from '#compose/artifact-store';
import type { Setup } from '#compose/setup';
import { JetStreamLog } from '#log/jetstream-log';
import { provisionStreams } from '#log/provision';
import type { StreamName } from '#log/streams';
import type { Config } from '#ops/config/settings';
import { packageInfo } from '#ops/package-root';
import { artifactBodies } from '#stores/artifact-bodies';
import type { Publisher } from '#stores/publisher';

// Room for the header block of an event inside the broker's limit for a message.
const HEADER_BYTES = 16_384;

/** The two streams. */
export type Logs = Readonly<Record<StreamName, JetStreamLog>>;

/** Connects to the broker, starting one where none was named, and provisions the streams. @throws CANNOT_START */
export async function openLogBroker(setup: Setup, folder: DataFolder): Promise<OpenedBroker> {
  const opened = await openOrStartBroker(setup, folder);
  await provisionStreams(opened.broker.jsm, { replicas: setup.config.streamReplicas });
  return opened;
}

/** Connects to the broker, starting one where none was named. @throws CANNOT_START */
export async function openOrStartBroker(
  { config, logger, releases }: Setup,
  folder: Pick<DataFolder, 'folder'>,
): Promise<OpenedBroker> {
  const opened = await openBroker({
    url: config.natsUrl,
    ...natsAccess(config),
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
  return opened;
}

/** Gives where large bodies lie: other nodes of a shared broker could not read what lies in a folder of this one. */
export function bodiesIn(
  { embedded }: OpenedBroker,
  { publisher, isShared }: ArtifactStore,
): Publisher | undefined {
  return embedded === undefined && !isShared ? undefined : publisher;
}

/** Says who a node is to NATS, and how it is reached. */
export function natsAccess(config: Config) {
  return {
    credentials: { credsPath: config.natsCreds, nkeyPath: config.natsNkey },
    tls: { caPath: config.natsCa, certPath: config.natsCert, keyPath: config.natsKey },
    inboxPrefix: config.natsInboxPrefix,
  };
}

/** Opens the streams as logs. */
export function openLogs(
  { config, releases }: Setup,
  { broker, embedded }: OpenedBroker,
  bodies: Publisher | undefined,
): Logs {
  const bytesMax = bodyBytesMax(config);
  const open = (stream: StreamName): JetStreamLog =>
    new JetStreamLog({
      nc: broker.nc,
      jsm: broker.jsm,
      stream,
      limits: {
        messageBytesMax: messageBytesMax(broker),
        bodyBytesMax: bytesMax,
        bodies: bodies && artifactBodies(bodies, bytesMax),
      },
      publishTimeoutMs: config.publishTimeoutMs,
      inboxPrefix: broker.inboxPrefix,
      onReconnect: broker.onReconnect,
      isConnected: broker.connected,
      isFull: () => embedded?.isFull() ?? false,
    });
  const logs = { REGISTRY: open('REGISTRY'), JOBS: open('JOBS') };
  releases.add('logs', () => {
    logs.REGISTRY.close();
    logs.JOBS.close();
  });
  return logs;
}

/** The largest body of an event at all. */
export function bodyBytesMax(config: Config): number {
  return Math.max(config.jsonBytesMax * 2, config.lineageBytesMax + HEADER_BYTES);
}

/** The largest body or value that fits into one message. */
export function messageBytesMax(broker: Broker): number {
  return (broker.nc.info?.max_payload ?? 0) - HEADER_BYTES;
}
