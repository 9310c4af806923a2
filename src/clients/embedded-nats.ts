import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DiskWatch } from '#clients/disk-watch';
import { CONFIG_FILE, isNatsServer, PID_FILE, readPid } from '#clients/nats-process';
import { quote, RegistryError } from '#domain/errors';
import { backoffMs } from '#flow/backoff';
import { systemClock } from '#flow/clock';

export interface EmbeddedNatsOptions {
  /** The binary, see `findNatsServer`. */
  readonly binary: string;
  /** Where configuration, log and streams lie. Held by this process alone. */
  readonly folder: string;
  /** Whether it keeps streams. Default true. */
  readonly jetstream?: boolean;
  /** Flush every message before it is acknowledged. Default true; false loses acknowledged events with the power. */
  readonly syncAlways?: boolean;
  /** With less than this free on its disk, `isFull` says so. Default 0. */
  readonly freeBytesMin?: number;
  /** Hears that the server ended by itself and what is done about it. */
  readonly onExit?: (message: string) => void;
}

/** A nats-server that this process started and that ends with it, even by kill -9. */
export interface EmbeddedNats {
  readonly url: string;
  readonly token: string;
  /** The process id of the server that runs now. */
  pid(): number | undefined;
  /** Whether its disk has no room for writes. */
  isFull(): boolean;
  /** Ends the server, first kindly, then not. */
  stop(): Promise<void>;
}

const START_TIMEOUT_MS = 15_000;
const STOP_TIMEOUT_MS = 10_000;
const POLL_MS = 5;
// A server that cannot live is not started for ever: reads go on without it, and readiness says so.
const RESTARTS_MAX = 10;
const RESTART_WINDOW_MS = 600_000;

// Standard input of this shell is a pipe that our process holds. When it closes, we are gone, and the server goes too.
// Background jobs of a shell without job control read from /dev/null, hence the copy of descriptor 0.
const WATCHDOG = `
exec 3<&0
"$1" -c "$2" 3<&- </dev/null &
server=$!
{ cat <&3 >/dev/null; kill -TERM "$server" 2>/dev/null; } &
watch=$!
trap 'kill -TERM "$server" 2>/dev/null' TERM INT
wait "$server"; code=$?
kill "$watch" 2>/dev/null
exit "$code"
`;

/**
 * Starts nats-server with JetStream on a free loopback port, behind a token, with every message on disk before it is
 * acknowledged. Starts it again on the same port when it dies.
 * @throws CANNOT_START when it does not come up in 15 s, with the last line of its log
 */
export async function startEmbeddedNats(options: EmbeddedNatsOptions): Promise<EmbeddedNats> {
  const token = randomBytes(24).toString('base64url');
  const server = new Supervised(options, token);
  await server.start();
  return server;
}

class Supervised implements EmbeddedNats {
  readonly token: string;
  readonly #options: EmbeddedNatsOptions;
  readonly #paths: Record<'config' | 'log' | 'pid', string>;
  #shell: ChildProcess | undefined;
  #port: number | undefined;
  readonly #stop = new AbortController();
  #restarting: Promise<void> | undefined;
  #restarts: number[] = [];
  #disk: DiskWatch | undefined;

  constructor(options: EmbeddedNatsOptions, token: string) {
    this.#options = options;
    this.token = token;
    const at = (name: string): string => join(options.folder, name);
    this.#paths = { config: at(CONFIG_FILE), log: at('nats-server.log'), pid: at(PID_FILE) };
  }

  get url(): string {
    return `nats://127.0.0.1:${this.#port ?? 0}`;
  }

  pid(): number | undefined {
    return readPid(this.#paths.pid);
  }

  isFull(): boolean {
    return this.#disk?.isFull ?? false;
  }

  async start(): Promise<void> {
    await this.#run();
    // From now on with the port that it has: clients come back to it.
    writeFileSync(this.#paths.config, this.#config(), { mode: 0o600 });
    this.#disk = new DiskWatch({
      folder: this.#options.folder,
      logPath: this.#paths.log,
      freeBytesMin: this.#options.freeBytesMin ?? 0,
      onRoomAgain: () => this.#restartForRoom(),
    });
  }

  async #run(): Promise<void> {
    await this.#waitForPredecessor();
    // Stopped in the meantime: what is started now would never be ended.
    if (this.#stop.signal.aborted) return;
    for (const name of readdirSync(this.#options.folder)) {
      if (name.endsWith('.ports')) rmSync(join(this.#options.folder, name));
    }
    if (this.#port === undefined) {
      writeFileSync(this.#paths.config, this.#config(), { mode: 0o600 });
    }
    const shell = spawn(
      '/bin/sh',
      ['-c', WATCHDOG, 'nats-watchdog', this.#options.binary, this.#paths.config],
      {
        // A session of its own: Ctrl-C reaches us alone, and we end the server when our own work is done.
        detached: true,
        stdio: ['pipe', 'ignore', 'pipe'],
      },
    );
    this.#shell = shell;
    let said = '';
    shell.stderr?.on('data', (chunk: Buffer) => {
      said = `${said}${chunk.toString()}`.slice(-2_000);
    });
    shell.on('exit', (code) => this.#onExit(shell, code));
    this.#port = await this.#waitForPort(shell, () => said);
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    this.#disk?.stop();
    const shell = this.#shell;
    if (shell === undefined) return;
    const pid = this.pid();
    shell.stdin?.end();
    const deadline = systemClock.monotonicMs() + STOP_TIMEOUT_MS;
    // The shell may have been killed, so that it no longer says when its server has ended.
    while (!hasEnded(shell) || (pid !== undefined && isNatsServer(pid))) {
      if (pid !== undefined && systemClock.monotonicMs() > deadline && isNatsServer(pid))
        process.kill(pid, 'SIGKILL');
      await systemClock.sleep(POLL_MS);
    }
    await this.#restarting;
  }

  // A predecessor whose owner was killed may still be writing its last block.
  async #waitForPredecessor(): Promise<void> {
    const pid = this.pid();
    const deadline = systemClock.monotonicMs() + STOP_TIMEOUT_MS;
    while (pid !== undefined && isNatsServer(pid)) {
      if (systemClock.monotonicMs() > deadline) {
        throw new RegistryError(
          'CANNOT_START',
          `Cannot start nats-server in ${quote(this.#options.folder)}: process ${pid} still runs there (want it ended: kill ${pid})`,
        );
      }
      await systemClock.sleep(POLL_MS * 10);
    }
    rmSync(this.#paths.pid, { force: true });
  }

  #config(): string {
    const { folder, jetstream = true, syncAlways = true } = this.#options;
    const sync = syncAlways ? ', sync_interval: always' : '';
    return [
      'server_name: atlas_embedded',
      `listen: "127.0.0.1:${this.#port ?? -1}"`,
      `authorization { token: "${this.token}" }`,
      // Acknowledged means on disk. The server's default of two minutes loses acknowledged events with the power.
      ...(jetstream ? [`jetstream { store_dir: ${JSON.stringify(folder)}${sync} }`] : []),
      `ports_file_dir: ${JSON.stringify(folder)}`,
      `pid_file: ${JSON.stringify(this.#paths.pid)}`,
      `log_file: ${JSON.stringify(this.#paths.log)}`,
      'log_size_limit: 10MB',
      'max_payload: 1MB',
      'ping_interval: "10s"',
      '',
    ].join('\n');
  }

  async #waitForPort(shell: ChildProcess, said: () => string): Promise<number> {
    const deadline = systemClock.monotonicMs() + START_TIMEOUT_MS;
    for (;;) {
      const port = hasEnded(shell) ? undefined : readPort(this.#options.folder);
      if (port !== undefined) return port;
      if (hasEnded(shell) || systemClock.monotonicMs() > deadline) {
        shell.stdin?.end();
        const last = lastLine(this.#paths.log) ?? lastLineOf(said()) ?? 'it said nothing';
        throw new RegistryError(
          'CANNOT_START',
          `Cannot start nats-server ${quote(this.#options.binary)}: ${last} (want it listening within ${START_TIMEOUT_MS / 1000} s; its log is ${this.#paths.log})`,
        );
      }
      await systemClock.sleep(POLL_MS);
    }
  }

  #onExit(shell: ChildProcess, code: number | null): void {
    if (this.#stop.signal.aborted || shell !== this.#shell || this.#port === undefined) return;
    // The attempt that has just failed belongs to a restart, which goes on by itself.
    if (this.#restarting !== undefined) return;
    const now = systemClock.monotonicMs();
    this.#restarts = [...this.#restarts.filter((at) => now - at < RESTART_WINDOW_MS), now];
    const last = lastLine(this.#paths.log) ?? 'no log';
    if (this.#restarts.length > RESTARTS_MAX) {
      this.#options.onExit?.(`nats-server ended again (code ${code}), not restarted: ${last}`);
      return;
    }
    this.#options.onExit?.(`nats-server ended (code ${code}), restarting: ${last}`);
    this.#restarting = this.#restart().finally(() => {
      this.#restarting = undefined;
    });
  }

  async #restart(): Promise<void> {
    const { signal } = this.#stop;
    for (let attempt = 1; attempt <= RESTARTS_MAX && !signal.aborted; attempt += 1) {
      try {
        return await this.#run();
      } catch (error) {
        if (signal.aborted) return;
        this.#options.onExit?.(error instanceof Error ? error.message : String(error));
        const ms = backoffMs(attempt, { baseMs: 500, capMs: 10_000 });
        await systemClock.sleep(ms, signal).catch(() => undefined);
      }
    }
  }

  #restartForRoom(): void {
    const pid = this.pid();
    if (pid === undefined || !isNatsServer(pid)) return;
    this.#options.onExit?.('nats-server met a full disk; there is room again, restarting it');
    process.kill(pid, 'SIGTERM');
  }
}

function readPort(folder: string): number | undefined {
  const name = readdirSync(folder).find((entry) => entry.endsWith('.ports'));
  if (name === undefined) return undefined;
  const text = readFileSync(join(folder, name), 'utf8');
  // The server writes the file in place: it may be empty or half there.
  const port = /"nats":\s*\[\s*"nats:\/\/[^"]*:(\d+)"/.exec(text)?.[1];
  return port === undefined ? undefined : Number(port);
}

function lastLine(path: string): string | undefined {
  return existsSync(path) ? lastLineOf(readFileSync(path, 'utf8').slice(-4_000)) : undefined;
}

function lastLineOf(text: string): string | undefined {
  return text.trim().split('\n').at(-1)?.trim() || undefined;
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}
