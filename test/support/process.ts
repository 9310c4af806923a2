import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Api } from '#test/support/api';
import { eventually } from '#test/support/wait';

const root = join(import.meta.dirname, '../..');

/** A registry in a process of its own, started as a user starts it. */
export interface RegistryProcess extends AsyncDisposable {
  readonly child: ChildProcess;
  readonly stdout: () => string;
  readonly stderr: () => string;
  /** Resolves when it says that it is ready. */
  ready(): Promise<Api>;
  /** Resolves with the exit code, or the signal that ended it. */
  readonly exit: Promise<number | NodeJS.Signals | null>;
  /** The process id of its nats-server. */
  natsPid(): number;
}

/** Starts `atlas-registry serve` with settings by their names. */
export function startProcess(
  dataDir: string,
  env: Readonly<Record<string, string>> = {},
  args: readonly string[] = [],
): RegistryProcess {
  const settings = {
    PATH: process.env['PATH'] ?? '',
    BIND_ADDR: '127.0.0.1:0',
    ATLAS_DATA_DIR: dataDir,
    ATLAS_LOG_LEVEL: 'warn',
    ...env,
  };
  const child = spawn(process.execPath, [join(root, 'dist/src/main.js'), 'serve', ...args], {
    env: settings,
  });
  let [out, err] = ['', ''];
  child.stdout.on('data', (chunk) => {
    out += String(chunk);
  });
  child.stderr.on('data', (chunk) => {
    err += String(chunk);
  });
  const exit = new Promise<number | NodeJS.Signals | null>((resolve) => {
    child.on('close', (code, signal) => resolve(code ?? signal));
  });
  return {
    child,
    exit,
    stdout: () => out,
    stderr: () => err,
    async ready() {
      const url = await eventually(
        'the registry to be ready',
        () => {
          if (child.exitCode !== null) throw new Error(`It ended with ${child.exitCode}: ${err}`);
          return /Ready in .* at (\S+)/.exec(out)?.[1];
        },
        60_000,
      );
      return new Api(url);
    },
    natsPid: () => Number(readFileSync(join(dataDir, 'nats', 'nats-server.pid'), 'utf8')),
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
      await exit;
    },
  };
}

/** Tells whether a process runs. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
  } catch {
    return false;
  }
}
