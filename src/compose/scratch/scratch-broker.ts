import type { ChildProcess } from 'node:child_process';
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { findNatsServer } from '#clients/nats-binary';
import { endScratch, spawnScratch, until } from '#compose/scratch/scratch-process';
import { freePorts } from '#flow/free-ports';
import type { Config } from '#ops/config/settings';
import { packageInfo } from '#ops/package-root';

const START_MS = 15_000;

/** A nats-server of a drill, with its streams in a folder that can be copied and put back while it is stopped. */
export class ScratchBroker implements AsyncDisposable {
  readonly url: string;
  readonly #binary: string;
  readonly #folder: string;
  readonly #port: number;
  readonly #signal: AbortSignal;
  #child: ChildProcess | undefined;

  private constructor(from: {
    readonly binary: string;
    readonly folder: string;
    readonly port: number;
    readonly signal: AbortSignal;
  }) {
    this.#binary = from.binary;
    this.#folder = from.folder;
    this.#port = from.port;
    this.#signal = from.signal;
    this.url = `nats://127.0.0.1:${from.port}`;
  }

  /** Starts one in a folder. @throws CANNOT_START where there is no nats-server */
  static async open(
    config: Pick<Config, 'natsServerBin' | 'searchPath'>,
    folder: string,
    signal: AbortSignal,
  ): Promise<ScratchBroker> {
    const { path: binary } = await findNatsServer({
      override: config.natsServerBin,
      embeddedFolder: join(packageInfo().root, 'embedded'),
      searchPath: config.searchPath,
    });
    mkdirSync(folder, { recursive: true });
    const [port = 0] = await freePorts(1);
    const broker = new ScratchBroker({ binary, folder, port, signal });
    await broker.start();
    return broker;
  }

  /** Starts it again on its port, with the streams that are in its folder. */
  async start(): Promise<void> {
    const file = join(this.#folder, 'nats.conf');
    const streams = JSON.stringify(join(this.#folder, 'streams'));
    const lines = [
      `listen: "127.0.0.1:${this.#port}"`,
      `jetstream { store_dir: ${streams}, sync_interval: always }`,
      '',
    ];
    writeFileSync(file, lines.join('\n'));
    this.#child = spawnScratch(this.#binary, ['-c', file]);
    const limits = { timeoutMs: START_MS, signal: this.#signal };
    await until('the broker listens', () => this.#answers(), limits);
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    if (this.#child !== undefined) await endScratch(this.#child, signal);
    this.#child = undefined;
  }

  /** Copies its streams as they are; while it is stopped. */
  copyTo(path: string): void {
    cpSync(join(this.#folder, 'streams'), path, { recursive: true });
  }

  /** Puts a copy in the place of its streams, or nothing; while it is stopped. */
  putBack(path: string | undefined): void {
    const streams = join(this.#folder, 'streams');
    rmSync(streams, { recursive: true, force: true });
    if (path !== undefined) cpSync(path, streams, { recursive: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #answers(): Promise<true | undefined> {
    return await new Promise((resolve) => {
      const socket = connect(this.#port, '127.0.0.1');
      socket.once('data', () => {
        socket.destroy();
        resolve(true);
      });
      socket.once('error', () => resolve(undefined));
    });
  }
}
