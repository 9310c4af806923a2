import { spawn } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type EmbeddedNats, startEmbeddedNats } from '#clients/embedded-nats';
import { connectBroker } from '#clients/nats';
import { natsBinary } from '#test/support/nats';
import { isRunning } from '#test/support/process';
import { type TempFolder, tempFolder } from '#test/support/temp';
import { eventually } from '#test/support/wait';

const MODULE = join(import.meta.dirname, '../../dist/src/clients/embedded-nats.js');

let binary: string;
let folder: TempFolder;
let said: string[];

beforeAll(async () => {
  binary = await natsBinary();
});
beforeEach(() => {
  folder = tempFolder();
  said = [];
});
afterEach(async () => {
  // What is told to end, or has just ended, is there for a moment longer on a busy machine.
  const ended = eventually(
    'every process to end',
    () => processesOf(folder.path).length === 0,
    2_000,
  );
  await ended.catch(() => undefined);
  const left = processesOf(folder.path);
  for (const pid of left) process.kill(pid, 'SIGKILL');
  folder[Symbol.dispose]();
  expect(left, 'processes that were left behind').toEqual([]);
});

/** Every process whose command line names the folder: servers and the shells that watch them. */
function processesOf(path: string): number[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry) && Number(entry) !== process.pid)
    .filter((entry) => commandLine(Number(entry)).includes(`${path}/nats.conf`))
    .map(Number);
}

/** Those of them that are servers. */
function serversOf(path: string): number[] {
  return processesOf(path).filter((pid) => commandLine(pid).startsWith(binary));
}

function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}

function parentOf(pid: number): number {
  return Number(/^\d+ \(.*\) \S (\d+)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1]);
}

async function start(overrides: { binary?: string } = {}): Promise<EmbeddedNats> {
  const onExit = (message: string): void => void said.push(message);
  return await startEmbeddedNats({ binary, folder: folder.path, onExit, ...overrides });
}

/** A program that is called like the server. */
function script(name: string, text: string): string {
  const path = join(folder.path, name);
  writeFileSync(path, `#!/bin/sh\n${text}\n`);
  chmodSync(path, 0o755);
  return path;
}

async function canConnect({ url, token }: EmbeddedNats): Promise<boolean> {
  const broker = await connectBroker({ url, token, name: 'test', connectTimeoutMs: 2_000 });
  await broker.close();
  return true;
}

function pidOf(server: EmbeddedNats): number {
  const pid = server.pid();
  if (pid === undefined) throw new Error('The server has no process id');
  return pid;
}

describe('startEmbeddedNats()', () => {
  it('starts a server that only its token opens, and that is gone after stop()', async () => {
    const server = await start();
    expect(await canConnect(server)).toBe(true);
    const stranger = connectBroker({ url: server.url, name: 'x', connectTimeoutMs: 2_000 });
    await expect(stranger).rejects.toMatchObject({ code: 'CANNOT_START' });
    const pid = pidOf(server);
    await server.stop();
    expect(isRunning(pid)).toBe(false);
    expect(said).toEqual([]);
  });

  it('keeps its token from other users of the machine', async () => {
    const server = await start();
    const { mode } = statSync(join(folder.path, 'nats.conf'));
    expect(mode & 0o077).toBe(0);
    expect(commandLine(pidOf(server))).not.toContain(server.token);
    await server.stop();
  });

  it('stop() may be called again, and while the server is being started again', async () => {
    const server = await start();
    process.kill(pidOf(server), 'SIGKILL');
    await eventually('the end to be noticed', () => said.length > 0);
    await Promise.all([server.stop(), server.stop()]);
    await server.stop();
  });

  it('ends with its parent even by kill -9, whatever the parent was doing', async () => {
    const code = `
      const { startEmbeddedNats } = await import(${JSON.stringify(MODULE)});
      const server = await startEmbeddedNats(${JSON.stringify({ binary, folder: folder.path })});
      process.stdout.write(String(server.pid()));
      for (;;);`;
    const parent = spawn(process.execPath, ['--input-type=module', '-e', code]);
    const pid = await new Promise<number>((resolve) => {
      parent.stdout.once('data', (chunk) => resolve(Number(String(chunk))));
    });
    expect(isRunning(pid)).toBe(true);
    parent.kill('SIGKILL');
    await eventually('everything to end', () => processesOf(folder.path).length === 0);
  });

  it('comes back on the same port with the same streams after it was killed', async () => {
    const server = await start();
    const { url, token } = server;
    const broker = await connectBroker({ url, token, name: 'test', connectTimeoutMs: 2_000 });
    await broker.jsm.streams.add({ name: 'KEPT', subjects: ['kept'] });
    await broker.js.publish('kept', 'one');
    const before = pidOf(server);
    process.kill(before, 'SIGKILL');
    await eventually('another server', () => server.pid() !== before && server.pid() !== undefined);
    expect(server.url).toBe(url);
    const again = await connectBroker({ url, token, name: 'test', connectTimeoutMs: 2_000 });
    expect((await again.jsm.streams.info('KEPT')).state.messages).toBe(1);
    expect(said[0]).toMatch(/^nats-server ended \(code 137\), restarting: /);
    await eventually('the first connection to be back', () => broker.connected());
    await Promise.all([broker.close(), again.close()]);
    await server.stop();
  });

  it('comes back after the shell that watches it was killed, and leaves no second server', async () => {
    const server = await start();
    const [pid, { url }] = [pidOf(server), server];
    process.kill(parentOf(pid), 'SIGKILL');
    await eventually('another server', () => ![pid, undefined].includes(server.pid()));
    await eventually('a connection', () => canConnect(server));
    expect([server.url, isRunning(pid)]).toEqual([url, false]);
    await server.stop();
  });

  it('stop() ends the server also when the shell that watched it was killed just before', async () => {
    const server = await start();
    process.kill(parentOf(pidOf(server)), 'SIGKILL');
    await eventually('the end to be noticed', () => said.length > 0);
    await server.stop();
    expect(processesOf(folder.path)).toEqual([]);
  });

  it('tries again when it cannot be started again at first, and is one server in the end', async () => {
    const broken = join(folder.path, 'broken');
    const fragile = script(
      'fragile-nats-server',
      `if [ -e ${broken} ]; then exit 3; fi; exec ${binary} "$@"`,
    );
    const server = await start({ binary: fragile });
    writeFileSync(broken, '');
    process.kill(pidOf(server), 'SIGKILL');
    await eventually('failed attempts', () => said.length > 3);
    rmSync(broken);
    await eventually('a connection', () => canConnect(server));
    expect(serversOf(folder.path)).toEqual([server.pid()]);
    // One end, and after it one attempt after the other, not each failure a restart of its own.
    const [end, ...failures] = said;
    expect(end).toMatch(/^nats-server ended \(code 137\), restarting/);
    for (const failure of failures) expect(failure).toMatch(/^Cannot start nats-server/);
    await server.stop();
  });
});

describe('a server that does not start', () => {
  it('is CANNOT_START with the last thing that it said', async () => {
    const failing = script('failing-nats-server', 'echo "first"; echo "bad store" >&2; exit 1');
    await expect(start({ binary: failing })).rejects.toMatchObject({
      code: 'CANNOT_START',
      message: expect.stringMatching(
        /^Cannot start nats-server ".*": bad store \(want it listening/,
      ),
    });
  });

  it('is CANNOT_START when there is no such program', async () => {
    await expect(start({ binary: join(folder.path, 'none') })).rejects.toThrow(
      /Cannot start nats-server ".*none": .*(not found|No such file)/,
    );
  });

  it('is ended when it runs but never listens', async () => {
    const silent = script('silent-nats-server', `touch ${folder.path}/started; exec sleep 600`);
    await expect(start({ binary: silent })).rejects.toThrow(/want it listening within 15 s/);
    expect(existsSync(join(folder.path, 'started'))).toBe(true);
    await eventually('it to end', () => processesOf(folder.path).length === 0);
  });
});
