import { spawn } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Ended, type StubServer, stubRegistry } from '#test/cli/contract-bed';

const MAIN = join(import.meta.dirname, '../../dist/src/main.js');
const PLAIN = { PATH: process.env['PATH'], TERM: 'xterm' };

interface ProcessRun {
  readonly stdin?: string;
  readonly onStart?: (interrupt: () => void) => void;
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs the program as a pipeline does. */
async function atlas(args: readonly string[], run: ProcessRun = {}): Promise<Ended> {
  const child = spawn(process.execPath, [MAIN, ...args], { env: { ...PLAIN, ...run.env } });
  run.onStart?.(() => child.kill('SIGINT'));
  const ended = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk) => {
    ended.stdout += String(chunk);
  });
  child.stderr.on('data', (chunk) => {
    ended.stderr += String(chunk);
  });
  child.stdin.end(run.stdin ?? '');
  return await new Promise((resolve) =>
    child.on('close', (code) => resolve({ code: code ?? -1, ...ended })),
  );
}

const CHECK = {
  wouldPublish: false,
  faults: [{ rule: 'json-syntax', part: 'jsonSchema', message: 'no', line: 1, column: 1 }],
};

let server: StubServer;
beforeAll(async () => {
  server = await stubRegistry(() => ({ body: CHECK }));
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
});

describe('atlas-registry contract as a process', () => {
  it('reads a schema from standard input and ends with the exit code of the refusal', async () => {
    const args = ['contract', 'check', 'a.b', '--schema', '-', '--url', server.url];
    const { code, stdout, stderr } = await atlas(args, { stdin: '{' });
    expect([code, stderr]).toEqual([1, '']);
    expect(stdout).toBe('a.b refused\n  fault    json-syntax  no\n');
    expect(server.requests.at(-1)?.body).toEqual({ jsonSchema: '{' });
  });

  it('writes no colours where there is no terminal, nor where NO_COLOR is set', async () => {
    const args = ['contract', 'check', 'a.b', '--schema', '-', '--url', server.url];
    for (const env of [{}, { NO_COLOR: '1' }, { FORCE_COLOR: '1', NO_COLOR: '1' }]) {
      const { stdout } = await atlas(args, { stdin: '{', env });
      expect(stdout).not.toContain('\u001b');
    }
  });

  it('takes --version after the command for that command, and before it for the program', async () => {
    const own = await atlas(['--version']);
    expect([own.code, own.stdout]).toEqual([0, expect.stringMatching(/^\d+\.\d+\.\d+\n$/)]);
    const args = ['contract', 'check', 'a.b', '--version', 'v7', '--schema', '-'];
    await atlas([...args, '--url', server.url], { stdin: '{}' });
    expect(server.requests.at(-1)?.body).toEqual({ version: 'v7', jsonSchema: '{}' });
  });

  it('ends with 2 when it is used wrongly, with 3 when nobody answers', async () => {
    expect((await atlas(['contract', 'check', '--fast'])).code).toBe(2);
    expect((await atlas(['contract'])).code).toBe(2);
    const gone = await stubRegistry(() => undefined);
    await gone[Symbol.asyncDispose]();
    const { code, stderr } = await atlas(['contract', 'versions', 'a.b', '--url', gone.url]);
    expect([code, stderr]).toEqual([3, 'the registry does not answer (ECONNREFUSED)\n']);
  });

  it('ends with 130 after Ctrl-C, while a registry lets it wait', async () => {
    let interrupt: () => void = () => undefined;
    const silent = createServer(() => interrupt());
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
    const { code, stderr } = await atlas(['contract', 'versions', 'a.b', '--url', url], {
      onStart: (end) => {
        interrupt = end;
      },
    });
    silent.closeAllConnections();
    await new Promise((resolve) => silent.close(resolve));
    expect([code, stderr]).toEqual([130, 'Stopped by SIGINT\n']);
  });
});
