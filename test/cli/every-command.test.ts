import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { EXIT, EXIT_MEANINGS } from '#cli/command/exit-code';
import { type CommandNode, commandNodes } from '#cli/manual/command-tree';
import { packageInfo } from '#ops/package-root';
import { nobody } from '#test/cli/contract-bed';
import { withCommandTables } from '#test/support/command-document';
import { runCommand } from '#test/support/run-command';
import { type TempFolder, tempFolder } from '#test/support/temp';
import { wholeProgram } from '#test/support/whole-program';

const nodes = commandNodes(wholeProgram());
/** The commands that do something: those that others do not stand under. */
const leaves = nodes.filter(({ path, commands }) => path !== '' && commands.length === 0);
const options = ({ options: all }: CommandNode): readonly string[] => all.map(({ long }) => long);

class Exited extends Error {
  readonly code: unknown;

  constructor(code: unknown) {
    super(`exit ${String(code)}`);
    this.code = code;
  }
}

/** Runs a line inside the test and gives its exit code and what it wrote. */
async function run(args: readonly string[]): Promise<{ code: unknown; out: string; err: string }> {
  const written = { out: '', err: '' };
  vi.spyOn(process, 'exit').mockImplementation((code) => {
    throw new Exited(code);
  });
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    written.out += String(text);
    return true;
  });
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    written.err += String(text);
    return true;
  });
  try {
    await wholeProgram().parseAsync([...args], { from: 'user' });
    return { code: undefined, ...written };
  } catch (error) {
    if (error instanceof Exited) return { code: error.code, ...written };
    throw error;
  } finally {
    vi.restoreAllMocks();
  }
}

let folder: TempFolder;
let away: string;
beforeAll(async () => {
  folder = tempFolder();
  away = await nobody();
  writeFileSync(join(folder.path, 'any.json'), '{}');
  await run(['contract', 'bundle', 'key', join(folder.path, 'key.pem')]);
});
afterAll(() => folder[Symbol.dispose]());
beforeEach(() => vi.stubEnv('XDG_CONFIG_HOME', folder.path));
afterEach(() => vi.unstubAllEnvs());

describe('the help of every command', () => {
  it('is a page of a manual: name, synopsis, options, examples, exit codes, what to read next', () => {
    for (const { path, description, help, commands } of nodes) {
      const heads = help.split('\n').filter((line) => /^[A-Z]/.test(line));
      expect(heads.slice(0, 2), path).toEqual(['NAME', 'SYNOPSIS']);
      const wanted = commands.length > 0 ? ['OPTIONS', 'COMMANDS'] : ['OPTIONS', 'EXAMPLES'];
      expect(heads, path).toEqual(expect.arrayContaining([...wanted, 'EXIT CODES', 'SEE ALSO']));
      expect(help, path).toContain(`    atlas-registry ${path}`.trimEnd());
      expect(description, path).toMatch(/^[A-Z].*\.$/);
    }
  });

  it('names every exit code, and no other', () => {
    const codes = Object.keys(EXIT_MEANINGS);
    for (const { path, help } of nodes) {
      const [, section = ''] = /\nEXIT CODES\n([^]*?)\n\n/.exec(help) ?? [];
      expect(
        [...section.matchAll(/^ {4}(\d+) /gm)].map(([, code]) => code),
        path,
      ).toEqual(codes);
    }
  });

  it('fits into its width, at 80 columns and at 40, but for what is typed', () => {
    for (const { path, help } of nodes) expect(tooLong(help, 80), path).toEqual([]);
    const narrow = wholeProgram();
    narrow.configureOutput({ getOutHelpWidth: () => 40, getOutHasColors: () => false });
    for (const command of [narrow, ...narrow.commands.filter((one) => one.commands.length === 0)]) {
      let text = '';
      command.configureOutput({
        getOutHelpWidth: () => 40,
        getOutHasColors: () => false,
        writeOut: (part) => {
          text += part;
        },
      });
      command.outputHelp();
      expect(tooLong(text, 40), command.name()).toEqual([]);
    }
  });
});

/** The lines of a help that are too long, but for examples and for words that nobody can break. */
function tooLong(help: string, width: number): readonly string[] {
  const [before = '', after = ''] = help.split(/^EXAMPLES$/m);
  const rest = after.split(/^(?=EXIT CODES$)/m)[1] ?? after;
  return `${before}${rest}`
    .split('\n')
    .filter((line) => line.length > width && line.trim().includes(' '))
    .filter((line) => !/^ {4}(--|-)/.test(line));
}

describe('the exit code of every command', () => {
  it('is 0 for --help', async () => {
    for (const { path } of leaves) {
      const { code, out, err } = await run([...path.split(' '), '--help']);
      expect([code, err], path).toEqual([EXIT.ok, '']);
      expect(out, path).toMatch(/^NAME\n/);
    }
  });

  it('is 2 for an option that is none, with nothing on standard output', async () => {
    for (const { path } of leaves) {
      const { code, out, err } = await run([...path.split(' '), '--no-such-option']);
      expect([code, out], path).toEqual([EXIT.usage, '']);
      expect(err, path).toMatch(/^error: (unknown option '--no-such-option'|required option)/);
    }
  });

  it('is 2 for a group without a command, and for a command that is none', async () => {
    for (const { path } of nodes.filter((one) => one.path !== '' && one.commands.length > 0)) {
      expect((await run(path.split(' '))).code, path).toBe(EXIT.usage);
      expect((await run([...path.split(' '), 'no-such-command'])).code, path).toBe(EXIT.usage);
    }
    expect((await run(['--no-such-option'])).code).toBe(EXIT.usage);
  });

  it('is 2 for a profile that is none, and 3 where nobody answers, if it speaks to a registry', async () => {
    // An import looks at its folder first: its own tests have this.
    const remote = leaves.filter(
      (one) => options(one).includes('--profile') && one.path !== 'catalog import',
    );
    expect(remote.length).toBeGreaterThan(20);
    for (const node of remote) {
      const line = [...node.path.split(' '), ...givenTo(node)];
      expect((await run([...line, '--profile', 'none'])).code, node.path).toBe(EXIT.usage);
      const { code, err } = await run([...line, '--url', away]);
      expect([code, err.includes('    at ')], `${node.path}: ${err}`).toEqual([
        EXIT.unreachable,
        false,
      ]);
    }
  });

  it('is 2 for a wrong setting, if it works with those of this machine', async () => {
    const env = { ATLAS_DATA_DIR: folder.path, ATLAS_SNAPSHOTS: 'perhaps' };
    for (const [line, want] of [
      ['audit verify', EXIT.usage],
      ['drill replay', EXIT.usage],
      ['provision', EXIT.usage],
      ['views reset --yes', EXIT.usage],
      ['standby status', EXIT.usage],
      ['standby promote --yes', EXIT.usage],
      ['cluster', EXIT.usage],
      ['cluster --port many', EXIT.usage],
      ['doctor', EXIT.refused],
      ['serve', EXIT.refused],
    ] as const) {
      const ended = runCommand(line.split(' '), env);
      expect([await ended.exit, line], ended.text()).toEqual([want, line]);
    }
  });

  it('is 3 where NATS is away, if it needs it', async () => {
    const nats = away.replace('http', 'nats');
    const env = {
      ATLAS_DATA_DIR: join(folder.path, 'node'),
      NATS_URL: nats,
      NATS_CONNECT_TIMEOUT_MS: '500',
    };
    const audit = `audit verify --public-key ${join(folder.path, 'key.pub.pem')}`;
    for (const line of [audit, 'provision', 'drill replay']) {
      const ended = runCommand(line.split(' '), env);
      expect([await ended.exit, line], ended.text()).toEqual([EXIT.unreachable, line]);
    }
  });
});

/** What a command cannot do without, in words that need no registry to be judged. */
function givenTo({ path, arguments: given }: CommandNode): readonly string[] {
  const at = (name: string): string => join(folder.path, name);
  const own: Readonly<Record<string, readonly string[]>> = {
    'contract check': ['a.b', '--schema', at('any.json')],
    'contract publish': ['a.b', '--schema', at('any.json')],
    'contract promote': ['a.b', 'v1', '--to', 'prod'],
    'contract bundle release': ['--key', at('key.pem')],
    'contract bundle fetch': ['--public-key', at('key.pub.pem'), '--cache', at('none')],
    'dataset register': ['a', '--fingerprint', 'v1'],
    'job define': [at('any.json')],
    'key create': ['--name', 'a', '--scope', 'datasets:read'],
    'events watch': ['--from', '1'],
    'cache evict': ['--unused'],
  };
  return own[path] ?? given.filter(({ isRequired }) => isRequired).map(({ name }) => `a${name}`);
}

describe('docs/cli.md', () => {
  it('lists every command and every exit code as they are', () => {
    const document = readFileSync(join(packageInfo().root, 'docs/cli.md'), 'utf8');
    expect(withCommandTables(document)).toBe(document);
  });
});
