import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';

const MAIN = join(import.meta.dirname, '../../dist/src/main.js');

/** A run of `atlas-registry`. */
export interface CommandRun {
  readonly child: ChildProcess;
  /** Resolves with the exit code, or the signal that ended it. */
  readonly exit: Promise<number | NodeJS.Signals | null>;
  readonly ended: () => boolean;
  readonly text: () => string;
}

/** Runs `atlas-registry` with settings by their names, as a user does; another program where one is named. */
export function runCommand(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  main = MAIN,
): CommandRun {
  const child = spawn(process.execPath, [main, ...args], {
    env: { PATH: process.env['PATH'] ?? '', ...env },
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => {
      text += String(chunk);
    });
  let ended = false;
  const exit = new Promise<number | NodeJS.Signals | null>((resolve) => {
    child.on('close', (code, signal) => {
      ended = true;
      resolve(code ?? signal);
    });
  });
  return { child, exit, ended: () => ended, text: () => text };
}
