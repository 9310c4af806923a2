import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type DataFolder, openDataFolder } from '#clients/data-folder';
import { type Broker, connectBroker } from '#clients/nats';
import { Postgres } from '#clients/postgres';
import {
  type ClusterLayout,
  type ClusterPlan,
  type MemberPlan,
  planCluster,
} from '#cluster/cluster-plan';
import { checkPortsFree } from '#cluster/cluster-ports';
import { MembersLeft } from '#cluster/members-left';
import { handOver, isWhole } from '#cluster/stream-leaders';
import { startTethered, type TetheredProcess } from '#cluster/tethered-process';
import { quote, RegistryError } from '#domain/errors';
import { systemClock } from '#flow/clock';
import { provisionStreams } from '#log/provision';

/** One process of a cluster, as it stands. */
export interface Member extends Omit<MemberPlan, 'prepare'> {
  readonly pid: number | undefined;
}

export interface ClusterOptions extends ClusterLayout {
  /** Free space that its disk must have. */
  readonly freeBytesMin: number;
  /** Hears what becomes of its processes. */
  readonly onEvent?: (text: string) => void;
  /** Hears that a process has ended that nobody has stopped. */
  readonly onLoss?: (name: string, how: string) => void;
}

const POLL_MS = 50;
const READY_TIMEOUT_MS = 60_000;
const LEFT_TIMEOUT_MS = 25_000;
const PORTS_TIMEOUT_MS = 2_000;
// Longer than a node takes by itself: its drain, its grace, and what it releases.
const END_GRACE_MS = 20_000;

/**
 * Processes of a registry on one machine: brokers, nodes by their roles, Postgres. Each is known by its name and can be
 * stopped, killed and started again; all end with this process, in the opposite order of their start.
 */
export class Cluster {
  readonly plan: ClusterPlan;
  readonly #options: ClusterOptions;
  readonly #data: DataFolder;
  readonly #left: MembersLeft;
  /** The last process of each member, ended or not. */
  readonly #processes = new Map<string, TetheredProcess>();
  /** Whose end is wanted. */
  readonly #ending = new Set<string>();
  readonly #brokers: Broker[] = [];

  private constructor(options: ClusterOptions, data: DataFolder) {
    this.#options = options;
    this.#data = data;
    this.#left = new MembersLeft(options.folder);
    mkdirSync(join(options.folder, 'logs'), { recursive: true, mode: 0o700 });
    this.plan = planCluster(options);
  }

  /** Starts everything and waits until it is ready. @throws CANNOT_START, with nothing left running */
  static async start(options: ClusterOptions): Promise<Cluster> {
    const data = openDataFolder(options.folder, options.freeBytesMin);
    let cluster: Cluster | undefined;
    try {
      cluster = new Cluster({ ...options, folder: data.path }, data);
      await cluster.#start();
      return cluster;
    } catch (error) {
      if (cluster === undefined) data.release();
      else await cluster.close();
      throw error;
    }
  }

  get members(): readonly Member[] {
    return this.plan.members.map(({ name, role, url, folder, logPath }) => {
      return { name, role, url, folder, logPath, pid: this.#pidOf(name) };
    });
  }

  #pidOf(name: string): number | undefined {
    const process = this.#processes.get(name);
    return process?.hasEnded === false ? process.pid : undefined;
  }

  /** Gives a member by its name. @throws RangeError */
  member(name: string): Member {
    const found = this.members.find((member) => member.name === name);
    if (found !== undefined) return found;
    const names = this.members.map((member) => member.name).join(', ');
    throw new RangeError(`Cannot find member ${quote(name)}: there is none (want one of ${names})`);
  }

  /** Opens a connection to all brokers, or to one. It is closed with the cluster. */
  async connect(broker?: string): Promise<Broker> {
    const url = broker === undefined ? this.plan.natsUrl : this.plan.brokerUrl(broker);
    const opened = await connectBroker({ url, name: 'atlas-cluster', connectTimeoutMs: 5_000 });
    this.#brokers.push(opened);
    return opened;
  }

  /** Sends a signal to a member. One that ends by it stays away until `start`. */
  kill(name: string, signal: NodeJS.Signals): void {
    this.member(name);
    if (signal !== 'SIGSTOP' && signal !== 'SIGCONT') this.#ending.add(name);
    this.#processes.get(name)?.signal(signal);
  }

  /** Waits until a member that was killed has ended, and gives how. */
  async ended(name: string): Promise<string> {
    return (await this.#processes.get(name)?.ended) ?? 'not running';
  }

  /** Lets a member end its work. What a broker leads is handed over first, so that nobody has to notice that it is gone. */
  async stop(name: string): Promise<void> {
    const process = this.#processes.get(name);
    if (process === undefined || process.hasEnded) return;
    this.#ending.add(name);
    const { role } = this.member(name);
    if (role === 'broker' && this.plan.replicas > 1) {
      const other = this.members.find((m) => m.role === 'broker' && m.name !== name && m.pid);
      if (other !== undefined) await this.#handOver(name, other.name);
    }
    await process.end(END_GRACE_MS);
  }

  /** Starts a member that has ended, and waits until it is ready; a broker, until it holds what the others hold. */
  async start(name: string): Promise<void> {
    await this.#spawn(name);
    await this.untilReady(name);
  }

  /** Stops a member and starts it again. */
  async restart(name: string): Promise<void> {
    await this.stop(name);
    await this.start(name);
  }

  /** Waits until a member answers as one that can be used. @throws CANNOT_START when it has ended or is not ready in time */
  async untilReady(name: string, timeoutMs = READY_TIMEOUT_MS): Promise<void> {
    const { logPath, role } = this.member(name);
    const deadline = systemClock.monotonicMs() + timeoutMs;
    let last = 'it does not answer';
    while (systemClock.monotonicMs() < deadline) {
      const process = this.#processes.get(name);
      if (process === undefined || process.hasEnded) {
        last = `it has ended (${(await process?.ended) ?? 'never started'}): ${lastLine(logPath)}`;
        break;
      }
      try {
        if (await this.#isReady(name, role)) return;
      } catch (error) {
        last = error instanceof Error ? error.message : String(error);
      }
      await systemClock.sleep(POLL_MS);
    }
    throw new RegistryError(
      'CANNOT_START',
      `Cannot start ${name}: ${last} (want it ready within ${timeoutMs / 1_000} s; its log is ${logPath})`,
    );
  }

  /** Ends every process, those first that others do not need. */
  async close(): Promise<void> {
    for (const { name } of this.plan.members) this.#ending.add(name);
    await Promise.all(this.#brokers.splice(0).map((broker) => broker.close()));
    for (const role of ['reader', 'writer', 'projector', 'broker', 'postgres'] as const) {
      const these = this.plan.members.filter((member) => member.role === role);
      await Promise.all(
        these.map(async ({ name }) => await this.#processes.get(name)?.end(END_GRACE_MS)),
      );
    }
    this.#data.release();
  }

  async #start(): Promise<void> {
    await this.#left.wait(LEFT_TIMEOUT_MS);
    const { ports, postgres, size } = this.#options;
    const wanted = [...ports].filter(
      ([name]) =>
        (name !== 'postgres' || postgres === 'own') &&
        (!name.startsWith('route-') || size.brokers > 1),
    );
    await checkPortsFree(wanted, PORTS_TIMEOUT_MS);
    const below = this.plan.members.filter(({ role }) => ['postgres', 'broker'].includes(role));
    const nodes = this.plan.members.filter((member) => !below.includes(member));
    await this.#startAll(below.map(({ name }) => name));
    await this.#provision();
    await this.#startAll(nodes.map(({ name }) => name));
  }

  async #startAll(names: readonly string[]): Promise<void> {
    await Promise.all(names.map((name) => this.#spawn(name)));
    await Promise.all(names.map((name) => this.untilReady(name)));
  }

  async #spawn(name: string): Promise<void> {
    const plan = this.plan.members.find((member) => member.name === name);
    if (plan === undefined) throw new RangeError(`Cannot start member ${quote(name)}: no such one`);
    const before = this.#processes.get(name);
    if (before !== undefined && !before.hasEnded) return;
    this.#ending.delete(name);
    const process = await startTethered(plan.prepare());
    this.#processes.set(name, process);
    this.#left.note(name, process.pid);
    this.#options.onEvent?.(`${name} runs as process ${process.pid}`);
    void process.ended.then((how) => {
      this.#left.forget(name);
      this.#options.onEvent?.(`${name} has ended (${how})`);
      if (!this.#ending.has(name)) this.#options.onLoss?.(name, how);
    });
  }

  /** The brokers have found each other when they can hold streams. */
  async #provision(): Promise<void> {
    const deadline = systemClock.monotonicMs() + READY_TIMEOUT_MS;
    const broker = await this.connect();
    for (;;) {
      try {
        return await provisionStreams(broker.jsm, { replicas: this.plan.replicas });
      } catch (error) {
        if (systemClock.monotonicMs() > deadline) throw error;
        await systemClock.sleep(POLL_MS * 4);
      }
    }
  }

  async #isReady(name: string, role: MemberPlan['role']): Promise<boolean> {
    if (role === 'postgres') return await answersSql(this.plan.databaseUrl ?? '');
    if (role === 'broker') {
      const broker = await connectBroker({
        url: this.plan.brokerUrl(name),
        name: 'atlas-cluster',
        connectTimeoutMs: 2_000,
      });
      try {
        return await isWhole(broker.jsm, name);
      } finally {
        await broker.close();
      }
    }
    const response = await fetch(`${this.member(name).url}/readyz`);
    const { status } = (await response.json()) as { readonly status: string };
    return status === 'ready';
  }

  async #handOver(name: string, other: string): Promise<void> {
    const broker = await connectBroker({
      url: this.plan.brokerUrl(other),
      name: 'atlas-cluster',
      connectTimeoutMs: 2_000,
    });
    try {
      await handOver(broker, name);
    } finally {
      await broker.close();
    }
  }
}

function lastLine(path: string): string {
  const lines = existsSync(path) ? readFileSync(path, 'utf8').trim().split('\n') : [];
  return lines.at(-1) ?? 'it has said nothing';
}

async function answersSql(url: string): Promise<boolean> {
  const database = new Postgres({
    url,
    connectionsMax: 1,
    connectTimeoutMs: 2_000,
    statementTimeoutMs: 2_000,
    onIdleError: () => undefined,
  });
  try {
    await database.query('SELECT 1');
    return true;
  } finally {
    await database.close();
  }
}
