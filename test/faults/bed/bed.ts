import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePorts } from '#flow/free-ports';
import { Brokers } from '#test/faults/bed/brokers';
import { Link } from '#test/faults/bed/link';
import type { PowerDisk } from '#test/faults/bed/power-disk';
import { FaultyProcess } from '#test/faults/bed/process';
import { PROGRAM } from '#test/faults/bed/program-copy';
import { startPostgres, type TestPostgres } from '#test/support/postgres';
import { eventually } from '#test/support/wait';

export type Role = 'all' | 'writer' | 'reader' | 'projector';

export interface BedOptions {
  readonly folder: string;
  readonly brokers: 1 | 3;
  readonly roles: readonly Role[];
  readonly postgres: boolean;
  /** The main file of the registry. Default: what is compiled. */
  readonly program?: string | undefined;
  /** Where the output of every process stays. */
  readonly logs: string;
  /** Settings of every node. */
  readonly env?: Readonly<Record<string, string>>;
  /** Where everything is stored, when its power can be cut; settings and output stay in `folder`. */
  readonly disk?: PowerDisk;
}

/** One node of the registry with its links. */
export interface BedNode {
  readonly name: string;
  readonly role: Role;
  readonly url: string;
  readonly process: FaultyProcess;
  readonly dataDir: string;
  /** To each broker, in their order. */
  readonly links: readonly Link[];
  /** When it was started each time, milliseconds of this process's monotonic clock. */
  readonly starts: readonly number[];
  /** Sets its wall clock off by so much. */
  skew(ms: number): void;
}

const READY_TIMEOUT_MS = 60_000;
const SHOWN_CHARS = 2_000;
const SHIM = join(PROGRAM, '../../test/faults/bed/clock-shim.js');

/** Everything that faults are done to: brokers, nodes, Postgres, and the links between them. */
export class Bed implements AsyncDisposable {
  readonly options: BedOptions;
  readonly brokers: Brokers;
  readonly nodes: readonly BedNode[];
  readonly postgres: TestPostgres | undefined;
  readonly postgresLink: Link | undefined;

  private constructor(
    options: BedOptions,
    made: Pick<Bed, 'brokers' | 'nodes' | 'postgres' | 'postgresLink'>,
  ) {
    this.options = options;
    this.brokers = made.brokers;
    this.nodes = made.nodes;
    this.postgres = made.postgres;
    this.postgresLink = made.postgresLink;
  }

  /** Starts everything and waits until every node is ready. */
  static async start(options: BedOptions): Promise<Bed> {
    const { folder, logs, roles, disk } = options;
    for (const path of [folder, logs]) mkdirSync(path, { recursive: true });
    const brokers = await Brokers.start({
      folder: join(folder, 'brokers'),
      logs,
      storage: join(disk?.path ?? folder, 'brokers'),
      size: options.brokers,
    });
    const postgres = options.postgres ? await startPostgres() : undefined;
    const target = Number(new URL(postgres?.url ?? 'x://x:1').port);
    const postgresLink = postgres && (await Link.open(() => target));
    const database = linked(postgres?.url, postgresLink);
    const ports = await freePorts(roles.length);
    const nodes: BedNode[] = [];
    for (const [index, role] of roles.entries()) {
      const at = { role, index, port: ports[index] ?? 0, database };
      nodes.push(await openNode(options, brokers, at));
    }
    const bed = new Bed(options, { brokers, nodes, postgres, postgresLink });
    for (const node of nodes) node.process.start();
    try {
      await bed.ready();
    } catch (error) {
      await bed[Symbol.asyncDispose]();
      throw error;
    }
    return bed;
  }

  /** Nodes that take commands. */
  get writers(): readonly BedNode[] {
    return this.nodes.filter(({ role }) => role === 'all' || role === 'writer');
  }

  /** Whether a node says that it is ready, degraded or not. */
  async isReady({ url }: BedNode): Promise<boolean> {
    try {
      const answer = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(2_000) });
      await answer.body?.cancel();
      return answer.status === 200;
    } catch {
      return false;
    }
  }

  /** Waits until every node is ready. */
  async ready(): Promise<void> {
    for (const node of this.nodes) await this.#ready(node);
  }

  async #ready(node: BedNode): Promise<void> {
    try {
      await eventually(
        `${node.name} to be ready`,
        async () => this.isReady(node),
        READY_TIMEOUT_MS,
      );
    } catch (cause) {
      const said = node.process.output().slice(-SHOWN_CHARS);
      throw new Error(`${node.name} does not become ready; the end of what it wrote:\n${said}`, {
        cause,
      });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.nodes.map(({ process }) => process[Symbol.asyncDispose]()));
    for (const { links } of this.nodes) for (const link of links) await link[Symbol.asyncDispose]();
    await this.brokers[Symbol.asyncDispose]();
    await this.postgresLink?.[Symbol.asyncDispose]();
    await this.postgres?.[Symbol.asyncDispose]();
    rmSync(this.options.folder, { recursive: true, force: true });
  }
}

interface NodePlace {
  readonly role: Role;
  readonly index: number;
  readonly port: number;
  readonly database: string | undefined;
}

async function openNode(
  { folder, logs, disk, program = PROGRAM, env = {}, brokers: size }: BedOptions,
  brokers: Brokers,
  { role, index, port, database }: NodePlace,
): Promise<BedNode> {
  const name = `${role} ${index}`;
  const own = join(folder, `${role}-${index}`);
  mkdirSync(own, { recursive: true });
  const links: Link[] = [];
  for (const target of brokers.ports) links.push(await Link.open(() => target));
  const clock = join(own, 'clock');
  const starts: number[] = [];
  const dataDir = join(disk?.path ?? folder, `${role}-${index}`, 'data');
  const process_ = new FaultyProcess({
    name,
    command: process.execPath,
    args: ['--import', SHIM, program, 'serve'],
    env: {
      BIND_ADDR: `127.0.0.1:${port}`,
      ATLAS_DATA_DIR: dataDir,
      ATLAS_ROLE: role,
      ATLAS_LOG_LEVEL: 'warn',
      ATLAS_WORKERS: 'false',
      NATS_URL: links.map((link) => `nats://127.0.0.1:${link.port}`).join(','),
      ATLAS_STREAM_REPLICAS: String(size),
      FAULTS_CLOCK: clock,
      ...(database === undefined ? {} : { DATABASE_URL: database }),
      ...env,
    },
    logPath: join(logs, `${role}-${index}.log`),
    onStart: () => starts.push(performance.now()),
  });
  const url = `http://127.0.0.1:${port}`;
  const skew = (ms: number): void => writeFileSync(clock, String(ms));
  return { name, role, url, process: process_, dataDir, links, starts, skew };
}

function linked(url: string | undefined, link: Link | undefined): string | undefined {
  if (url === undefined || link === undefined) return undefined;
  const through = new URL(url);
  through.port = String(link.port);
  return through.href;
}
