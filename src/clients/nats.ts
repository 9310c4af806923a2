import {
  type JetStreamClient,
  type JetStreamManager,
  jetstream,
  jetstreamManager,
} from '@nats-io/jetstream';
import { connect, type NatsConnection, type Status } from 'nats';
import { type NatsCredentials, natsAuthenticator } from '#clients/nats-credentials';
import { type NatsTlsFiles, serversOf } from '#clients/nats-servers';
import { isAtLeast, VERSION_WANTED } from '#clients/nats-version';
import { listWithoutCredentials } from '#clients/without-credentials';
import { quote, RegistryError } from '#domain/errors';
import { systemClock } from '#flow/clock';

export interface BrokerOptions {
  /** One or more servers, comma-separated: `nats://host:port`, with `user:password@` or `token@` where needed. */
  readonly url: string;
  /** A token beside the URL: the embedded server has one. */
  readonly token?: string;
  /** Who this process is. Default: what the URL says. */
  readonly credentials?: NatsCredentials;
  /** Default: TLS where the URL or the server asks for it, with the authorities that come with Node. */
  readonly tls?: NatsTlsFiles;
  /** Begins the subjects on which answers come; what this user may subscribe to. Default `_INBOX`. */
  readonly inboxPrefix?: string;
  /** Shown in the broker's list of connections. */
  readonly name: string;
  /** How long the first connection may take. */
  readonly connectTimeoutMs: number;
}

/** A connection to NATS that renews itself for ever, and JetStream over it. */
export interface Broker {
  readonly nc: NatsConnection;
  readonly js: JetStreamClient;
  readonly jsm: JetStreamManager;
  readonly inboxPrefix: string | undefined;
  /** Whether the connection stands now. */
  readonly connected: () => boolean;
  /** Calls the listener after every renewal of the connection; gives the function that stops that. */
  readonly onReconnect: (listener: () => void) => () => void;
  /** The same whenever the connection is lost. */
  readonly onDisconnect: (listener: () => void) => () => void;
  readonly close: () => Promise<void>;
}

const DRAIN_MS_MAX = 1_000;

/**
 * Connects to NATS and checks that the server is new enough and has JetStream.
 * @throws CANNOT_START with one line that says what to do
 */
export async function connectBroker(options: BrokerOptions): Promise<Broker> {
  const nc = await connectOrExplain(options);
  try {
    checkVersion(nc, options.url);
    const jsm = await jetstreamOrExplain(nc, options.url);
    return { ...watch(nc), nc, jsm, js: jetstream(nc), inboxPrefix: options.inboxPrefix };
  } catch (error) {
    await nc.close();
    throw error;
  }
}

function watch(
  nc: NatsConnection,
): Pick<Broker, 'connected' | 'onReconnect' | 'onDisconnect' | 'close'> {
  const renewed = new Listeners();
  const lost = new Listeners();
  let standing = true;
  void (async () => {
    for await (const status of nc.status()) {
      standing = standingAfter(status, standing);
      if (status.type === 'reconnect') renewed.call();
      if (!standing) lost.call();
    }
    standing = false;
  })();
  return {
    connected: () => standing && !nc.isClosed(),
    onReconnect: (listener) => renewed.add(listener),
    onDisconnect: (listener) => lost.add(listener),
    close: async () => {
      if (nc.isClosed()) return;
      if (standing) {
        // What was sent is taken by the server before the connection goes.
        const late = new AbortController();
        await Promise.race([
          nc.drain().catch(() => undefined),
          systemClock.sleep(DRAIN_MS_MAX, late.signal).catch(() => undefined),
        ]);
        late.abort();
      }
      if (!nc.isClosed()) await nc.close();
    },
  };
}

/** Functions that are called together. */
class Listeners {
  readonly #all = new Set<() => void>();

  add(listener: () => void): () => void {
    this.#all.add(listener);
    return () => this.#all.delete(listener);
  }

  call(): void {
    for (const listener of this.#all) listener();
  }
}

function standingAfter(status: Status, before: boolean): boolean {
  if (status.type === 'reconnect') return true;
  if (status.type === 'disconnect' || status.type === 'staleConnection' || status.type === 'close')
    return false;
  return before;
}

async function connectOrExplain(options: BrokerOptions): Promise<NatsConnection> {
  const { url, connectTimeoutMs } = options;
  const authenticator = natsAuthenticator(options.credentials ?? {});
  try {
    return await connect({
      ...serversOf(url, options.tls),
      ...(options.token === undefined ? {} : { token: options.token }),
      ...(authenticator === undefined ? {} : { authenticator }),
      ...(options.inboxPrefix === undefined ? {} : { inboxPrefix: options.inboxPrefix }),
      name: options.name,
      // What is refused today may be right tomorrow: the files are read again.
      ignoreAuthErrorAbort: true,
      // A stack trace kept for every request costs more than encoding it.
      noAsyncTraces: true,
      timeout: connectTimeoutMs,
      maxReconnectAttempts: -1,
      reconnectTimeWait: 250,
      reconnectJitter: 250,
      // A connection that swallows bytes is noticed after about ten seconds, not after four minutes.
      pingInterval: 5_000,
      maxPingOut: 2,
    });
  } catch (error) {
    if (error instanceof RegistryError) throw error;
    throw new RegistryError(
      'CANNOT_START',
      `Cannot connect to NATS at ${quote(listWithoutCredentials(url))}: ${reasonOf(error)} (want a running server: check NATS_URL, or unset it to use the embedded one)`,
      { cause: error },
    );
  }
}

/** Gives the version of the server that a connection has reached. */
export function versionOf(nc: NatsConnection): string {
  return nc.info?.version ?? '0.0.0';
}

function checkVersion(nc: NatsConnection, url: string): void {
  const version = versionOf(nc);
  if (isAtLeast(version)) return;
  throw new RegistryError(
    'CANNOT_START',
    `Cannot use NATS at ${quote(listWithoutCredentials(url))}: its version is ${version} (want ${VERSION_WANTED})`,
  );
}

async function jetstreamOrExplain(nc: NatsConnection, url: string): Promise<JetStreamManager> {
  try {
    return await jetstreamManager(nc, { checkAPI: true });
  } catch (error) {
    throw new RegistryError(
      'CANNOT_START',
      `Cannot use NATS at ${quote(listWithoutCredentials(url))}: JetStream does not answer, ${reasonOf(error)} (want a server started with JetStream, and an account that may use it)`,
      { cause: error },
    );
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause instanceof Error ? error.cause.message : '';
  return cause === '' || error.message.includes(cause)
    ? error.message
    : `${error.message}: ${cause}`;
}
