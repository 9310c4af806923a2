import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Broker, connectBroker } from '#clients/nats';
import { leaderOf } from '#cluster/stream-leaders';
import { freePorts } from '#flow/free-ports';
import { provisionStreams } from '#log/provision';
import type { StreamName } from '#log/streams';
import { Link } from '#test/faults/bed/link';
import { FaultyProcess } from '#test/faults/bed/process';
import { natsBinary } from '#test/support/nats';
import { eventually } from '#test/support/wait';

const START_TIMEOUT_MS = 40_000;

export interface BrokersOptions {
  readonly folder: string;
  /** 1, or 3 for a cluster with as many copies of each stream. */
  readonly size: 1 | 3;
  /** Where their output stays. */
  readonly logs: string;
  /** Where they keep their data. */
  readonly storage: string;
}

/** One or three nats-servers whose routes go through links, so that they can be parted. */
export class Brokers implements AsyncDisposable {
  readonly processes: readonly FaultyProcess[];
  readonly ports: readonly number[];
  /** The link of each ordered pair, as `from>to`. */
  readonly routes: ReadonlyMap<string, Link>;
  #watcher: Broker | undefined;

  private constructor(made: Pick<Brokers, 'processes' | 'ports' | 'routes'>) {
    this.processes = made.processes;
    this.ports = made.ports;
    this.routes = made.routes;
  }

  /** Starts the servers and provisions the streams. */
  static async start(options: BrokersOptions): Promise<Brokers> {
    const { folder, logs, size, storage } = options;
    const ports = await freePorts(size * 3);
    const binary = await natsBinary();
    const routes = await openRoutes(size, ports);
    const processes = Array.from({ length: size }, (_, index) => {
      const own = join(folder, `n${index}`);
      mkdirSync(own, { recursive: true });
      const store = join(storage, `n${index}`);
      mkdirSync(store, { recursive: true });
      const path = join(own, 'nats.conf');
      writeFileSync(path, configOf({ index, size, ports, routes, store }));
      const [command, args] = [binary, ['-c', path]];
      return new FaultyProcess({
        name: `broker ${index}`,
        command,
        args,
        env: {},
        logPath: join(logs, `broker-${index}.log`),
      });
    });
    const brokers = new Brokers({ processes, ports: ports.slice(0, size), routes });
    for (const process of processes) process.start();
    await brokers.#provision(size);
    return brokers;
  }

  /** Opens a connection past every link. The caller closes it. */
  async connect(): Promise<Broker> {
    const url = this.ports.map((port) => `nats://127.0.0.1:${port}`).join(',');
    return await connectBroker({ url, name: 'faults', connectTimeoutMs: 5_000 });
  }

  /** Which server leads a stream now; `undefined` while none does. */
  async leaderOf(stream: StreamName): Promise<number | undefined> {
    try {
      this.#watcher ??= await this.connect();
      const leader = await leaderOf(this.#watcher.jsm, stream);
      // One alone leads, and is called by no name.
      if (this.ports.length === 1) return 0;
      return leader === undefined ? undefined : Number(leader.replace('n', ''));
    } catch {
      return undefined;
    }
  }

  /** Waits until both streams have a leader that answers. */
  async settled(): Promise<void> {
    for (const stream of ['REGISTRY', 'JOBS'] as const)
      await eventually(
        `a leader of ${stream}`,
        async () => (await this.leaderOf(stream)) !== undefined,
        START_TIMEOUT_MS,
      );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#watcher?.close();
    for (const process of this.processes) await process[Symbol.asyncDispose]();
    for (const link of this.routes.values()) await link[Symbol.asyncDispose]();
  }

  async #provision(replicas: number): Promise<void> {
    await eventually(
      'the brokers to elect a leader',
      async () => {
        const broker = await this.connect();
        try {
          await provisionStreams(broker.jsm, { replicas });
          return true;
        } finally {
          await broker.close();
        }
      },
      START_TIMEOUT_MS,
    );
  }
}

async function openRoutes(size: number, ports: readonly number[]): Promise<Map<string, Link>> {
  const routes = new Map<string, Link>();
  for (let from = 0; from < size; from += 1)
    for (let to = 0; to < size; to += 1)
      if (from !== to) routes.set(`${from}>${to}`, await Link.open(() => ports[size + to] ?? 0));
  return routes;
}

interface ConfigOf {
  readonly index: number;
  readonly size: number;
  readonly ports: readonly number[];
  readonly routes: ReadonlyMap<string, Link>;
  readonly store: string;
}

function configOf({ index, size, ports, routes, store }: ConfigOf): string {
  const lines = [
    `server_name: n${index}`,
    `listen: "127.0.0.1:${ports[index]}"`,
    `jetstream { store_dir: ${JSON.stringify(store)}, sync_interval: always }`,
  ];
  if (size > 1) {
    const own = [...routes].filter(([name]) => name.startsWith(`${index}>`));
    const urls = own.map(([, link]) => `nats://127.0.0.1:${link.port}`);
    // What gossip names instead of a link leads nowhere.
    const dead = `127.0.0.1:${ports[size * 2 + index]}`;
    lines.push(
      `cluster { name: faults, listen: "127.0.0.1:${ports[size + index]}", advertise: "${dead}", no_advertise: true, pool_size: -1, routes: ${JSON.stringify(urls)} }`,
    );
  }
  return lines.join('\n');
}
