import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';
import { freePorts } from '#flow/free-ports';
import { packageInfo } from '#ops/package-root';
import {
  type ComposeFile,
  type ComposeService,
  mountedFile,
  serviceOf,
} from '#test/support/deploy/compose-file';
import { imageEnvironment, readDockerfile, saidBy } from '#test/support/deploy/dockerfile';
import { startMinioStandIn } from '#test/support/deploy/minio-stand-in';
import { natsBinary } from '#test/support/nats';
import { startPostgres } from '#test/support/postgres';
import { startRedis } from '#test/support/redis';
import { tempFolder } from '#test/support/temp';
import { eventually } from '#test/support/wait';

const { root } = packageInfo();
const NATS_PORTS = ['4222', '6222', '8222'];
// Three nodes and three brokers on a busy machine.
const READY_MS = 120_000;
const NATS_CONFIG = '/etc/nats/registry.conf';

/** Services of the compose file as processes of this machine, on ports that are free. */
export interface ComposeProcesses extends AsyncDisposable {
  /** Where a node is reached. */
  readonly url: (service: string) => string;
  /** What a node has written. */
  readonly output: (service: string) => string;
}

/**
 * Starts Postgres, Redis and a server of S3 as the compose file wants them, then the named brokers with their own files and the
 * named nodes with their own environments. Only hosts, ports and `/data` are others.
 */
export async function startComposeProcesses(
  compose: ComposeFile,
  { brokers, nodes }: { readonly brokers: readonly string[]; readonly nodes: readonly string[] },
): Promise<ComposeProcesses> {
  const bed = new ComposeBed(compose);
  try {
    await bed.startStores(nodes);
    await bed.startBrokers(brokers);
    await bed.startNodes(nodes);
    return bed;
  } catch (error) {
    await bed[Symbol.asyncDispose]();
    throw error;
  }
}

class ComposeBed implements ComposeProcesses {
  readonly #compose: ComposeFile;
  readonly #folder = tempFolder();
  /** `nats:4222` and where that is here. */
  readonly #ports = new Map<string, number>();
  readonly #children: ChildProcess[] = [];
  readonly #stores: AsyncDisposable[] = [];
  readonly #said = new Map<string, string>();
  #ending = false;

  constructor(compose: ComposeFile) {
    this.#compose = compose;
  }

  url(service: string): string {
    return `http://127.0.0.1:${this.#port(service, '3001')}`;
  }

  output(service: string): string {
    return this.#said.get(service) ?? '';
  }

  async startStores(nodes: readonly string[]): Promise<void> {
    const postgres = await startPostgres();
    this.#stores.push(postgres);
    this.#ports.set('postgres:5432', Number(new URL(postgres.url).port));
    await this.#prepareDatabases(postgres.url);
    const [, ...settings] = serviceOf(this.#compose, 'redis').command ?? [];
    const redis = await startRedis(...settings);
    this.#stores.push(redis);
    this.#ports.set('redis:6379', redis.port);
    const { environment } = serviceOf(this.#compose, nodes[0] ?? '');
    const bucket = environment?.['ATLAS_S3_BUCKET'] ?? '';
    const minio = await startMinioStandIn(this.#compose, bucket);
    this.#stores.push(minio);
    this.#ports.set('minio:9000', Number(new URL(minio.endpoint).port));
  }

  /** What the image of Postgres does with its environment, and with the files that it finds. */
  async #prepareDatabases(url: string): Promise<void> {
    const service = serviceOf(this.#compose, 'postgres');
    const { POSTGRES_USER, POSTGRES_PASSWORD, POSTGRES_DB } = service.environment ?? {};
    const file = mountedFile(service, '/docker-entrypoint-initdb.d/databases.sql');
    const admin = new Client({ connectionString: url });
    await admin.connect();
    try {
      await admin.query(`ALTER ROLE "${POSTGRES_USER}" PASSWORD '${POSTGRES_PASSWORD}'`);
      await admin.query(`CREATE DATABASE "${POSTGRES_DB}"`);
      await admin.query(readFileSync(join(root, file), 'utf8'));
    } finally {
      await admin.end();
    }
  }

  async startBrokers(names: readonly string[]): Promise<void> {
    const binary = await natsBinary();
    for (const name of names) await this.#givePorts(name, NATS_PORTS);
    for (const name of names) {
      const service = serviceOf(this.#compose, name);
      const folder = this.#folderOf(name);
      const text = readFileSync(join(root, mountedFile(service, NATS_CONFIG)), 'utf8');
      const config = join(folder, 'registry.conf');
      writeFileSync(config, this.#here(text.replaceAll(' /data\n', ` ${folder}\n`), name));
      const args = service.command?.map((word) => (word === NATS_CONFIG ? config : word)) ?? [];
      this.#start(name, { command: binary, args, service });
    }
    for (const name of names)
      await eventually(`${name} to be healthy`, async () => (await this.#health(name)).ok);
  }

  async #health(name: string): Promise<Response> {
    const url = serviceOf(this.#compose, name).healthcheck?.test.at(-1) ?? '';
    return await fetch(this.#here(url, name));
  }

  async startNodes(names: readonly string[]): Promise<void> {
    for (const name of names) await this.#givePorts(name, ['3001']);
    const image = readDockerfile().at(-1);
    const [, , , ...entry] = JSON.parse(saidBy(image, 'ENTRYPOINT')[0] ?? '[]') as string[];
    const args = [...entry, ...(JSON.parse(saidBy(image, 'CMD')[0] ?? '[]') as string[])];
    for (const name of names) {
      const own = serviceOf(this.#compose, name);
      const environment = { ...imageEnvironment(image), ...own.environment };
      this.#start(name, { command: process.execPath, args, service: { ...own, environment } });
    }
    await Promise.all(
      names.map((name) =>
        eventually(
          `${name} to be ready`,
          () => {
            const said = this.output(name);
            if (said.includes('Ready in')) return true;
            throw new Error(`It says: ${said}`);
          },
          READY_MS,
        ),
      ),
    );
  }

  #start(
    name: string,
    of: {
      readonly command: string;
      readonly args: readonly string[];
      readonly service: ComposeService;
    },
  ): void {
    const settings = Object.entries(of.service.environment ?? {}).map(([key, value]) => [
      key,
      this.#valueHere(value, { name, service: of.service }),
    ]);
    const env = { PATH: process.env['PATH'] ?? '', ...Object.fromEntries(settings) };
    this.#run(name, { ...of, env });
  }

  /** Runs a process; it is started again when it ends by itself, where the service says so. */
  #run(
    name: string,
    of: { command: string; args: readonly string[]; env: NodeJS.ProcessEnv },
  ): void {
    const child = spawn(of.command, of.args, { cwd: root, env: of.env });
    child.once('close', () => {
      const { restart } = serviceOf(this.#compose, name);
      if (!this.#ending && restart === 'unless-stopped') this.#run(name, of);
    });
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk) => this.#said.set(name, this.output(name) + String(chunk)));
    this.#children.push(child);
  }

  /** What a setting is here: the folder or the file that is mounted where it says, else the same with ports of this machine. */
  #valueHere(value: string, { name, service }: { name: string; service: ComposeService }): string {
    if (value === '/data') return this.#folderOf(name);
    return value.startsWith('/')
      ? join(root, mountedFile(service, value))
      : this.#here(value, name);
  }

  /** Puts ports of this machine in the place of services and their ports. */
  #here(text: string, own: string): string {
    return text.replaceAll(/([\w.-]+):(\d{4})\b/g, (whole, host: string, port: string) => {
      const service = ['0.0.0.0', '127.0.0.1'].includes(host) ? own : host;
      const mapped = this.#ports.get(`${service}:${port}`);
      return mapped === undefined ? whole : `127.0.0.1:${mapped}`;
    });
  }

  #port(service: string, port: string): number {
    const found = this.#ports.get(`${service}:${port}`);
    if (found === undefined) throw new Error(`${service} was not started`);
    return found;
  }

  async #givePorts(service: string, ports: readonly string[]): Promise<void> {
    const free = await freePorts(ports.length);
    for (const [index, port] of ports.entries())
      this.#ports.set(`${service}:${port}`, free[index] ?? 0);
  }

  #folderOf(name: string): string {
    const folder = join(this.#folder.path, name);
    mkdirSync(folder, { recursive: true });
    return folder;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ending = true;
    for (const child of this.#children.toReversed()) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const ended = new Promise((resolve) => child.once('close', resolve));
      child.kill('SIGTERM');
      await ended;
    }
    for (const store of this.#stores.toReversed()) await store[Symbol.asyncDispose]();
    this.#folder[Symbol.dispose]();
  }
}
