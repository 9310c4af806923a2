import { appendFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Kvm } from '@nats-io/kv';
import Database from 'better-sqlite3';
import { afterEach, describe, expect, it } from 'vitest';
import { BACKUP } from '#compose/drills/backup';
import { REPLAY } from '#compose/drills/replay';
import { RESTORE } from '#compose/drills/restore';
import { newId } from '#flow/new-id';
import { VIEW_SCHEMA } from '#projections/job-runs/postgres-schema';
import type { Api } from '#test/support/api';
import { backupFolder } from '#test/support/backup-bed';
import { type DrillRun, runDrillWith } from '#test/support/drill-bed';
import { freshDatabase } from '#test/support/fresh-database';
import { startTestNats } from '#test/support/nats';
import { query } from '#test/support/postgres';
import { registration } from '#test/support/registration';
import { startTestRegistry, type TestRegistry } from '#test/support/registry';
import { eventually } from '#test/support/wait';

const VIEWS = ['catalog', 'contracts-kv', 'registry-stores', 'job-runs'] as const;
const started: AsyncDisposable[] = [];
afterEach(async () => {
  for (const one of started.splice(0).toReversed()) await one[Symbol.asyncDispose]();
});

/** Starts a registry that has something in every view; one body does not fit into a message. */
async function filled(env: Readonly<Record<string, string>> = {}): Promise<TestRegistry> {
  const registry = await startTestRegistry({ ATLAS_CONTRACT_BYTES_MAX: '4194304', ...env });
  started.push(registry);
  await write(registry.api, 8);
  // Nodes of a broker that others use too have no place for it without a shared store.
  if ('NATS_URL' in env) return registry;
  const jsonSchema = JSON.stringify({ type: 'string', description: 'x'.repeat(2_000_000) });
  const content = { name: `big.x${idOf()}`, jsonSchema };
  expect((await registry.api.post('/registry/contracts', content)).status).toBe(201);
  return registry;
}

function idOf(): string {
  return newId().replaceAll('-', '');
}

async function write(api: Api, count: number): Promise<void> {
  for (let i = 0; i < count; i += 1) {
    const dataset = registration(`d/${idOf()}`);
    const contract = { name: `c.x${idOf()}`, jsonSchema: { type: 'string', minLength: i } };
    const run = { job: 'load', kind: 'load' };
    const answers = [
      await api.post('/registry/datasets', dataset),
      await api.post('/registry/contracts', contract),
      await api.post('/registry/job-runs', run),
    ];
    expect(answers.map(({ status }) => Math.floor(status / 100))).toEqual([2, 2, 2]);
  }
}

async function replay(
  { folder }: { readonly folder: string },
  env: Readonly<Record<string, string>> = {},
  flags: Readonly<Record<string, string | boolean>> = {},
): Promise<DrillRun> {
  return await runDrillWith(REPLAY, { env: { ATLAS_DATA_DIR: folder, ...env }, flags });
}

function expectAllEqual(run: DrillRun): void {
  expect(run, run.text).toMatchObject({ outcome: 'succeeded' });
  for (const name of VIEWS) expect(run.text).toContain(`ok     ${name} is what the log says`);
}

/** Ends a registry, and keeps its folder until the test is over. */
async function stopped(registry: TestRegistry): Promise<void> {
  await registry.registry.close();
}

function change(folder: string, file: string, sql: string): void {
  const db = new Database(join(folder, 'views', file));
  expect(db.prepare(sql).run().changes).toBe(1);
  db.close();
}

describe('drill replay', () => {
  it('finds every view equal beside a registry that runs, and while it is written', async () => {
    const registry = await filled();
    const [run] = await Promise.all([replay(registry), write(registry.api, 30)]);
    expectAllEqual(run);
    expect(run.figures.map(({ name }) => name)).toContain('rate of catalog');
    expectAllEqual(await replay(registry));
  });

  it('finds every view equal when the registry is stopped, and changes no file of it', async () => {
    const registry = await filled();
    await stopped(registry);
    const views = join(registry.folder, 'views');
    const times = (): readonly string[] =>
      readdirSync(views)
        .filter((name) => name.endsWith('.sqlite'))
        .map((name) => `${name} ${statSync(join(views, name)).mtimeMs}`);
    const before = times();
    expectAllEqual(await replay(registry));
    expect(times()).toEqual(before);
  });

  it.each([
    ['catalog', 'catalog.sqlite', "UPDATE revision SET actor = 'somebody' WHERE position = 2"],
    [
      'registry-stores',
      'registry-stores.sqlite',
      'UPDATE document SET rank = rank || 1 WHERE rowid = (SELECT max(rowid) FROM document)',
    ],
    [
      'job-runs',
      'job-runs.sqlite',
      "UPDATE job_run SET job = 'other' WHERE id = (SELECT max(id) FROM job_run)",
    ],
  ])(
    'names the view %s when one row of it is another, and both digests',
    async (name, file, sql) => {
      const registry = await filled();
      change(registry.folder, file, sql);
      const run = await replay(registry);
      expect(run.outcome, run.text).toBe('failed');
      expect(run.text).toMatch(
        new RegExp(
          `failed +${name} is what the log says: at position \\d+ it is sha256:[0-9a-f]{64}, and the log comes to sha256:[0-9a-f]{64}`,
        ),
      );
      for (const other of VIEWS.filter((one) => one !== name))
        expect(run.text).toContain(`ok     ${other} is what the log says`);
    },
  );

  it('names the bucket when a key of it was changed', async () => {
    const nats = await startTestNats({ provision: false });
    started.push(nats);
    const { url, token } = nats.server;
    const env = { NATS_URL: url.replace('//', `//${token}@`) };
    const registry = await filled(env);
    expectAllEqual(await replay(registry, env));
    const { js } = await nats.connect();
    const kv = await new Kvm(js).open('contracts');
    // What is behind the checkpoint, which is written once a second, is not compared.
    const { position } = await registry.api.get('/registry/contracts?limit=1');
    await eventually('the checkpoint of the bucket', async () => {
      const checkpoint = await kv.get('_checkpoint');
      return (checkpoint?.json<{ position: number }>().position ?? 0) >= position;
    });
    for await (const key of await kv.keys('meta.>')) {
      await kv.put(key, '{}');
      break;
    }
    const run = await replay(registry, env);
    expect(run.outcome).toBe('failed');
    expect(run.text).toMatch(/failed +contracts-kv is what the log says/);
  });

  it('says which views are not there, and has then failed', async () => {
    const registry = await filled();
    await stopped(registry);
    const env = { ATLAS_REGISTRY_STORE: 'filesystem' };
    const run = await replay(registry, env);
    expect(run.outcome).toBe('failed');
    expect(run.text).toMatch(/failed +read registry-stores: it is not there/);
  });

  it.each(['registry-stores', 'job-runs'])(
    'reads views in files, and names %s when one file is another',
    async (name) => {
      const env = { ATLAS_REGISTRY_STORE: 'filesystem', ATLAS_JOB_RUN_STORE: 'filesystem' };
      const registry = await filled(env);
      expectAllEqual(await replay(registry, env));
      await stopped(registry);
      const folder = join(registry.folder, 'views', name, 'documents');
      const file = readdirSync(folder, { recursive: true, withFileTypes: true }).find((one) =>
        one.isFile(),
      );
      appendFileSync(join(file?.parentPath ?? '', file?.name ?? ''), ' ');
      const run = await replay(registry, env);
      expect(run.outcome).toBe('failed');
      expect(run.text).toMatch(new RegExp(`failed +read ${name}: .*its files are not what`));
    },
  );
});

describe('drill replay with Postgres', () => {
  it('finds the views there equal, and a row that is another', async () => {
    const env = { DATABASE_URL: await freshDatabase() };
    const registry = await filled(env);
    expectAllEqual(await replay(registry, env));
    await query(
      env.DATABASE_URL,
      `UPDATE ${VIEW_SCHEMA}.job_run SET job = 'other' WHERE id = (SELECT max(id) FROM ${VIEW_SCHEMA}.job_run)`,
    );
    const run = await replay(registry, env);
    expect(run.outcome).toBe('failed');
    expect(run.text).toMatch(/failed +job-runs is what the log says: at position \d+ it is sha256/);
    expect(run.text).toContain('ok     registry-stores is what the log says');
  });
});

describe('drill replay --swap', () => {
  it('is refused while the registry runs', async () => {
    const run = await replay(await filled(), {}, { swap: true });
    expect(run.outcome).toBe('not begun');
    expect(run.text).toMatch(/Cannot use data folder .* holds it/);
  });

  it('puts the rebuilt files in the place of the live ones, and the registry goes on with them', async () => {
    const registry = await filled();
    await stopped(registry);
    const run = await replay(registry, {}, { swap: true });
    expectAllEqual(run);
    expect(run.text).toContain('ok     swap the local files: catalog, registry-stores, job-runs');
    const again = await startTestRegistry({ ATLAS_DATA_DIR: registry.folder });
    started.push(again);
    await write(again.api, 2);
    expectAllEqual(await replay(registry));
  });

  it('leaves every file as it is when one view is another', async () => {
    const registry = await filled();
    await stopped(registry);
    change(registry.folder, 'catalog.sqlite', "UPDATE revision SET actor = 'x' WHERE position = 1");
    const run = await replay(registry, {}, { swap: true });
    expect(run.outcome).toBe('failed');
    expect(run.text).toContain('nothing was swapped');
    expect((await replay(registry)).text).toMatch(/failed +catalog is what the log says/);
  });
});

describe('a registry that was backed up while it ran', () => {
  it('is proved by the digests of its views, and serves from the restored log with the past as it was', async () => {
    const registry = await filled();
    using folder = backupFolder();
    const env = { ATLAS_DATA_DIR: registry.folder };
    const flags = { to: folder.path, key: folder.keyFile };
    const [backup] = await Promise.all([
      runDrillWith(BACKUP, { env, flags }),
      write(registry.api, 20),
    ]);
    expect(backup, backup.text).toMatchObject({ outcome: 'succeeded' });
    const all = await runDrillWith(BACKUP, { env, flags });
    expect(all.text).toContain('going on from 1');
    const moment = new Date().toISOString();
    const shadow = await runDrillWith(RESTORE, {
      env,
      flags: { from: folder.path, key: folder.keyFile },
    });
    expectAllEqual(shadow);

    const list = `/registry/datasets?at=${encodeURIComponent(moment)}`;
    const before = await registry.api.get(list);
    expect(before.json.datasets.length).toBeGreaterThan(8);
    await stopped(registry);
    const empty = await startTestRegistry();
    started.push(empty);
    await stopped(empty);
    for (const name of readdirSync(empty.folder))
      rmSync(join(empty.folder, name), { recursive: true });
    const restore = await runDrillWith(RESTORE, {
      env: { ATLAS_DATA_DIR: empty.folder },
      flags: { from: folder.path, key: folder.keyFile, intoBroker: true },
    });
    expectAllEqual(restore);
    const back = await startTestRegistry({ ATLAS_DATA_DIR: empty.folder });
    started.push(back);
    expect((await back.api.get(list)).json).toEqual(before.json);
    await write(back.api, 2);
    expectAllEqual(await replay(empty));
  });
});
