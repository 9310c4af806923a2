import { type EmbeddedNats, startEmbeddedNats } from '#clients/embedded-nats';
import { type Broker, connectBroker } from '#clients/nats';
import { findNatsServer } from '#clients/nats-binary';
import type { NatsCredentials } from '#clients/nats-credentials';
import type { NatsTlsFiles } from '#clients/nats-servers';

export interface OpenBrokerOptions {
  /** Servers to use; without them a nats-server is started in `folder`. */
  readonly url: string | undefined;
  readonly credentials: NatsCredentials;
  readonly tls: NatsTlsFiles;
  readonly inboxPrefix: string | undefined;
  readonly connectTimeoutMs: number;
  readonly binary: string | undefined;
  readonly freeBytesMin: number;
  readonly embeddedFolder: string;
  readonly searchPath: string;
  readonly folder: () => string;
  readonly onExit: (message: string) => void;
}

/** A broker, and the server of our own if there is one. */
export interface OpenedBroker {
  readonly broker: Broker;
  readonly embedded: EmbeddedNats | undefined;
  /** For people: which server it is. */
  readonly description: string;
}

const CLIENT_NAME = 'atlas-registry';

/** Connects to the NATS servers that were named, else starts one and connects to it. @throws CANNOT_START */
export async function openBroker(options: OpenBrokerOptions): Promise<OpenedBroker> {
  const { url, credentials, tls, inboxPrefix, connectTimeoutMs } = options;
  if (url !== undefined) {
    const prefix = inboxPrefix === undefined ? {} : { inboxPrefix };
    const who = { url, name: CLIENT_NAME, connectTimeoutMs };
    const broker = await connectBroker({ ...who, credentials, tls, ...prefix });
    const server = broker.nc.info;
    return {
      broker,
      embedded: undefined,
      description: `nats-server ${server?.version} at ${broker.nc.getServer()}`,
    };
  }
  const { path, version } = await findNatsServer({
    override: options.binary,
    embeddedFolder: options.embeddedFolder,
    searchPath: options.searchPath,
  });
  const folder = options.folder();
  const { onExit, freeBytesMin } = options;
  const embedded = await startEmbeddedNats({ binary: path, folder, onExit, freeBytesMin });
  try {
    const broker = await connectBroker({
      url: embedded.url,
      token: embedded.token,
      name: CLIENT_NAME,
      connectTimeoutMs,
    });
    return { broker, embedded, description: `nats-server ${version}, embedded, in ${folder}` };
  } catch (error) {
    await embedded.stop();
    throw error;
  }
}
