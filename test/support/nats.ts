import { join } from 'node:path';
import { type EmbeddedNats, startEmbeddedNats } from '#clients/embedded-nats';
import { type Broker, connectBroker } from '#clients/nats';
import { findNatsServer } from '#clients/nats-binary';
import { type BodyStore } from '#log/body-limits';
import { JetStreamLog } from '#log/jetstream-log';
import { provisionStreams } from '#log/provision';
import { packageInfo } from '#ops/package-root';
import { tempFolder } from '#test/support/temp';

export const EMBEDDED_FOLDER = join(packageInfo().root, 'embedded');

/** Finds the nats-server that tests start. */
export async function natsBinary(): Promise<string> {
  const { path } = await findNatsServer({
    override: process.env['ATLAS_NATS_SERVER_BIN'],
    embeddedFolder: EMBEDDED_FOLDER,
    searchPath: process.env['PATH'] ?? '',
  });
  return path;
}

/** A nats-server of this test alone, with JetStream in a temporary folder. */
export interface TestNats extends AsyncDisposable {
  readonly server: EmbeddedNats;
  readonly folder: string;
  /** Opens one more connection; it is closed with the server. */
  connect(): Promise<Broker>;
  /** Stops the process as SIGSTOP does; it keeps its sockets and answers nothing. */
  pause(): void;
  resume(): void;
  /** Kills the process with SIGKILL; it is started again by its supervisor. */
  kill(): void;
}

/** Starts a nats-server and provisions the streams. */
export async function startTestNats(
  options: { provision?: boolean; jetstream?: boolean } = {},
): Promise<TestNats> {
  const folder = tempFolder();
  const binary = await natsBinary();
  const { jetstream = true } = options;
  const server = await startEmbeddedNats({ binary, folder: folder.path, jetstream });
  const brokers: Broker[] = [];
  const connect = async (): Promise<Broker> => {
    const { url, token } = server;
    const broker = await connectBroker({ url, token, name: 'test', connectTimeoutMs: 5_000 });
    brokers.push(broker);
    return broker;
  };
  if (options.provision !== false) await provisionStreams((await connect()).jsm, { replicas: 1 });
  const signal = (name: NodeJS.Signals): void => {
    const pid = server.pid();
    if (pid === undefined) throw new Error('nats-server has no process id');
    process.kill(pid, name);
  };
  return {
    server,
    folder: folder.path,
    connect,
    pause: () => signal('SIGSTOP'),
    resume: () => signal('SIGCONT'),
    kill: () => signal('SIGKILL'),
    async [Symbol.asyncDispose]() {
      await Promise.all(brokers.map((broker) => broker.close()));
      await server.stop();
      folder[Symbol.dispose]();
    },
  };
}

/** Bodies in memory. */
export function memoryBodies(): BodyStore & { readonly stored: Map<string, Uint8Array> } {
  const stored = new Map<string, Uint8Array>();
  return {
    stored,
    async put(sha256, bytes) {
      stored.set(sha256, bytes);
    },
    async get(sha256) {
      const bytes = stored.get(sha256);
      if (bytes === undefined) throw new Error(`no body ${sha256}`);
      return bytes;
    },
  };
}

/** Opens a stream of a test server as a log. */
export function openLog(broker: Broker, overrides: OpenLogOverrides = {}): JetStreamLog {
  return new JetStreamLog({
    nc: broker.nc,
    jsm: broker.jsm,
    stream: overrides.stream ?? 'REGISTRY',
    limits: {
      messageBytesMax: overrides.messageBytesMax ?? 200_000,
      bodyBytesMax: 5_000_000,
      bodies: overrides.bodies,
    },
    publishTimeoutMs: overrides.publishTimeoutMs ?? 2_000,
    onReconnect: broker.onReconnect,
    isConnected: broker.connected,
  });
}

export interface OpenLogOverrides {
  readonly stream?: string;
  readonly bodies?: BodyStore | undefined;
  /** The largest body in a message; what is larger goes to the store of bodies. */
  readonly messageBytesMax?: number;
  readonly publishTimeoutMs?: number;
}
