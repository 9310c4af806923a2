import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';

export interface ProcessOptions {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Where its output goes. */
  readonly logPath: string;
  /** Hears of every start. */
  readonly onStart?: () => unknown;
}

const RESTART_MS = 300;

/** A process that faults are done to, by its process id. */
export class FaultyProcess implements AsyncDisposable {
  readonly name: string;
  readonly #options: ProcessOptions;
  #child: ChildProcess | undefined;
  /** Whether it is meant to run. */
  #isWanted = false;

  constructor(options: ProcessOptions) {
    this.name = options.name;
    this.#options = options;
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  get isRunning(): boolean {
    const child = this.#child;
    return child !== undefined && child.exitCode === null && child.signalCode === null;
  }

  /** Whether it is stopped by SIGSTOP, as the kernel says. */
  get isPaused(): boolean {
    return this.isRunning && /\) T /.test(readFileSync(`/proc/${this.pid}/stat`, 'utf8'));
  }

  /** What it has written, in all its lives. */
  output(): string {
    return readFileSync(this.#options.logPath, 'utf8');
  }

  /** Starts it, also again; with settings that count for this time only. */
  start(extra: Readonly<Record<string, string>> = {}): void {
    if (this.isRunning) return;
    this.#isWanted = true;
    const { command, args, env, logPath, onStart } = this.#options;
    const log = openSync(logPath, 'a');
    this.#child = spawn(command, args, {
      env: { PATH: process.env['PATH'] ?? '', ...env, ...extra },
      stdio: ['ignore', log, log],
    });
    closeSync(log);
    onStart?.();
    // As a supervisor does: one that ends by itself, because a part that it needs is away, is started again.
    this.#child.once('exit', () => {
      if (this.#isWanted) setTimeout(() => this.#isWanted && this.start(), RESTART_MS).unref();
    });
  }

  /** Sends a signal. */
  signal(name: NodeJS.Signals): void {
    if (this.isRunning) this.#child?.kill(name);
  }

  /** Ends it and waits until it is gone. Gives whether it was running. */
  async end(name: NodeJS.Signals): Promise<boolean> {
    const child = this.#child;
    this.#isWanted = false;
    if (child === undefined || !this.isRunning) return false;
    const gone = once(child, 'exit');
    child.kill(name);
    // A stopped process takes SIGKILL only.
    if (name !== 'SIGKILL') child.kill('SIGCONT');
    await gone;
    return true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end('SIGKILL');
  }
}
