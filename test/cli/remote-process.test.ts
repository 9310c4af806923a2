import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '#flow/new-id';
import { startTestRegistry, type TestRegistry } from '#test/support/registry';
import { runCommand } from '#test/support/run-command';
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
