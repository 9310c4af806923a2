import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { endScratch, spawnScratch, until } from '#compose/scratch/scratch-process';
import type { Config } from '#ops/config/settings';
import { packageInfo } from '#ops/package-root';

const READY_MS = 60_000;
const ANSWER_MS = 30_000;
const LOG_CHARS_MAX = 1_000_000;

/** What a registry of a drill takes over from the settings of the installation: its programs, nothing of its data. */
export interface ScratchAt {
  readonly config: Pick<Config, 'natsServerBin' | 'searchPath'>;
  readonly signal: AbortSignal;
  /** Default: any that is free. */
  readonly port?: number;
  readonly args?: readonly string[];
}

/** What a scratch registry answered. */
export interface ScratchAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly json: Readonly<Record<string, unknown>>;
  readonly ms: number;
}

/** A registry of a drill: a process of its own in a folder of its own, on a free port of loopback. */
export class ScratchRegistry implements AsyncDisposable {
  readonly url: string;
  readonly #child: ChildProcess;
  readonly #log: () => string;

  private constructor(url: string, child: ChildProcess, log: () => string) {
    this.url = url;
    this.#child = child;
    this.#log = log;
  }

  /** What it has written into its log, the newest part of it. */
  get log(): string {
    return this.#log();
  }

  /** Starts one and waits until it is ready; with a port, until it answers there, ready or not. */
  static async open(
    dataDir: string,
    env: Readonly<Record<string, string>>,
    { config, signal, port, args = [] }: ScratchAt,
  ): Promise<ScratchRegistry> {
    const main = join(packageInfo().root, 'dist', 'src', 'main.js');
    const { natsServerBin, searchPath } = config;
    const child = spawnScratch(process.execPath, [main, 'serve', ...args], {
      PATH: searchPath,
      ...(natsServerBin === undefined ? {} : { ATLAS_NATS_SERVER_BIN: natsServerBin }),
      BIND_ADDR: `127.0.0.1:${port ?? 0}`,
      ATLAS_DATA_DIR: dataDir,
      ATLAS_LOG_LEVEL: 'error',
      ATLAS_AUDIT_ANCHORS: 'none',
      ...env,
    });
    let [out, err] = ['', ''];
    child.stdout?.on('data', (chunk) => {
      out += String(chunk);
    });
    child.stderr?.on('data', (chunk) => {
      err = `${err}${String(chunk)}`.slice(-LOG_CHARS_MAX);
    });
    try {
      const limits = { timeoutMs: READY_MS, signal };
      const url = await until(
        'the registry is ready',
        async () => {
          if (child.exitCode !== null) throw new Error(`The registry did not start: ${err.trim()}`);
          if (port !== undefined) return await answering(`http://127.0.0.1:${port}`);
          return /Ready in .* at (\S+)/.exec(out)?.[1];
        },
        limits,
      );
      return new ScratchRegistry(url, child, () => err);
    } catch (error) {
      await endScratch(child, 'SIGTERM');
      throw error;
    }
  }

  async get(path: string, headers: Readonly<Record<string, string>> = {}): Promise<ScratchAnswer> {
    return await this.#send(path, { headers });
  }

  async post(path: string, body: unknown): Promise<ScratchAnswer> {
    const headers = { 'Content-Type': 'application/json' };
    return await this.#send(path, { method: 'POST', headers, body: JSON.stringify(body) });
  }

  async stop(): Promise<void> {
    await endScratch(this.#child, 'SIGTERM');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #send(path: string, init: RequestInit): Promise<ScratchAnswer> {
    const begun = performance.now();
    const answer = await fetch(`${this.url}${path}`, {
      ...init,
      signal: AbortSignal.timeout(ANSWER_MS),
    });
    const text = await answer.text();
    const ms = performance.now() - begun;
    const isJson = /json/.test(answer.headers.get('content-type') ?? '');
    const json = isJson ? (JSON.parse(text) as Record<string, unknown>) : {};
    return { status: answer.status, headers: answer.headers, text, json, ms };
  }
}

/** Gives an address when something answers requests there. */
async function answering(url: string): Promise<string | undefined> {
  try {
    await fetch(`${url}/healthz`, { signal: AbortSignal.timeout(ANSWER_MS) });
    return url;
  } catch {
    return undefined;
  }
}
