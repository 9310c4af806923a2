import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { tempFolder } from '#test/support/temp';

const root = join(import.meta.dirname, '../..');
const MAIN = join(root, 'dist/src/main.js');

function atlas(...args: readonly string[]): string {
  return execFileSync(process.execPath, [MAIN, ...args]).toString();
}

describe('atlas-registry completion bash', () => {
  it('completes commands, options and their values in a real bash', () => {
    using folder = tempFolder();
    const script = join(folder.path, 'completion.bash');
    writeFileSync(script, atlas('completion', 'bash'));
    const complete = (...words: readonly string[]): string[] => {
      const program = `source '${script}'; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _atlas_registry; printf '%s\\n' "\${COMPREPLY[@]}"`;
      const args = ['-c', program, 'bash', 'atlas-registry', ...words];
      return execFileSync('bash', args).toString().trimEnd().split('\n');
    };
    expect(complete('data')).toEqual(['dataset']);
    expect(complete('dataset', 'p')).toEqual(['publish']);
    expect(complete('dataset', 'list', '--st')).toEqual(['--status']);
    expect(complete('dataset', 'list', '--status', 'p')).toEqual(['published']);
    expect(complete('--url', 'x', 'job', 'run', 'orders.check', '--w')).toEqual(['--watch']);
    expect(complete('contract', 'bundle', '')).toEqual(expect.arrayContaining(['--help']));
    // Names of files are bash's own affair.
    expect(complete('job', 'define', 'some')).toEqual(['']);
    expect(complete('dataset', 'list', '--at', '')).toEqual(['']);
  });
});

describe('the manual page', () => {
  it('is what the commands say of themselves', () => {
    const written = readFileSync(join(root, 'docs/man/atlas-registry.1'), 'utf8');
    expect(written).toBe(atlas('man'));
  });

  it('is shown by man without a complaint, every command with its options', () => {
    const page = join(root, 'docs/man/atlas-registry.1');
    const shown = spawnSync('groff', ['-man', '-Tutf8', '-Kutf8', '-P-cbou', page], {
      encoding: 'utf8',
    });
    expect([shown.status, shown.stderr]).toEqual([0, '']);
    const text = shown.stdout;
    for (const part of ['DATASET PUBLISH', '--idempotency-key', 'EVENTS WATCH', 'Exit codes:'])
      expect(text).toContain(part);
  });
});
