import { type ChildProcess, spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { sha256Of } from '#domain/digest';
import { newId } from '#flow/new-id';
import { artifactPath } from '#stores/layout';
import { Api } from '#test/support/api';
import { type ClusterUnderTest, freeBase, SMALL, startCluster } from '#test/support/cluster';
import { isRunning } from '#test/support/process';
import { tempFolder } from '#test/support/temp';
import { eventually } from '#test/support/wait';

const MAIN = join(import.meta.dirname, '../../dist/src/main.js');

let running: AsyncDisposable[] = [];
afterEach(async () => {
  for (const one of running.reverse()) await one[Symbol.asyncDispose]();
  running = [];
});

async function started(...args: Parameters<typeof startCluster>): Promise<ClusterUnderTest> {
  const under = await startCluster(...args);
  running.push(under);
  return under;
}

interface Starter {
  readonly child: ChildProcess;
  readonly out: () => string;
  readonly ended: Promise<unknown>;
  /** The process ids in the table that it prints. */
  readonly pids: () => readonly number[];
}

/** Starts the command as a user does. */
function command(folder: string, base: number): Starter {
  const args = ['--brokers', '1', '--writers', '1', '--readers', '1', '--postgres'];
  const child = spawn(
    process.execPath,
    [MAIN, 'cluster', '--data', folder, '--port', String(base), ...args],
    { env: { PATH: process.env['PATH'] ?? '' } },
  );
  let out = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => {
      out += String(chunk);
    });
  const ended = new Promise((resolve) => child.once('close', resolve));
  running.push({
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
      await ended;
    },
  });
  const pids = (): number[] =>
    [...out.matchAll(/^\S+ +(?:broker|postgres|writer|reader|projector) +\S+ +(\d+) /gm)].map(
      (row) => Number(row[1]),
    );
  return { child, out: () => out, ended, pids };
}

async function untilReady(starter: Starter): Promise<void> {
  await eventually(
    'the cluster to be ready',
    () => {
      if (starter.child.exitCode !== null) throw new Error(starter.out());
      return starter.out().includes('Ready in');
    },
    50_000,
  );
}

describe('Cluster', () => {
  it('serves on every reader what was uploaded to one writer and published on another', async () => {
    const { cluster } = await started({ writers: 2, readers: 2 });
    const api = (name: string): Api => new Api(cluster.member(name).url);
    const bytes = Buffer.from(`bytes ${newId()}`);
    const sha256 = sha256Of(bytes);
    await api('writer-1').send(`/registry/artifacts/${sha256}`, { method: 'PUT', raw: bytes });
    const name = `shared/${newId()}`;
    const artifact = { key: 'one.txt', sha256, bytes: bytes.length };
    const body = { name, schema_fingerprint: 'fp', objects: [artifact] };
    expect((await api('writer-2').post('/registry/datasets', body)).status).toBe(201);
    const path = `/registry/datasets/${encodeURIComponent(name)}/publish`;
    const published = await api('writer-2').post(path, { artifact });
    expect(published.status).toBe(200);
    for (const reader of ['reader-1', 'reader-2']) {
      const minimum = { 'Atlas-Min-Position': String(published.position) };
      await api(reader).get(`/registry/datasets/${encodeURIComponent(name)}`, minimum);
      const read = await fetch(`${cluster.member(reader).url}/store/${artifactPath(sha256)}`);
      expect(await read.text()).toBe(bytes.toString());
    }
  });

  it('stops, kills and starts its processes by name, and leaves none of them when it is closed', async () => {
    const under = await startCluster();
    const { cluster } = under;
    const before = cluster.members.map(({ pid }) => pid ?? 0);
    expect(before.every(isRunning)).toBe(true);
    await cluster.stop('reader-1');
    expect(cluster.member('reader-1').pid).toBeUndefined();
    cluster.kill('writer-1', 'SIGKILL');
    expect(await cluster.ended('writer-1')).toBe('SIGKILL');
    await cluster.start('reader-1');
    await cluster.restart('writer-1');
    cluster.kill('reader-1', 'SIGSTOP');
    const { pid } = cluster.member('reader-1');
    cluster.kill('reader-1', 'SIGCONT');
    await cluster.untilReady('reader-1');
    expect(cluster.member('reader-1').pid).toBe(pid);
    expect(() => cluster.kill('writer-7', 'SIGTERM')).toThrow(/want one of broker-1, projector-1/);
    const all = [...before, ...cluster.members.map((member) => member.pid ?? 0)];
    await under[Symbol.asyncDispose]();
    expect(all.filter(isRunning)).toEqual([]);
  });
});

describe('atlas-registry cluster', () => {
  it('leaves nothing running when it is killed by kill -9, and goes on with its data', async () => {
    const folder = tempFolder();
    const base = await freeBase({ ...SMALL, brokers: 1 });
    const first = command(folder.path, base);
    await untilReady(first);
    const api = new Api(`http://127.0.0.1:${base + 1}`);
    const name = `kept/${newId()}`;
    const written = await api.post('/registry/datasets', { name, schema_fingerprint: 'fp' });
    const run = await api.post('/registry/job-runs', { job: 'kept' });
    expect([written.status, run.status, first.pids().length]).toEqual([201, 201, 5]);
    first.child.kill('SIGKILL');
    // At once: it waits for what the first one has left.
    const second = command(folder.path, base);
    await eventually('all to end', () => !first.pids().some(isRunning), 30_000);
    await untilReady(second);
    const reader = new Api(`http://127.0.0.1:${base + 11}`);
    expect((await reader.get(`/registry/datasets/${encodeURIComponent(name)}`)).status).toBe(200);
    expect((await reader.get(`/registry/job-runs/${run.json.id}`)).status).toBe(200);
    second.child.kill('SIGINT');
    await second.ended;
    expect(second.child.exitCode).toBe(0);
    expect(second.pids().filter(isRunning)).toEqual([]);
    folder[Symbol.dispose]();
  }, 120_000);

  it('starts again who was lost', async () => {
    const folder = tempFolder();
    const base = await freeBase(SMALL);
    const starter = command(folder.path, base);
    await untilReady(starter);
    const lost = Number(/^writer-1 .* (\d+) +\//m.exec(starter.out())?.[1]);
    process.kill(lost, 'SIGKILL');
    await eventually('it to be back', () => starter.out().includes('writer-1 is ready again'));
    expect((await new Api(`http://127.0.0.1:${base + 1}`).get('/readyz')).status).toBe(200);
    starter.child.kill('SIGTERM');
    await starter.ended;
    folder[Symbol.dispose]();
  });

  it('names the ports that are taken, and starts nothing', async () => {
    const folder = tempFolder();
    const base = await freeBase(SMALL);
    const other = createServer().listen(base + 31, '127.0.0.1');
    const starter = command(folder.path, base);
    await starter.ended;
    expect(starter.child.exitCode).toBe(1);
    expect(starter.out()).toBe(
      `Cannot start a cluster: another process has the port ${base + 31} (broker-1) (want free ones: end that process, or choose another base, for example PORT=4100 make cluster)\n`,
    );
    await new Promise((resolve) => other.close(resolve));
    folder[Symbol.dispose]();
  });
});
