import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { promisify } from 'node:util';
import { freePorts } from '#flow/free-ports';
import { tempFolder } from '#test/support/temp';
import { eventually } from '#test/support/wait';

const BINARY = '/usr/bin/redis-server';

/** A Redis server that a test started. */
export interface TestRedis extends AsyncDisposable {
  readonly port: number;
  /** Without a password, even where it has one. */
  readonly url: string;
  /** Runs one command by the command line tool and gives what that prints. */
  command(...words: readonly string[]): Promise<string>;
  /** Stops it in its tracks: its connections stay open and nobody answers. */
  freeze(): void;
  thaw(): void;
  /** Kills it with SIGKILL. */
  kill(): Promise<void>;
  /** Starts it again, empty, on the same port. */
  restart(): Promise<void>;
}

/** Starts Redis in memory alone, with further settings such as `--requirepass secret`. */
export async function startRedis(...settings: readonly string[]): Promise<TestRedis> {
  if (!existsSync(BINARY)) {
    throw new Error(
      'Cannot start Redis: it is not installed (want "make setup-tests", or apt-get install redis-server)',
    );
  }
  const folder = tempFolder();
  const [port = 0] = await freePorts(1);
  const start = (): ChildProcess => {
    const place = ['--bind', '127.0.0.1', '--port', String(port), '--dir', folder.path];
    const args = [...place, '--save', '', '--appendonly', 'no', ...settings];
    return spawn(BINARY, args, { stdio: 'ignore' });
  };
  const passwordAt = settings.indexOf('--requirepass');
  const password = passwordAt === -1 ? undefined : settings[passwordAt + 1];
  const command = async (...words: readonly string[]): Promise<string> => {
    const login = password === undefined ? [] : ['--no-auth-warning', '-a', password];
    const args = ['-p', String(port), ...login, ...words];
    const { stdout } = await promisify(execFile)('redis-cli', args, { timeout: 5_000 });
    return stdout.trim();
  };
  let server = start();
  const hasEnded = (): boolean => server.exitCode !== null || server.signalCode !== null;
  const ready = async (): Promise<void> => {
    await eventually('Redis to answer', async () => (await command('PING')) === 'PONG');
  };
  const kill = async (): Promise<void> => {
    if (hasEnded()) return;
    const ended = new Promise((resolve) => {
      server.once('exit', resolve);
    });
    // Ends one that is frozen, too.
    server.kill('SIGKILL');
    await ended;
  };
  try {
    await ready();
  } catch (error) {
    await kill();
    throw error;
  }
  return {
    port,
    url: `redis://127.0.0.1:${port}`,
    command,
    freeze: () => server.kill('SIGSTOP'),
    thaw: () => server.kill('SIGCONT'),
    kill,
    async restart() {
      server = start();
      await ready();
    },
    async [Symbol.asyncDispose]() {
      await kill();
      folder[Symbol.dispose]();
    },
  };
}
