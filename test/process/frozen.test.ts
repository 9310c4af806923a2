import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ScratchBroker } from '#compose/scratch/scratch-broker';
import { newId } from '#flow/new-id';
import type { Api } from '#test/support/api';
import { freshDatabase } from '#test/support/fresh-database';
import { registration } from '#test/support/registration';
import { startTestRegistry } from '#test/support/registry';
import { type TempFolder, tempFolder } from '#test/support/temp';
import { eventually } from '#test/support/wait';

const INTERVAL_MS = 3_000;
// The connection is renewed first, and the machine has other work.
const FROZEN_MS = INTERVAL_MS * 4;

let folder: TempFolder;
let broker: ScratchBroker;
beforeEach(async () => {
  folder = tempFolder();
  const config = { natsServerBin: undefined, searchPath: process.env['PATH'] ?? '' };
  broker = await ScratchBroker.open(
    config,
    join(folder.path, 'nats'),
    new AbortController().signal,
  );
});
afterEach(async () => {
  await broker[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

const env = (changed: Record<string, string> = {}): Record<string, string> => ({
  NATS_URL: broker.url,
  ATLAS_LOG_CHECK_MS: String(INTERVAL_MS),
  ATLAS_HEARTBEAT_MS: '200',
  ATLAS_LOG_LEVEL: 'silent',
  ...changed,
});

async function write(api: Api, count: number): Promise<readonly string[]> {
  const names = Array.from({ length: count }, () => `f/${newId()}`);
  for (const name of names) {
    const { status, json } = await api.post('/registry/datasets', registration(name));
    expect([status, json.detail]).toEqual([201, undefined]);
  }
  return names;
}

/** Copies the streams as they are now. */
async function copyNow(): Promise<string> {
  const copy = join(folder.path, `copy-${newId()}`);
  await broker.stop();
  broker.copyTo(copy);
  await broker.start();
  return copy;
}

async function swap(copy: string | undefined): Promise<void> {
  await broker.stop('SIGKILL');
  broker.putBack(copy);
  await broker.start();
}

const parts = async (api: Api): Promise<string> => JSON.stringify((await api.get('/readyz')).json);

async function untilFrozen(api: Api): Promise<string> {
  return await eventually(
    'the node to be frozen',
    async () => {
      const { json } = await api.get('/readyz');
      const catalog = json.parts.find(({ name }: { name: string }) => name === 'catalog');
      return /^halted: (.*)/.exec(catalog.detail)?.[1];
    },
    FROZEN_MS,
  );
}

async function expectFrozen(api: Api, name: string): Promise<void> {
  const refused = await api.post('/registry/datasets', registration(`f/${newId()}`));
  expect(refused.json).toMatchObject({ status: 503, code: 'FROZEN', outcome: 'not-applied' });
  expect(refused.json.detail).toMatch(/docs\/runbooks\/frozen\.md; "atlas-registry views reset"/);
  for (let round = 0; round < 3; round += 1) {
    const read = await fetch(`${api.url}/registry/datasets/${name}`);
    expect(read.status).toBe(200);
    expect(read.headers.get('atlas-stale')).toBe('FROZEN');
    expect(read.headers.get('cache-control')).toBe('no-store');
  }
}

describe('a node whose broker comes back as another', () => {
  it('freezes within an interval when it is an old copy, though nobody writes; reads are marked, also those that were kept', async () => {
    await using node = await startTestRegistry(env());
    const { api } = node;
    const [name = ''] = await write(api, 5);
    for (let round = 0; round < 3; round += 1) {
      const read = await fetch(`${api.url}/registry/datasets/${name}`);
      expect(read.headers.get('atlas-stale')).toBeNull();
    }
    const copy = await copyNow();
    await eventually('to write again', async () => {
      return (await api.post('/registry/datasets', registration(`g/${newId()}`))).status === 201;
    });
    await write(api, 5);
    const events = await fetch(`${api.url}/registry/events?from=1`);
    await swap(copy);
    expect(await untilFrozen(api)).toMatch(/its last position is 5 \(want at least 11\)/);
    await expectFrozen(api, name);
    expect(await events.text()).toMatch(/event: end\ndata: {"reason":"frozen"}/);
    expect((await api.get('/registry/events?from=1')).json).toMatchObject({ code: 'FROZEN' });
    const other = await fetch(`${api.url}/registry/datasets/there/is/none`);
    expect([other.status, other.headers.get('atlas-stale')]).toEqual([404, 'FROZEN']);
    expect((await fetch(`${api.url}/registry/job-runs`)).headers.get('atlas-stale')).toBeNull();
  });

  it('takes no write on top of the old copy meanwhile, from the first moment on', async () => {
    await using node = await startTestRegistry(env());
    const { api } = node;
    await write(api, 3);
    const copy = await copyNow();
    await eventually('to write again', async () => {
      return (await api.post('/registry/datasets', registration(`g/${newId()}`))).status === 201;
    });
    await write(api, 9);
    await swap(copy);
    const statuses = new Set<string>();
    await eventually(
      'the node to be frozen',
      async () => {
        const { status, json } = await api.post('/registry/datasets', registration(`h/${newId()}`));
        statuses.add(`${status} ${json.code ?? ''}`);
        return json.code === 'FROZEN';
      },
      FROZEN_MS + 10_000,
    );
    expect([...statuses].filter((status) => status.startsWith('201'))).toEqual([]);
  });

  it('freezes at once when the stream was created anew', async () => {
    await using node = await startTestRegistry(env());
    const [name = ''] = await write(node.api, 3);
    await swap(undefined);
    const other = await startTestRegistry(env());
    await other[Symbol.asyncDispose]();
    expect(await untilFrozen(node.api)).toMatch(/it was created .* \(want .*\)/);
    await expectFrozen(node.api, name);
  });

  it('freezes when the old copy was written on beyond what the node has seen, also over a restart of the node', async () => {
    const data = join(folder.path, 'data');
    let name = '';
    const copy = await (async () => {
      await using node = await startTestRegistry(env({ ATLAS_DATA_DIR: data }));
      [name = ''] = await write(node.api, 3);
      const made = await copyNow();
      await eventually('to write again', async () => {
        return (
          (await node.api.post('/registry/datasets', registration(`g/${newId()}`))).status === 201
        );
      });
      return made;
    })();
    await swap(copy);
    {
      await using other = await startTestRegistry(env());
      await write(other.api, 10);
    }
    const node = startTestRegistry(env({ ATLAS_DATA_DIR: data }));
    await using back = await node;
    expect(await untilFrozen(back.api)).toMatch(/event \d+ has hash ".*" \(want ".*"\)/);
    await expectFrozen(back.api, name);
  });

  it('serves what it holds, as stale, when it is started over a log that is behind', async () => {
    const data = join(folder.path, 'data');
    const copy = await copyNow();
    let name = '';
    {
      await using node = await startTestRegistry(env({ ATLAS_DATA_DIR: data }));
      [name = ''] = await write(node.api, 4);
    }
    await broker.stop();
    cpSync(join(folder.path, 'nats', 'streams'), join(folder.path, 'newer'), { recursive: true });
    broker.putBack(join(folder.path, 'newer'));
    await swap(copy);
    const { startRegistry } = await import('#compose/start-registry');
    const { readConfig } = await import('#ops/config/read-config');
    const { createLogger } = await import('#ops/logger');
    const { Api } = await import('#test/support/api');
    const config = readConfig({
      ...env({ ATLAS_DATA_DIR: data }),
      PATH: process.env['PATH'],
      BIND_ADDR: '127.0.0.1:0',
    });
    const registry = await startRegistry(config, createLogger('silent'));
    try {
      const api = new Api(registry.url);
      await untilFrozen(api);
      await expectFrozen(api, name);
    } finally {
      await registry.close();
    }
  });
});

describe('several nodes over one broker and one Postgres', () => {
  it('are all frozen: the one that keeps the views, the one that writes and the one that reads', async () => {
    const DATABASE_URL = await freshDatabase();
    const start = async (ATLAS_ROLE: string) =>
      startTestRegistry(env({ DATABASE_URL, ATLAS_ROLE }));
    await using projector = await start('projector');
    await using writer = await start('writer');
    await using reader = await start('reader');
    const [name = ''] = await write(writer.api, 3);
    await writer.api.post('/registry/job-runs', { job: 'load', kind: 'load' });
    const copy = await copyNow();
    await eventually('to write again', async () => {
      return (
        (await writer.api.post('/registry/datasets', registration(`g/${newId()}`))).status === 201
      );
    });
    const [last = ''] = await write(writer.api, 3);
    const run = await writer.api.post('/registry/job-runs', { job: 'load', kind: 'load' });
    expect(run.status).toBe(201);
    for (const { api } of [projector, reader])
      await eventually('to show all', async () => {
        return (await api.get(`/registry/datasets/${last}`)).status === 200;
      });
    await swap(copy);
    for (const { api } of [projector, writer, reader]) await untilFrozen(api);
    await expectFrozen(writer.api, name);
    for (const { api } of [projector, reader]) {
      const read = await fetch(`${api.url}/registry/datasets/${name}`);
      expect([read.status, read.headers.get('atlas-stale')]).toEqual([200, 'FROZEN']);
      // Each stream is found out by itself.
      await eventually(
        'job runs to be marked',
        async () => {
          const runs = await fetch(`${api.url}/registry/job-runs`);
          return runs.status === 200 && runs.headers.get('atlas-stale') === 'FROZEN';
        },
        FROZEN_MS,
      );
      expect(await parts(api)).toMatch(/"job-runs","ready":false,"detail":"halted: /);
    }
  });
});
