import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { endScratch, spawnScratch, until } from '#compose/scratch/scratch-process';
import { packageInfo } from '#ops/package-root';

// Loading the examples is most of it, on a machine that has other work.
const READY_MS = 300_000;
const ANSWER_MS = 30_000;

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

  private constructor(url: string, child: ChildProcess) {
    this.url = url;
    this.#child = child;
  }

  /** Starts one and waits until it listens; until it is ready, where nobody says otherwise. */
  static async open(
    dataDir: string,
    env: Readonly<Record<string, string>>,
    at: {
      readonly signal: AbortSignal;
      readonly searchPath: string;
      readonly args?: readonly string[];
    },
  ): Promise<ScratchRegistry> {
    const main = join(packageInfo().root, 'dist', 'src', 'main.js');
    const child = spawnScratch(process.execPath, [main, 'serve', ...(at.args ?? [])], {
      PATH: at.searchPath,
      BIND_ADDR: '127.0.0.1:0',
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
      err = `${err}${String(chunk)}`.slice(-4_000);
    });
    try {
      const limits = { timeoutMs: READY_MS, signal: at.signal };
      const url = await until(
        'the registry is ready',
        () => {
          if (child.exitCode !== null) throw new Error(`The registry did not start: ${err.trim()}`);
          return /Ready in .* at (\S+)/.exec(out)?.[1];
        },
        limits,
      );
      return new ScratchRegistry(url, child);
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
