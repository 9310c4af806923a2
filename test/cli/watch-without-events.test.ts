import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runCommandLine, stubRegistry } from '#test/cli/contract-bed';

const MAIN = join(import.meta.dirname, '../../dist/src/main.js');
const RUN = { id: 'r1', job: 'orders.check' };

describe('job watch', () => {
  it('says that its connection is lost, and sees the end of a run also where it may read no events', async () => {
    const events = [
      { status: 503, body: { code: 'BUSY', detail: 'too much', retryable: true } },
      { status: 403, body: { code: 'FORBIDDEN', detail: 'no' } },
    ];
    const states = ['pending', 'running', 'succeeded'];
    await using server = await stubRegistry(({ path }) =>
      path.startsWith('/registry/events')
        ? events.shift()
        : { body: { ...RUN, status: states.shift() }, headers: { 'Atlas-Position': '1' } },
    );
    const watched = await runCommandLine(['job', 'watch', 'r1', '--url', server.url]);
    expect(watched.code, watched.stderr).toBe(0);
    expect(watched.stdout).toBe(
      'r1  orders.check  pending\nr1  orders.check  running\nr1  orders.check  succeeded\n',
    );
    expect(watched.stderr).toMatch(/^Interrupted: too much; again in [\d.]+ s\n$/);
  });

  it('ends with an error where it may not read the run either', async () => {
    await using server = await stubRegistry(() => ({ status: 403, body: { code: 'FORBIDDEN' } }));
    expect((await runCommandLine(['job', 'watch', 'r1', '--url', server.url])).code).toBe(1);
  });
});

describe('a command that reads standard input', () => {
  it('ends at the first signal', async () => {
    const args = [MAIN, 'job', 'define', '-', '--url', 'http://127.0.0.1:1'];
    const child = spawn(process.execPath, args, { stdio: 'pipe' });
    // More than a pipe holds: what is taken from it says that the command reads.
    child.stdin.write(Buffer.alloc(512 * 1_024, 0x20));
    await once(child.stdin, 'drain');
    child.kill('SIGINT');
    const [code] = (await once(child, 'exit')) as [number];
    child.stdin.destroy();
    expect(code).toBe(130);
  });
});
