import { chmodSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { freshDatabase } from '#test/support/fresh-database';
import { startTestNats } from '#test/support/nats';
import { isRunning, type RegistryProcess, startProcess } from '#test/support/process';
import { type SmallDisk, smallDisk } from '#test/support/small-disk';
import { type TempFolder, tempFolder } from '#test/support/temp';
import { eventually } from '#test/support/wait';

let folder: TempFolder;
const processes: RegistryProcess[] = [];

beforeEach(() => {
  folder = tempFolder();
});
afterEach(async () => {
  for (const process of processes.splice(0)) await process[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

function start(env: Record<string, string> = {}, dataDir = folder.path): RegistryProcess {
  const started = startProcess(dataDir, env);
  processes.push(started);
  return started;
}

/** Expects a start that fails with one line on standard error. */
async function expectRefusal(started: RegistryProcess, line: RegExp): Promise<void> {
  expect(await started.exit).toBe(1);
  const lines = started.stderr().trim().split('\n');
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatch(line);
}

describe('a registry that cannot start says why in one line and exits with 1', () => {
  it('the port is taken', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const address = other.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const started = start({ BIND_ADDR: `127.0.0.1:${port}` });
    await expectRefusal(
      started,
      /Cannot listen on "127.0.0.1:\d+": the address is in use.*set BIND_ADDR/,
    );
    expect(isRunning(started.natsPid())).toBe(false);
    other.close();
  });

  it('the data folder belongs to another process', async () => {
    await start().ready();
    await expectRefusal(start(), /Cannot use data folder .*: process \d+ holds it.*ATLAS_DATA_DIR/);
  });

  it('the data folder cannot be made', async () => {
    writeFileSync(join(folder.path, 'file'), '');
    await expectRefusal(
      start({}, join(folder.path, 'file', 'data')),
      /Cannot use data folder .*ATLAS_DATA_DIR/,
    );
  });

  it('NATS_URL names nobody', async () => {
    const started = start({ NATS_URL: 'nats://127.0.0.1:1', ATLAS_NATS_CONNECT_TIMEOUT_MS: '500' });
    await expectRefusal(
      started,
      /Cannot connect to NATS at "nats:\/\/127.0.0.1:1".*check NATS_URL/,
    );
  });

  it('NATS_URL is no URL, and its password is not shown', async () => {
    await expectRefusal(
      start({ NATS_URL: 'http://user:secret@x' }),
      /Cannot use NATS_URL "http:\/\/\*\*\*@x"/,
    );
  });

  it('NATS has no JetStream', async () => {
    await using nats = await startTestNats({ provision: false, jetstream: false });
    const url = nats.server.url.replace('//', `//${nats.server.token}@`);
    await expectRefusal(start({ NATS_URL: url }), /JetStream does not answer/);
  });

  it('a stream is not as the registry needs it', async () => {
    await using nats = await startTestNats({ provision: false });
    const { jsm } = await nats.connect();
    await jsm.streams.add({ name: 'REGISTRY', subjects: ['atlas.>'], max_age: 60e9 });
    const url = nats.server.url.replace('//', `//${nats.server.token}@`);
    await expectRefusal(
      start({ NATS_URL: url }),
      /Cannot use stream "REGISTRY": .*subjects is .*discard is "old" \(want "new"\).*max_age is 60000000000 \(want 0\).*deny_delete is false \(want true\)/,
    );
  });

  it('nats-server is too old', async () => {
    const binary = join(folder.path, 'nats-server');
    writeFileSync(binary, '#!/bin/sh\necho "nats-server: v2.9.10"\n');
    chmodSync(binary, 0o755);
    await expectRefusal(
      start({ ATLAS_NATS_SERVER_BIN: binary }),
      /its version is 2.9.10 \(want 2.11 or later/,
    );
  });

  it('Postgres does not know the user or the database', async () => {
    const url = await freshDatabase();
    await expectRefusal(
      start({ DATABASE_URL: `${url}_gone` }),
      /Cannot use Postgres: .*does not exist.*DATABASE_URL/,
    );
    const wrong = url.replace(/:[^:@]+@/, ':wrong@');
    await expectRefusal(
      start({ DATABASE_URL: wrong }),
      /Cannot use Postgres: password authentication failed/,
    );
  });

  it('a setting is misspelt or does not fit: every problem at once, the nearest name suggested', async () => {
    const started = start({ ATLAS_LOG_LEVL: 'info', ATLAS_ROLE: 'king', ATLAS_READ_WAIT_MS: '-1' });
    expect(await started.exit).toBe(1);
    const lines = started.stderr().trim().split('\n');
    expect(lines).toHaveLength(3);
    expect(started.stderr()).toMatch(
      /ATLAS_LOG_LEVL: there is no such setting \(did you mean ATLAS_LOG_LEVEL\?\)/,
    );
    expect(started.stderr()).toMatch(/ATLAS_ROLE="king"/);
  });

  it('the disk is full', async () => {
    const disk: SmallDisk = smallDisk(1_000_000);
    try {
      await expectRefusal(
        start({}, join(disk.path, 'data')),
        /Cannot use data folder .*its disk is full, \d+ bytes are free.*free space/,
      );
    } finally {
      await eventually('the disk to be free', () => disk.unmount());
    }
  });
});

describe('the embedded nats-server', () => {
  it('ends with its registry, even by kill -9, and the next start goes on with the same data', async () => {
    const first = start();
    const api = await first.ready();
    await api.post('/registry/datasets', { name: 'a', schema_fingerprint: 'fp' });
    const pid = first.natsPid();
    first.child.kill('SIGKILL');
    await first.exit;
    await eventually('nats-server to end', () => !isRunning(pid));
    const again = await start().ready();
    expect((await again.get('/registry/datasets/a')).status).toBe(200);
  });

  it('is started again when it dies, on the same port, and writes go on', async () => {
    const started = start();
    const api = await started.ready();
    process.kill(started.natsPid(), 'SIGKILL');
    const answer = await api.post('/registry/datasets', { name: 'b', schema_fingerprint: 'fp' });
    expect(answer.status).toBe(201);
    expect(started.stderr()).toContain('nats-server ended');
  });

  it('is not reached by Ctrl-C before its registry has ended its own work', async () => {
    const started = start();
    await started.ready();
    started.child.kill('SIGINT');
    expect(await started.exit).toBe(0);
    expect(started.stdout()).toContain('SIGINT: ending running requests');
  });
});
