import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TempFolder, tempFolder } from '#test/support/temp';

const root = join(import.meta.dirname, '../..');
const MAIN = join(root, 'dist/src/main.js');

let folder: TempFolder;
beforeAll(() => {
  folder = tempFolder();
});
afterAll(() => folder[Symbol.dispose]());

function atlas(...args: readonly string[]): string {
  return execFileSync(process.execPath, [MAIN, ...args]).toString();
}

/** Writes the completion of a shell into a file, as its users do. */
function completionFile(shell: string): string {
  const path = join(folder.path, `completion.${shell}`);
  writeFileSync(path, atlas('completion', shell));
  return path;
}

const linesOf = (text: string): readonly string[] => text.trimEnd().split('\n');

describe('atlas-registry completion bash', () => {
  it('completes commands, options and their values in a real bash', () => {
    const script = completionFile('bash');
    const complete = (...words: readonly string[]): readonly string[] => {
      const program = `source '${script}'; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _atlas_registry; printf '%s\\n' "\${COMPREPLY[@]}"`;
      const args = ['-c', program, 'bash', 'atlas-registry', ...words];
      return linesOf(execFileSync('bash', args).toString());
    };
    expect(complete('data')).toEqual(['dataset']);
    expect(complete('dataset', 'p')).toEqual(['publish']);
    expect(complete('dataset', 'list', '--st')).toEqual(['--status']);
    expect(complete('dataset', 'list', '--status', 'p')).toEqual(['published']);
    expect(complete('--url', 'x', 'job', 'run', 'orders.check', '--w')).toEqual(['--watch']);
    expect(complete('contract', 'bundle', '')).toEqual(expect.arrayContaining(['--help']));
    expect(complete('completion', 'z')).toEqual(['zsh']);
    // Names of files are bash's own affair.
    expect(complete('job', 'define', 'some')).toEqual(['']);
    expect(complete('dataset', 'list', '--at', '')).toEqual(['']);
  });
});

describe('atlas-registry completion zsh', () => {
  /** What zsh would offer: its own functions that show are replaced by some that print. */
  const STAGE = `
    compdef() { print "compdef $*"; }
    _files() { print files; }
    _describe() {
      [[ $1 == -o ]] && shift
      [[ $1 == -t ]] && shift 2
      local -a all=("\${(@P)2}")
      print -l -- "\${(@)all%%:*}"
    }`;

  it('completes commands, options and their values in a real zsh', () => {
    const script = completionFile('zsh');
    const complete = (...words: readonly string[]): readonly string[] => {
      const program = `${STAGE}\nsource '${script}' > /dev/null\nwords=(atlas-registry "$@"); CURRENT=$#words; _atlas_registry`;
      const shown = execFileSync('zsh', ['-f', '-c', program, 'zsh', ...words]).toString();
      return linesOf(shown);
    };
    expect(complete('')).toEqual(expect.arrayContaining(['dataset', 'profile', '--help']));
    expect(complete('dataset', '')).toEqual(expect.arrayContaining(['publish', 'query']));
    expect(complete('dataset', 'list', '')).toEqual(
      expect.arrayContaining(['files', '--status', '--at']),
    );
    expect(complete('dataset', 'list', '--status', '')).toEqual([
      'registered',
      'published',
      'withdrawn',
    ]);
    expect(complete('--url', 'x', 'job', 'run', '')).toContain('--watch');
    expect(complete('contract', 'check', '--schema', '')).toEqual(['files']);
    expect(complete('completion', '')).toEqual(expect.arrayContaining(['bash', 'zsh', 'fish']));
    expect(complete('dataset', 'list', '--at', '')).toEqual(['']);
  });

  it('is loaded as it is, and from a folder of fpath', () => {
    const script = completionFile('zsh');
    const loaded = execFileSync('zsh', ['-f', '-c', `${STAGE}\nsource '${script}'`]).toString();
    expect(loaded).toBe('compdef _atlas_registry atlas-registry\n');
    writeFileSync(join(folder.path, '_atlas-registry'), readFileSync(script));
    const program = `${STAGE}\nfpath=('${folder.path}'); autoload -U _atlas-registry\nwords=(atlas-registry dataset ''); CURRENT=3; _atlas-registry`;
    const found = execFileSync('zsh', ['-f', '-c', program]).toString();
    expect(linesOf(found)).toContain('history');
  });
});

describe('atlas-registry completion fish', () => {
  it('completes commands, options and their values in a real fish', () => {
    const script = completionFile('fish');
    const complete = (line: string): readonly string[] => {
      const program = `source '${script}'; complete -C'atlas-registry ${line}'`;
      const env = { PATH: process.env['PATH'], HOME: folder.path };
      const shown = execFileSync('fish', ['--no-config', '-c', program], { env, cwd: folder.path });
      return linesOf(shown.toString()).map((one) => one.split('\t')[0] ?? '');
    };
    expect(complete('data')).toEqual(['dataset']);
    expect(complete('dataset p')).toEqual(['publish']);
    expect(complete('dataset list --st')).toEqual(['--status']);
    expect(complete('dataset list --status p')).toEqual(['published']);
    expect(complete('--url x job run orders.check --w')).toEqual(['--watch']);
    expect(complete('completion z')).toEqual(['zsh']);
    expect(complete('contract check --schema completion.f')).toEqual(['completion.fish']);
    expect(complete('dataset list --at completion.f')).toEqual(['']);
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
    for (const part of ['DATASET PUBLISH', '--idempotency-key', 'EVENTS WATCH', 'EXIT CODES'])
      expect(text).toContain(part);
  });
});
