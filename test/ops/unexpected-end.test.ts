import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const SECRET = 'MARKEDhunter2';
const LOGGER = join(import.meta.dirname, '../../dist/src/ops/logger.js');
const END = join(import.meta.dirname, '../../dist/src/ops/unexpected-end.js');

/** Runs a program that fails after the log was set up. */
function fail(line: string) {
  const program = `
    import { createLogger } from ${JSON.stringify(LOGGER)};
    import { endOnUnexpectedError } from ${JSON.stringify(END)};
    endOnUnexpectedError(createLogger('error'));
    const error = Object.assign(new TypeError('${SECRET}'), { config: { password: '${SECRET}' } });
    ${line}
    setTimeout(() => process.exit(0), 10_000);
  `;
  const args = ['--input-type=module', '--eval', program];
  return spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 20_000 });
}

describe('endOnUnexpectedError()', () => {
  it.each([
    ['an error that nobody catches', 'setImmediate(() => { throw error; });'],
    ['a promise that nobody waits for', 'void Promise.reject(error);'],
  ])('ends the process at %s, and tells its class and nothing that it carries', (_what, line) => {
    const { status, stdout, stderr } = fail(line);
    expect(status).toBe(1);
    expect(stdout + stderr).not.toContain(SECRET);
    expect(JSON.parse(stderr)).toMatchObject({ level: 'fatal', err: { type: 'TypeError' } });
  });
});
