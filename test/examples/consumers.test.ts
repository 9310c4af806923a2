import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { packageInfo } from '#ops/package-root';
import { startProcess } from '#test/support/process';
import { startTestRegistry } from '#test/support/registry';
import { tempFolder } from '#test/support/temp';
import { eventually } from '#test/support/wait';
import { register } from '#test/support/webhooks';

interface Example extends AsyncDisposable {
  readonly child: ChildProcess;
  /** The positions that it has shown, in their order. */
  readonly positions: () => number[];
  readonly kill: () => Promise<void>;
}

function run(name: string, args: readonly string[]): Example {
  const program = join(packageInfo().root, 'dist/examples/consumers', `${name}.js`);
  const child = spawn(process.execPath, [program, ...args], {
    env: { PATH: process.env['PATH'] ?? '' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout.on('data', (chunk) => {
    text += String(chunk);
  });
  const kill = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'close');
  };
  const positions = () => [...text.matchAll(/^(\d+) /gm)].map(([, position]) => Number(position));
  return { child, positions, kill, [Symbol.asyncDispose]: kill };
}

async function shows(example: Example, wanted: readonly number[]): Promise<void> {
  await eventually('the events', () => example.positions().length >= wanted.length || undefined);
  expect(example.positions()).toEqual(wanted);
}

describe('the NATS consumer of the examples', () => {
  it('takes the events of `make run` from the first on, and goes on where it was killed', async () => {
    await using registry = await startTestRegistry();
    const config = join(registry.folder, 'nats', 'nats.conf');
    const args = ['--config', config, '--name', 'copy'];
    const before = [await register(registry.api), await register(registry.api)];
    {
      await using first = run('nats-consumer', args);
      await shows(first, before);
      before.push(await register(registry.api));
      await shows(first, before);
      await first.kill();
    }
    const after = [await register(registry.api), await register(registry.api)];
    await using second = run('nats-consumer', args);
    const seen = () => second.positions().filter((position) => !before.includes(position));
    await eventually('the rest', () => seen().length >= after.length || undefined, 60_000);
    expect(seen()).toEqual(after);
    // At most what was shown and not acknowledged comes again.
    expect(second.positions().length).toBeLessThanOrEqual(after.length + 1);
  });
});

describe('the SSE client of the examples', () => {
  it('goes on behind the last event: when the registry was killed, and when it was itself', async () => {
    using folder = tempFolder();
    const port = { BIND_ADDR: '127.0.0.1:0' };
    const state = join(folder.path, 'position');
    const positions: number[] = [];
    let bind: string;
    let client: Example;
    {
      await using registry = startProcess(join(folder.path, 'data'), port);
      const api = await registry.ready();
      bind = new URL(api.url).host;
      positions.push(await register(api), await register(api));
      client = run('sse-client', ['--url', api.url, '--state', state]);
      await shows(client, positions);
    }
    await using first = client;
    await using registry = startProcess(join(folder.path, 'data'), { BIND_ADDR: bind });
    const api = await registry.ready();
    positions.push(await register(api));
    await shows(first, positions);
    await first.kill();
    const after = [await register(api), await register(api)];
    await using second = run('sse-client', ['--url', api.url, '--state', state]);
    await shows(second, after);
  });
});
