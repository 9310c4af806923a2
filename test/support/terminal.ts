import { spawn } from 'node:child_process';
import { join } from 'node:path';
import type { CommandRun } from '#test/support/run-command';

const MAIN = join(import.meta.dirname, '../../dist/src/main.js');

/** A run of `atlas-registry` on a terminal. */
export interface TerminalRun extends Pick<CommandRun, 'exit' | 'text'> {
  /** Types on its keyboard. */
  readonly type: (keys: string) => void;
}

/** What keys send that are not letters. */
export const KEYS = { enter: '\r', ctrlC: '\u0003', ctrlD: '\u0004' } as const;

/** Runs `atlas-registry` on a terminal of its own, by `script` of util-linux, with settings by their names; 80 columns unless said. */
export function runOnTerminal(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  { columns }: { readonly columns?: number } = {},
): TerminalRun {
  const program = [process.execPath, MAIN, ...args].map((part) => `'${part}'`).join(' ');
  const command = columns === undefined ? program : `stty cols ${columns}; exec ${program}`;
  const child = spawn('script', ['-qefc', command, '/dev/null'], {
    env: { PATH: process.env['PATH'] ?? '', TERM: 'dumb', SHELL: '/bin/sh', ...env },
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => {
      text += String(chunk);
    });
  const exit = new Promise<number | NodeJS.Signals | null>((resolve) => {
    child.on('close', (code, signal) => resolve(code ?? signal));
  });
  return { exit, text: () => text, type: (keys) => child.stdin.write(keys) };
}
