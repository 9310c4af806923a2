import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '#flow/new-id';
import { startTestRegistry, type TestRegistry } from '#test/support/registry';
import { runCommand } from '#test/support/run-command';
import { tempFolder } from '#test/support/temp';
import { KEYS, runOnTerminal } from '#test/support/terminal';
import { eventually } from '#test/support/wait';

const MAIN = join(import.meta.dirname, '../../dist/src/main.js');

let registry: TestRegistry;
let target: readonly string[];
beforeAll(async () => {
  registry = await startTestRegistry();
  const tenant = `t${newId()}`;
  target = ['--url', registry.api.url, '--tenant', tenant];
  for (let i = 0; i < 40; i += 1) {
    const body = { name: `a/${'long'.repeat(12)}/${i}`, schema_fingerprint: 'f'.repeat(60) };
    await registry.api.post('/registry/datasets', body, { 'Atlas-Tenant': tenant });
  }
});
afterAll(async () => await registry[Symbol.asyncDispose]());

describe('commands that speak to a registry, as processes', () => {
  it('cut lines to the width of a terminal, and cut nothing elsewhere', async () => {
    const terminal = runOnTerminal(['dataset', 'list', ...target], { COLUMNS: '80' });
    expect(await terminal.exit).toBe(0);
    const shown = terminal.text().replaceAll('\r', '').split('\n');
    expect(shown.some((line) => line.endsWith('…'))).toBe(true);
    const plain = runCommand(['dataset', 'list', ...target], {});
    expect(await plain.exit).toBe(0);
    for (const mark of ['…', '\u001b']) expect(plain.text()).not.toContain(mark);
    expect(plain.text()).toContain('f'.repeat(60));
  });

  it('fit into a narrow terminal: no line is wider than its 40 columns', async () => {
    const line = ['dataset', 'list', '--limit', '3', ...target];
    const terminal = runOnTerminal(line, {}, { columns: 40 });
    expect(await terminal.exit).toBe(0);
    const lines = terminal.text().replaceAll('\r', '').trimEnd().split('\n');
    expect(Math.max(...lines.slice(0, 4).map(({ length }) => length))).toBe(40);
    const help = runOnTerminal(['profile', 'use', '--help'], {}, { columns: 40 });
    expect(await help.exit).toBe(0);
    const [page = ''] = help.text().replaceAll('\r', '').split('EXAMPLES');
    expect(page.split('\n').filter(({ length }) => length > 40)).toEqual([]);
  });

  it('show how far a file is on a terminal, in its width, and nothing of that elsewhere', async () => {
    using folder = tempFolder();
    const path = join(folder.path, 'large.bin');
    writeFileSync(path, Buffer.alloc(24 * 1_024 * 1_024, 7));
    const name = `files/${newId()}`;
    const register = ['dataset', 'register', name, '--fingerprint', 'v1', '--file', path];
    const plain = runCommand([...register, ...target], {});
    expect(await plain.exit).toBe(0);
    expect(plain.text()).not.toMatch(/Hashing|█/);
    const publish = ['dataset', 'publish', name, '--file', path, ...target];
    const terminal = runOnTerminal(publish, {}, { columns: 40 });
    expect(await terminal.exit, terminal.text()).toBe(0);
    const drawn = terminal.text().split('\r\u001b[2K');
    for (const verb of ['Hashing', 'Uploading'])
      expect(drawn.some((line) => line.startsWith(`${verb} large.bin █`))).toBe(true);
    expect(Math.max(...drawn.slice(0, -1).map(({ length }) => length))).toBeLessThan(40);
    expect(drawn.at(-1)).toMatch(/^files\/\S+ published: large\.bin, 24\.0 MiB/);
  });

  it('write colours on a terminal alone, and not where NO_COLOR is set', async () => {
    for (const [env, isColoured] of [
      [{ TERM: 'xterm' }, true],
      [{ TERM: 'xterm', NO_COLOR: '1' }, false],
    ] as const) {
      const run = runOnTerminal(['dataset', 'list', '--limit', '1', ...target], env);
      expect(await run.exit).toBe(0);
      expect(run.text().includes('\u001b[1m'), JSON.stringify(env)).toBe(isColoured);
    }
  });

  it('end quietly with 0 when whoever reads their output has had enough', async () => {
    const child = spawn(process.execPath, [MAIN, 'events', 'watch', '--from', '1', ...target], {
      env: { PATH: process.env['PATH'] },
    });
    let errors = '';
    child.stderr.on('data', (chunk) => {
      errors += String(chunk);
    });
    await once(child.stdout, 'data');
    child.stdout.destroy();
    // The next event finds nobody.
    const headers = { 'Atlas-Tenant': target[3] ?? '' };
    const closed = once(child, 'close');
    for (let i = 0; child.exitCode === null && i < 100; i += 1) {
      const body = { name: `b/${i}`, schema_fingerprint: 'fp' };
      await registry.api.post('/registry/datasets', body, headers);
    }
    expect(await closed).toEqual([0, null]);
    expect(errors).toBe('');
  });

  it('end with 0 before a pipe that closes early, however much there is to write', async () => {
    const words = [process.execPath, MAIN, 'dataset', 'list', '--json', ...target];
    const line = `${words.map((word) => `'${word}'`).join(' ')} | head -c 20; echo " \${PIPESTATUS[0]}"`;
    const env = { PATH: process.env['PATH'] };
    const { stdout } = await promisify(execFile)('bash', ['-c', line], { env });
    expect(stdout).toBe('{"datasets":[{"datas 0\n');
  });

  it('end with 130 at Ctrl-C, on a terminal and without', async () => {
    const watch = ['events', 'watch', '--from', '1', ...target];
    const terminal = runOnTerminal(watch, {});
    await eventually('events', () => terminal.text().includes('DatasetRegistered'));
    terminal.type(KEYS.ctrlC);
    expect(await terminal.exit).toBe(130);
    const plain = runCommand(watch, {});
    await eventually('events', () => plain.text().includes('DatasetRegistered'));
    plain.child.kill('SIGINT');
    expect(await plain.exit).toBe(130);
  });
});
