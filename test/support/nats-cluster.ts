import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Broker, connectBroker } from '#clients/nats';
import { freePorts } from '#flow/free-ports';
import { provisionStreams } from '#log/provision';
import { natsBinary } from '#test/support/nats';
import { tempFolder } from '#test/support/temp';
import { eventually } from '#test/support/wait';

/** Three nats-servers with JetStream, each in a folder of its own. */
export interface TestCluster extends AsyncDisposable {
  readonly urls: readonly string[];
  /** Opens a connection to one node alone, or to all. It is closed with the cluster. */
  connect(node?: number): Promise<Broker>;
  /** The index of the node that leads a stream. */
  leaderOf(stream: string): Promise<number>;
  signal(node: number, name: NodeJS.Signals): void;
  /** Starts a node again that was killed. */
  restart(node: number): void;
}

const SIZE = 3;

/** Starts a cluster of three and provisions the streams with three replicas. */
export async function startTestCluster(): Promise<TestCluster> {
  const folder = tempFolder();
  const ports = await freePorts(SIZE * 2);
  const binary = await natsBinary();
  const configs = Array.from({ length: SIZE }, (_, i) => writeConfig(folder.path, i, ports));
  const start = (config: string): ChildProcess =>
    spawn(binary, ['-c', config], { stdio: 'ignore' });
  const nodes = configs.map(start);
  const urls = ports.slice(0, SIZE).map((port) => `nats://127.0.0.1:${port}`);
  const brokers: Broker[] = [];
  const connect = async (node?: number): Promise<Broker> => {
    const url = node === undefined ? urls.join(',') : (urls[node] ?? '');
    const broker = await connectBroker({ url, name: 'test', connectTimeoutMs: 5_000 });
    brokers.push(broker);
    return broker;
  };
  const first = await eventually('the cluster to elect a leader', async () => {
    const broker = await connect();
    try {
      await provisionStreams(broker.jsm, { replicas: SIZE });
      return broker;
    } catch (error) {
      await broker.close();
      throw error;
    }
  });
  return {
    urls,
    connect,
    leaderOf: async (stream) => {
      const info = await first.jsm.streams.info(stream);
      return Number(info.cluster?.leader?.replace('n', ''));
    },
    signal: (node, name) => void nodes[node]?.kill(name),
    restart: (node) => {
      nodes[node] = start(configs[node] ?? '');
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(brokers.map((broker) => broker.close()));
      await Promise.all(nodes.map(end));
      folder[Symbol.dispose]();
    },
  };
}

function writeConfig(folder: string, index: number, ports: readonly number[]): string {
  const own = join(folder, `n${index}`);
  mkdirSync(own);
  const routes = Array.from({ length: SIZE }, (_, i) => `nats://127.0.0.1:${ports[SIZE + i]}`);
  const config = join(own, 'nats.conf');
  writeFileSync(
    config,
    [
      `server_name: n${index}`,
      `listen: "127.0.0.1:${ports[index]}"`,
      `jetstream { store_dir: ${JSON.stringify(own)}, sync_interval: always }`,
      `cluster { name: atlas, listen: "127.0.0.1:${ports[SIZE + index]}", routes: ${JSON.stringify(routes)} }`,
      `log_file: ${JSON.stringify(join(own, 'nats.log'))}`,
    ].join('\n'),
  );
  return config;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await ended;
}
